// One breaker per dependency, made when it is first asked for, and never more than a bound: the names of dependencies come
// from outside, host names for instance, so their number must not be theirs to choose.

import { core } from "../binding.js";
import { ConfigError } from "../errors.js";
import { checkAtOnce, checkFunctions, checkLogger, fieldsOf } from "../host.js";
import { dispose } from "../machine.js";
import { observe } from "../observe.js";
import type { Logger } from "../retry/log.js";
import { readAnswer, specText } from "../spec.js";
import { CircuitBreaker } from "./breaker.js";
import type { BreakerLine } from "./log.js";
import type { BreakerOptions, BreakerPreset, BreakerState } from "./types.js";

/** A breaker had to make room for another one. */
export interface Eviction {
  readonly key: string;
  /** Where it stood. Other than `CLOSED` only when none was closed: what it knew about its dependency is lost. */
  readonly state: BreakerState;
  /** It still works for those who hold it. */
  readonly breaker: CircuitBreaker;
}

export interface CircuitBreakerRegistryOptions {
  /** The most breakers it keeps, 1 to 1 000 000. Default 1 000. */
  readonly maxBreakers?: number | undefined;
  /** How a breaker is made: the same for all, or by its key. The key is its name unless said otherwise. */
  readonly breaker?:
    | BreakerOptions
    | BreakerPreset
    | ((key: string) => BreakerOptions | BreakerPreset | undefined)
    | undefined;
  /** Hears of every breaker that made room. Without it, one that was not closed is warned of on the console, once. */
  readonly onEvict?: ((eviction: Eviction) => unknown) | undefined;
}

/**
 * Breakers by name, or by the origin of a URL.
 *
 * ```ts
 * const breakers = new CircuitBreakerRegistry({ breaker: { failureThreshold: 5 } });
 * await breakers.forUrl(url).execute(() => fetch(url));
 * ```
 */
export class CircuitBreakerRegistry {
  readonly #maxBreakers: number;
  readonly #optionsOf: (key: string) => BreakerOptions | BreakerPreset | undefined;
  readonly #logger: Logger<BreakerLine> | null | undefined;
  readonly #onEvict: ((eviction: Eviction) => unknown) | undefined;
  /** In the order in which they were last asked for. */
  readonly #breakers = new Map<string, CircuitBreaker>();
  #warned = false;

  /**
   * @param logger gets a line for each change of state of each of its breakers. Default: nobody.
   * @throws ConfigError when a field is unknown or out of its range.
   */
  constructor(options: CircuitBreakerRegistryOptions = {}, logger?: Logger<BreakerLine> | null) {
    const { breaker, onEvict, ...limits } = fieldsOf(options, "options");
    this.#maxBreakers = readAnswer<{ maxBreakers: number }>(core.breakerRegistry(specText(limits))).maxBreakers;
    checkLogger(logger);
    checkFunctions({ onEvict });
    checkAtOnce("breaker", breaker, "options, a preset's name, or a function that answers them at once");
    this.#optionsOf = typeof breaker === "function" ? breaker : () => breaker;
    this.#logger = logger;
    this.#onEvict = onEvict ?? undefined;
    // A wrong field is found here, not when the first breaker is made.
    if (typeof breaker !== "function") this.#make("default").close();
  }

  /** How many breakers it keeps now. */
  get size(): number {
    return this.#breakers.size;
  }

  /**
   * The breaker of this name, made if need be.
   * @throws ConfigError when its configuration is refused.
   */
  get(name: string): CircuitBreaker {
    let breaker = this.#breakers.get(name);
    if (breaker === undefined) {
      breaker = this.#make(name);
      if (this.#breakers.size >= this.#maxBreakers) this.#makeRoom();
    } else {
      this.#breakers.delete(name);
    }
    this.#breakers.set(name, breaker);
    return breaker;
  }

  /**
   * The breaker of a URL's origin.
   * @throws ConfigError when the URL is relative, or has no origin (`data:`, `file:`).
   */
  forUrl(url: string | URL): CircuitBreaker {
    return this.get(originOf(url));
  }

  /** Whether it keeps a breaker of this name; asking does not make one. */
  has(name: string): boolean {
    return this.#breakers.has(name);
  }

  /** Forgets a breaker, which goes on working for those who hold it. */
  delete(name: string): boolean {
    return this.#breakers.delete(name);
  }

  /** All of them, the one that was asked for longest ago first. */
  [Symbol.iterator](): IterableIterator<[string, CircuitBreaker]> {
    return this.#breakers.entries();
  }

  /** All of them in the text format of Prometheus. */
  toPrometheus(): string {
    return CircuitBreaker.toPrometheus(this.#breakers.values());
  }

  /** Closes and forgets all of them. */
  close(): void {
    for (const breaker of this.#breakers.values()) breaker.close();
    this.#breakers.clear();
  }

  [dispose](): void {
    this.close();
  }

  #make(name: string): CircuitBreaker {
    const options = this.#optionsOf(name) ?? {};
    const fields = typeof options === "string" ? { preset: options } : fieldsOf(options, "breaker");
    return new CircuitBreaker({ name, ...fields }, this.#logger);
  }

  #makeRoom(): void {
    const [key, breaker] = this.#leastMissed();
    this.#breakers.delete(key);
    const eviction = { key, state: breaker.state, breaker };
    if (this.#onEvict !== undefined) observe(this.#onEvict, eviction);
    else if (breaker.state !== "CLOSED") this.#warn(eviction);
  }

  /** The one that was asked for longest ago, of those that are closed if there are any: core's `RegistryConfig` says why. */
  #leastMissed(): [string, CircuitBreaker] {
    for (const entry of this.#breakers) if (entry[1].state === "CLOSED") return entry;
    return this.#breakers.entries().next().value as [string, CircuitBreaker];
  }

  #warn({ key, state }: Eviction): void {
    if (this.#warned) return;
    this.#warned = true;
    console.warn(
      `once-again: a registry of ${this.#maxBreakers} circuit breakers has none that is closed, so it forgot ${key}, which was ` +
        `${state}. Raise maxBreakers, or listen with onEvict. This is said once.`,
    );
  }
}

function originOf(url: string | URL): string {
  try {
    const { origin } = new URL(url);
    if (origin !== "null") return origin;
  } catch {
    // Relative, or no URL at all.
  }
  throw new ConfigError("url", JSON.stringify(String(url)), "an absolute URL with an origin");
}
