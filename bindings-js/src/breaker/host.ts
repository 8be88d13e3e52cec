// What of a breaker's options only the driver understands: functions and the clock.

import { checkAtOnce, checkClock, checkFunctions } from "../host.js";
import type { BreakerOptions } from "./types.js";

/** @throws ConfigError when what must be called cannot be. Core has seen that what is needed is there. */
export function checkHost({ isFailure, random, fallback, queue, healthCheck, clock }: BreakerOptions): void {
  checkFunctions({ isFailure, random, fallback, queue, "healthCheck.probe": healthCheck?.probe });
  // A promise is true, whatever it comes to: every error would count.
  checkAtOnce("isFailure", isFailure, "a function that answers true or false at once");
  checkClock(clock);
}
