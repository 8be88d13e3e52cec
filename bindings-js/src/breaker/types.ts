// What a user writes and reads about circuit breakers. Times are milliseconds. Ranges and defaults are core's.

import type { Clock, Random } from "../clock.js";
import type { CircuitOpenError } from "../errors.js";
import type { ScriptStore } from "./shared.js";

export type BreakerState = "CLOSED" | "OPEN" | "HALF_OPEN" | "FORCED_OPEN" | "DISABLED" | "METRICS_ONLY";

/**
 * A breaker with a name: `threshold` (the shape of the Q ecosystem) and `rate` are ours, the others are the defaults of the
 * library they are named after.
 */
export type BreakerPreset =
  | "threshold"
  | "rate"
  | "resilience4j"
  | "gobreaker"
  | "opossum"
  | "cockatiel"
  | "polly"
  | "hystrix";

/** How an admitted call ended, for those who settle it themselves. */
export type Outcome = "success" | "failure" | "ignored" | "abandoned";

/** What became of a settled permit. A stale one, of an earlier epoch of the breaker, changes nothing. */
export type Settled = "counted" | "stale" | "duplicate";

/** What a rejected call gets. */
export type FallbackStrategy = "REJECT" | "FALLBACK" | "CACHE" | "QUEUE";

/** A rejected call, handed over to be made later. */
export interface QueuedCall {
  readonly id: string;
  /** The key given to `execute`. */
  readonly key: string | undefined;
  /** Makes the call, through the breaker. */
  run(): Promise<unknown>;
}

/** What a call resolves to when it was queued instead of made. */
export interface Queued {
  readonly queued: true;
  readonly id: string;
}

/** Fields both shapes of a breaker have. */
export interface CommonBreakerOptions {
  /** The name in events and errors. Default `default`. */
  readonly name?: string | undefined;
  /** Trips at this many failures without a success between them, 1 or more; `false` (the default) turns the rule off. */
  readonly consecutiveFailures?: number | false | undefined;
  /** A probe that has not ended after this long counts as abandoned, milliseconds. Default: the open wait, at least 60 s. */
  readonly probeLease?: number | undefined;
  /** A half-open breaker that has not decided after this long opens again, milliseconds. Default `false`: never. */
  readonly halfOpenMaxWait?: number | false | undefined;
  /** What a probe that ends without a result counts as. Default `failure`. */
  readonly abandoned?: "failure" | "ignored" | undefined;
  /**
   * What a rejected call gets: `REJECT` (default) a `CircuitOpenError`; `FALLBACK` what `fallback` answers; `CACHE` the last
   * good value of the same `key`, at most 5 minutes old, of at most 1 000 keys; `QUEUE` a `Queued`, after `queue` took the call.
   */
  readonly fallbackStrategy?: FallbackStrategy | undefined;
  readonly fallback?: ((error: CircuitOpenError) => unknown) | undefined;
  readonly queue?: ((call: QueuedCall) => unknown) | undefined;
  /**
   * While the breaker is open, `probe` is run every `interval` (30 s), never twice at once; when it resolves within `timeout`
   * (5 s), to anything but `false`, the next call may already be a probe. Milliseconds. Never keeps a process alive, and ends
   * with `close()`.
   */
  readonly healthCheck?:
    | {
        readonly probe: (context: { readonly signal: AbortSignal }) => unknown;
        readonly interval?: number | undefined;
        readonly timeout?: number | undefined;
      }
    | undefined;
  /**
   * Whether an error speaks against the dependency; one that does not counts nowhere. Default: every error does, as does one
   * about which this function itself throws.
   */
  readonly isFailure?: ((error: unknown) => boolean) | undefined;
  /**
   * A `RedisStore`, or anything with its `run(script, keys, args)`: breakers of the same `name`, in whatever process and
   * language, then open, probe and close together. A closed one never waits for the store; while the store is away, this
   * one goes on alone (`attached`, `detached`). Only the state is shared: what the window counts stays here.
   */
  readonly shared?: ScriptStore | undefined;
  /** Whether rejections carry a stack trace, which costs more than all the rest. Default `false`. */
  readonly captureStack?: boolean | undefined;
  /** Default: the platform's. */
  readonly clock?: Clock | undefined;
  /** Default: `Math.random`. */
  readonly random?: Random | undefined;
}

/** The threshold shape, of the Q ecosystem: trips at so many failures within a window, however many calls succeed. */
export interface ThresholdBreakerOptions extends CommonBreakerOptions {
  /** What is not given is as in this preset. */
  readonly preset?: "threshold" | undefined;
  /** Failures within `monitoringWindow` that open the breaker, 1 or more. Default 5. */
  readonly failureThreshold?: number | undefined;
  /** How long an open breaker rejects, milliseconds from 0 to 24 h. Default 30 000. */
  readonly recoveryTimeout?: number | undefined;
  /** How far back failures count, milliseconds from 1 to 24 h. Default 60 000. */
  readonly monitoringWindow?: number | undefined;
  /** Probes at once while half-open, and successes that close the breaker, 1 to 32. Default 3. */
  readonly halfOpenMaxCalls?: number | undefined;
}

/** The rate shape: trips when a share of the calls fails or is slow. */
export interface RateBreakerOptions extends CommonBreakerOptions {
  /** What is not given is as in this preset. Default `rate`. */
  readonly preset?: Exclude<BreakerPreset, "threshold"> | undefined;
  /** What is remembered: milliseconds, `{time}`, the last `{count}` calls, or `none`. Default 30 000. */
  readonly window?: number | { readonly time: number } | { readonly count: number } | "none" | undefined;
  /** Trips when at least this share of the calls failed, above 0 to 1. Default 0.5. `false` turns it off. */
  readonly failureRate?: number | false | undefined;
  /** Calls below which no rate is asked, 1 or more. Default 20. */
  readonly minimumCalls?: number | undefined;
  /** Failures below which no rate is asked. Default 0. */
  readonly minimumFailures?: number | undefined;
  /** Trips at this many failures in the window, however many calls succeed. Default `false`. */
  readonly failuresInWindow?: number | false | undefined;
  /** A call that takes at least this long is slow, milliseconds. Default `false`: none is. */
  readonly slowCallDuration?: number | false | undefined;
  /** Trips when at least this share of the calls was slow, above 0 to 1. Default 1. */
  readonly slowCallRate?: number | undefined;
  /** Calls below which the slow rate is not asked. Default: `minimumCalls`. */
  readonly slowMinimumCalls?: number | undefined;
  /** How long it rejects: milliseconds, or growing by `factor` at each re-opening up to `max`, give or take `jitter`. */
  readonly openWait?:
    | number
    | {
        /** Milliseconds. Default 30 000. */
        readonly base?: number | undefined;
        /** 1 to 100. Default 1. */
        readonly factor?: number | undefined;
        /** Milliseconds. Default 5 minutes. */
        readonly max?: number | undefined;
        /** A share, 0 to 1. Default 0.1. */
        readonly jitter?: number | undefined;
      }
    | undefined;
  /** How a half-open breaker decides. */
  readonly halfOpen?:
    | {
        /** Probes that decide, 1 or more. Default 3. */
        readonly calls?: number | undefined;
        /** Probes in flight at once, 1 to 32. Default: `calls`. */
        readonly maxConcurrent?: number | undefined;
        /** Closes when a smaller share of the probes failed. Default: the breaker's own rate. */
        readonly failureRate?: number | undefined;
        /** Closes when this many probes succeeded. */
        readonly minSuccesses?: number | undefined;
        /** Decides as soon as the remaining probes cannot change the verdict. Default `true`. */
        readonly early?: boolean | undefined;
      }
    | undefined;
}

/** Either shape, told apart by its fields; a mixture is refused. */
export type BreakerOptions = ThresholdBreakerOptions | RateBreakerOptions;

/** A breaker changed its state. */
export interface StateChange {
  readonly name: string;
  readonly from: BreakerState;
  readonly to: BreakerState;
}

/** A call was not made. It may still have got something better than an error: `fallback` tells. */
export interface Rejection {
  readonly name: string;
  readonly state: BreakerState;
  /** How long until the breaker may let a call through, milliseconds; 0 when that is not known. */
  readonly retryAfter: number;
}

/** Something happened to a breaker of this name. */
export interface BreakerNotice {
  readonly name: string;
}

/** A rejected call got something else instead of an error. */
export interface FallbackEvent {
  readonly name: string;
  readonly strategy: Exclude<FallbackStrategy, "REJECT">;
  /** The value is an old one. */
  readonly stale: boolean;
  readonly key: string | undefined;
}

/** What a breaker tells its listeners. */
export interface BreakerEvents {
  stateChange: StateChange;
  /** A call was not made. */
  reject: Rejection;
  /** A breaker that only watches (`monitor()`) would have opened; once each time its rules are crossed. */
  wouldOpen: BreakerNotice;
  /** A result came too late to count: the breaker has changed its state since that call was admitted. */
  stale: BreakerNotice;
  fallback: FallbackEvent;
  /** The store of a shared breaker answers: for the first time, or again. */
  attached: BreakerNotice;
  /** The store of a shared breaker does not answer: the breaker goes on alone. Told once each time. */
  detached: Detachment;
}

/** The store of a shared breaker does not answer. */
export interface Detachment {
  readonly name: string;
  /** What its client threw, or that it took too long. */
  readonly error: unknown;
}

/** What `snapshot()` answers: plain data, to be kept as JSON. Its fields are core's own, and `version` says which. */
export interface BreakerSnapshot {
  readonly version: number;
  readonly [field: string]: unknown;
}

/** What may be said about one call through a breaker. */
export interface BreakerCallOptions {
  /** Ends the call, which then rejects with `signal.reason` and counts as abandoned. */
  readonly signal?: AbortSignal | undefined;
  /** Which calls are the same, for `CACHE` and `QUEUE`. */
  readonly key?: string | undefined;
}

/** What a breaker has counted. */
export interface BreakerStats {
  /** Calls in the window. A breaker without a rate rule keeps failures only. */
  readonly calls: number;
  /** Failed calls in the window. */
  readonly failures: number;
  /** Slow calls in the window. */
  readonly slowCalls: number;
  /** Failures without a success between them, where `consecutiveFailures` is set. */
  readonly consecutiveFailures: number;
  /** Probes in flight. */
  readonly probes: number;
  /** Calls rejected so far. */
  readonly rejected: number;
  /** Results of an earlier epoch so far. */
  readonly stale: number;
  /** Times it has opened. */
  readonly opened: number;
}
