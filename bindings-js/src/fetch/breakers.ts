// Which breaker guards a request.

import { CircuitBreaker, guardsOf } from "../breaker/breaker.js";
import { CircuitBreakerRegistry } from "../breaker/registry.js";
import type { BreakerOptions, BreakerPreset } from "../breaker/types.js";
import { ConfigError } from "../errors.js";
import { below, shown } from "../host.js";
import type { RetryOptions } from "../retry/types.js";

/** One breaker for all requests, one for each origin, or the options of the latter. */
export type BreakerChoice = CircuitBreaker | CircuitBreakerRegistry | BreakerOptions | BreakerPreset;

/** The breaker of a URL. */
export type BreakerOf = (url: string) => CircuitBreaker | undefined;

/** What is no answer to a `fetch`. */
const NO_RESPONSE: readonly string[] = ["CACHE", "QUEUE"];

/**
 * Breakers that are made here go by the policy's clock and random.
 * @throws ConfigError when `choice` is none, or its options are wrong.
 */
export function breakersOf(
  choice: BreakerChoice | false | null | undefined,
  { clock, random }: RetryOptions,
  field = "breaker",
): BreakerOf {
  if (choice == null || choice === false) return () => undefined;
  if (typeof choice !== "object" && typeof choice !== "string") {
    throw new ConfigError(
      field,
      shown(choice),
      "options of a breaker, a preset's name, a breaker, a registry, or false",
    );
  }
  if (choice instanceof CircuitBreaker) return () => choice;
  if (choice instanceof CircuitBreakerRegistry) return (url) => choice.forUrl(url);
  const breaker = typeof choice === "string" ? choice : { clock, random, ...choice };
  const registry = below(field, () => new CircuitBreakerRegistry({ breaker }));
  return (url) => registry.forUrl(url);
}

/** The breakers of a `fetch`, which is answered with a `Response` or not at all. */
export function fetchBreakersOf(choice: BreakerChoice | false | null | undefined, policy: RetryOptions): BreakerOf {
  const breakerOf = breakersOf(choice, policy);
  // What is wrong with options is found here; breakers that a registry makes by their key are looked at when they are there.
  if (!(choice instanceof CircuitBreakerRegistry)) answersFetch(breakerOf("http://localhost"));
  return (url) => answersFetch(breakerOf(url));
}

function answersFetch(breaker: CircuitBreaker | undefined): CircuitBreaker | undefined {
  const strategy = breaker && guardsOf(breaker).gate.fallbackStrategy;
  if (strategy === undefined || !NO_RESPONSE.includes(strategy)) return breaker;
  throw new ConfigError("breaker.fallbackStrategy", shown(strategy), "REJECT, or FALLBACK that answers a Response");
}
