// What a breaker does that was not told what to do.

import { core } from "../binding.js";
import { frozen, readAnswer, specText } from "../spec.js";
import type { BreakerPreset, RateBreakerOptions, ThresholdBreakerOptions } from "./types.js";

/**
 * Every field of a breaker that was given nothing, in milliseconds; of a preset, when one is named.
 *
 * @throws ConfigError when the preset is unknown.
 */
export function DefaultCircuitBreakerConfig(preset?: "threshold"): Readonly<ThresholdBreakerOptions>;
export function DefaultCircuitBreakerConfig(preset: Exclude<BreakerPreset, "threshold">): Readonly<RateBreakerOptions>;
export function DefaultCircuitBreakerConfig(preset: BreakerPreset = "threshold"): object {
  return frozen(readAnswer<object>(core.breakerComplete(specText(preset))));
}
