// What of a breaker's options only the driver understands: functions and the clock. They are called when a call has failed or
// was rejected, where a wrong one would be found too late.

import type { Clock } from "../clock.js";
import { ConfigError } from "../errors.js";
import type { BreakerOptions } from "./types.js";

const CLOCK_PARTS = ["now", "wallNow", "sleep"] as const satisfies readonly (keyof Clock)[];

/** @throws ConfigError when what must be called cannot be. Core has seen that what is needed is there. */
export function checkHost({ isFailure, random, fallback, queue, healthCheck, clock }: BreakerOptions): void {
  const called = { isFailure, random, fallback, queue, "healthCheck.probe": healthCheck?.probe };
  for (const [field, given] of Object.entries(called)) if (given != null) checkFunction(field, given);
  if (clock == null) return;
  if (typeof clock !== "object" && typeof clock !== "function") {
    throw new ConfigError("clock", typeof clock, "an object with now, wallNow and sleep");
  }
  for (const part of CLOCK_PARTS) checkFunction(`clock.${part}`, clock[part]);
}

/** @throws ConfigError when `given` is no function. */
export function checkFunction(field: string, given: unknown): void {
  if (typeof given !== "function") throw new ConfigError(field, typeof given, "a function");
}
