// Which breaker guards a request.

import { CircuitBreaker } from "../breaker/breaker.js";
import { CircuitBreakerRegistry } from "../breaker/registry.js";
import type { BreakerOptions, BreakerPreset } from "../breaker/types.js";
import type { RetryOptions } from "../retry/types.js";

/** One breaker for all requests, one for each origin, or the options of the latter. */
export type BreakerChoice = CircuitBreaker | CircuitBreakerRegistry | BreakerOptions | BreakerPreset;

/** The breaker of a URL. */
export type BreakerOf = (url: string) => CircuitBreaker | undefined;

/** Breakers that are made here go by the policy's clock and random. */
export function breakersOf(choice: BreakerChoice | null | undefined, { clock, random }: RetryOptions): BreakerOf {
  if (choice == null) return () => undefined;
  if (choice instanceof CircuitBreaker) return () => choice;
  if (choice instanceof CircuitBreakerRegistry) return (url) => choice.forUrl(url);
  const breaker = typeof choice === "string" ? choice : { clock, random, ...choice };
  const registry = new CircuitBreakerRegistry({ breaker });
  return (url) => registry.forUrl(url);
}
