// What an operator should know of a breaker, as log lines beside those of the retries it guards.

import type { Clock } from "../clock.js";
import { checkLogger } from "../host.js";
import { hand, type Logger } from "../retry/log.js";
import type { Listeners } from "./events.js";

/** One line about a breaker. */
export interface BreakerLine {
  /** RFC 3339, UTC. */
  readonly timestamp: string;
  readonly level: "INFO";
  readonly event: "breaker_state_change" | "breaker_would_open";
  /** The breaker's name. */
  readonly breaker: string;
  readonly from?: string;
  readonly to?: string;
}

/** Writes every change of state, and what a breaker that only watches would have done. */
export function writeTo(logger: Logger<BreakerLine>, listeners: Listeners, clock: Clock): void {
  checkLogger(logger);
  const write = (line: Omit<BreakerLine, "timestamp" | "level">): void =>
    hand<BreakerLine>(logger, "info", { timestamp: new Date(clock.wallNow()).toISOString(), level: "INFO", ...line });
  listeners.add("stateChange", ({ name, from, to }) => {
    write({ event: "breaker_state_change", breaker: name, from, to });
  });
  listeners.add("wouldOpen", ({ name }) => write({ event: "breaker_would_open", breaker: name }));
}
