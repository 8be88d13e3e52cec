// Log lines in the form of the retry policy standards. Without a logger nothing is written, and nothing is built.

import type { Clock } from "../clock.js";
import { observe } from "../observe.js";
import { facts } from "./signals.js";
import type { ErrorKind, RetryConfig } from "./types.js";

/** How much it matters: `debug` each attempt, `info` success after retries, `warning` a retry, `error` a call given up. */
export type LogLevel = "debug" | "info" | "warning" | "error";

/** One line of the retry policy standards. */
export interface LogLine {
  /** RFC 3339, UTC. */
  readonly timestamp: string;
  readonly level: "DEBUG" | "INFO" | "WARNING" | "ERROR";
  /** What happened: `attempt`, `classified`, `backoff`, `retry`, `success_after_retry`, `give_up`, `dead_letter`… */
  readonly event: string;
  /** The tag `service`, when there is one. */
  readonly service: string | null;
  readonly operation: string;
  /** From 1. */
  readonly attempt: number;
  /** Until the next attempt, seconds. */
  readonly delay: number | null;
  /** Kind, and code, HTTP status or name; the error's own message only with `logMessages`. */
  readonly error: string | null;
  /** One for each call. */
  readonly trace_id: string;
}

/**
 * Whoever takes lines: a function, or a logger with methods like those of pino or winston. `console` is handed each line as
 * one line of JSON.
 */
export type Logger<L = LogLine> =
  | ((line: L) => unknown)
  | {
      readonly debug?: ((line: L) => unknown) | undefined;
      readonly info?: ((line: L) => unknown) | undefined;
      readonly warn?: ((line: L) => unknown) | undefined;
      readonly warning?: ((line: L) => unknown) | undefined;
      readonly error?: ((line: L) => unknown) | undefined;
    };

const LEVELS: readonly LogLevel[] = ["debug", "info", "warning", "error"];
const NAMES = { debug: "DEBUG", info: "INFO", warning: "WARNING", error: "ERROR" } as const;

/** Hands one line to a logger; what that does with it is its own affair. */
export function hand<L>(logger: Logger<L>, level: LogLevel, line: L): void {
  observe((what) => {
    if (typeof logger === "function") return logger(what);
    const method: ((line: never) => unknown) | undefined =
      level === "warning" ? (logger.warn ?? logger.warning) : logger[level];
    return method?.call(logger, (logger === console ? JSON.stringify(what) : what) as never);
  }, line);
}

/** A line; what is not said is null. */
export function lineOf(clock: Clock, level: LogLevel, event: string, said: Partial<LogLine>): LogLine {
  const timestamp = new Date(clock.wallNow()).toISOString();
  const open = { service: null, operation: "default", attempt: 1, delay: null, error: null, trace_id: "" };
  return { timestamp, level: NAMES[level], event, ...open, ...said };
}

/** How many operations are remembered as having failed in a way nobody knows. */
const REMEMBERED = 1_000;

/** The log of one policy. */
export class Journal {
  readonly #logger: Logger;
  readonly #clock: Clock;
  readonly #written: ReadonlySet<LogLevel>;
  readonly #messages: boolean;
  readonly #service: string | null;
  readonly #puzzled = new Set<string>();

  constructor(logger: Logger, clock: Clock, { logLevel = "info", logMessages, tags = {} }: RetryConfig) {
    const { service = null } = tags;
    this.#logger = logger;
    this.#clock = clock;
    this.#written = new Set(LEVELS.slice(LEVELS.indexOf(logLevel)));
    this.#messages = logMessages === true;
    this.#service = service;
  }

  /** Whether somebody wants to hear of every attempt. */
  get detailed(): boolean {
    return this.#written.has("debug");
  }

  /** Writes one line, if its level is wanted. */
  write(level: LogLevel, event: string, said: Partial<LogLine> & { readonly letter?: unknown }): void {
    if (!this.#written.has(level)) return;
    hand(this.#logger, level, lineOf(this.#clock, level, event, { service: this.#service, ...said }));
  }

  /** What may be written about an error. */
  errorText(error: unknown, kind: ErrorKind): string {
    const { code, status, name, message } = facts(error);
    const shown = `${kind}: ${code ?? status ?? name}`;
    return this.#messages && message !== undefined ? `${shown}: ${message}` : shown;
  }

  /** Whether this is the first failure of the operation that fits no rule: that is worth a warning, once. */
  puzzled(operation: string): boolean {
    if (this.#puzzled.has(operation) || this.#puzzled.size >= REMEMBERED) return false;
    this.#puzzled.add(operation);
    return true;
  }
}

/** The log that a policy asks for. */
export function journalOf(logger: Logger | undefined, clock: Clock, config: RetryConfig): Journal | undefined {
  return logger === undefined || config.enableLogging === false ? undefined : new Journal(logger, clock, config);
}
