import { F as FetchOptions, S as Store, C as Clock, b as StoreOp, c as StoreReply, d as StoreUsage, e as dispose } from './driver.js';
export { A as AttemptContext, B as BackoffOptions, f as BreakerCallOptions, g as BreakerChoice, h as BreakerEvents, j as BreakerLine, k as BreakerNotice, l as BreakerOptions, o as BreakerPreset, p as BreakerSnapshot, q as BreakerState, r as BreakerStats, s as BudgetConfig, t as BudgetOption, u as BudgetOptions, w as BudgetPreset, x as BudgetRules, y as BudgetStats, z as CacheRetryConfig, D as CallOptions, E as CheckpointOptions, G as Checkpointed, H as CircuitBreaker, I as CircuitBreakerRegistry, J as CircuitBreakerRegistryOptions, K as CircuitOpenError, L as ClientFactory, N as Codec, O as CommonBreakerOptions, P as ConfigError, Q as Counted, R as DatabaseRetryConfig, T as DeadLetter, U as DeadLetterError, W as DeadLetterHandler, X as DeadLetterQueue, Y as DeadLetterQueueOptions, Z as DeadLetterQueueStats, _ as DeadLetterStore, $ as DefaultCircuitBreakerConfig, a0 as DefaultRetryConfig, a1 as Detachment, a2 as DuplicateCheck, a3 as ErrorCode, a4 as ErrorCodes, a5 as ErrorFacts, a6 as ErrorKind, a7 as ErrorTypeCircuitBreaker, a8 as ErrorTypeClient, a9 as ErrorTypeNetwork, aa as ErrorTypePermanent, ab as ErrorTypeRateLimit, ac as ErrorTypeServer, ad as ErrorTypeTimeout, ae as ErrorTypeTransient, af as ErrorTypeUnknown, ag as Eviction, ah as ExecuteOptions, ai as FallbackEvent, aj as FallbackStrategy, ak as FetchIdempotency, al as FingerprintOptions, am as GiveUpEvent, an as GiveUpReason, ao as GuardEvent, ap as GuardObservers, aq as GuardStats, ar as GuardedOperation, as as HTTPRetryConfig, at as HeaderLines, au as HttpAnswer, av as HttpClientOptions, aw as HttpError, ax as HttpResponse, ay as IdempotencyManager, az as IdempotencyManagerOptions, aA as IdempotencyRecord, aB as IdempotencyStats, aC as IdempotencyStore, aD as Idempotent, aE as IdempotentContext, aF as IdempotentHttpClient, aG as IdempotentOptions, aH as IdempotentResult, aI as Identity, aJ as Isolation, aK as JitterType, aL as JitterTypeDecorrelated, aM as JitterTypeDeviation, aN as JitterTypeEqual, aO as JitterTypeFull, aP as JitterTypeNone, aQ as JointStore, aR as LogLevel, aS as LogLine, aT as Logger, aU as MemoryDeadLetterStats, aV as MemoryDeadLetterStore, aW as MemoryStore, aX as MemoryStoreOptions, aY as MemoryStoreStats, aZ as MutableRetryConfig, a_ as OnceAgainError, a$ as Operation, b0 as Outcome, b1 as Permit, b2 as PolicyWishes, b3 as QError, b4 as Queued, b5 as QueuedCall, b6 as Random, b7 as RateBreakerOptions, b8 as RedriveContext, b9 as RedriveHandler, ba as RefreshAuth, bb as Rejection, bc as ReleaseMode, bd as RequestHeaders, be as RequestOptions, bf as RetryBudget, bg as RetryConfig, bh as RetryContext, bi as RetryEvent, bj as RetryExhaustedError, bk as RetryHandler, bl as RetryHooks, bm as RetryManager, bn as RetryManagerPool, bo as RetryOptions, bp as RetryPolicy, bq as RetryPolicyManager, br as RetryStats, bs as RetryStrategy, bt as S3RetryConfig, bu as ScriptStore, bv as Settled, bw as SleepOptions, bx as StateChange, by as StoredResponse, bz as StrategyCustom, bA as StrategyExponentialBackoff, bB as StrategyFibonacciBackoff, bC as StrategyFixedDelay, bD as StrategyLinearBackoff, bE as SuccessEvent, bF as ThresholdBreakerOptions, bG as TimeoutError, bH as TraceOptions, bI as Variables, bJ as Wrapped, bK as coreVersion, bL as fingerprint, bM as idempotent, bN as isCircuitBreakerError, bO as loadPolicies, bP as retryWithCheckpoint, bQ as simpleStore, bR as wrap } from './driver.js';

/** Settings of an outbox; all are optional. */
interface OutboxOptions {
    /** The database's name; the tabs and workers of one origin share the outbox of this name. Default `once-again-outbox`. */
    readonly name?: string | undefined;
    /** Writes it holds, those that were given up included: 1 to 1 000 000; default 1 000. */
    readonly maxRecords?: number | undefined;
    /** Bytes of their bodies, addresses and headers: 1 to 2^40; default 10 MiB. */
    readonly maxBytes?: number | undefined;
    /**
     * How long a write is tried, from when it was made, milliseconds: 1 s to 365 days; default 24 hours. No longer than the
     * service keeps its records of keys: after that, an attempt could run a second time what had arrived before.
     */
    readonly retention?: number | undefined;
    /** How many answers that ask for another attempt end it: 1 to 10 000 000; default 10. Attempts without an answer are free. */
    readonly maxAttempts?: number | undefined;
    /** The first wait between attempts; each one doubles it. 100 ms to 365 days; default 1 s. */
    readonly baseDelay?: number | undefined;
    /** The longest such wait. Default 5 minutes. */
    readonly maxDelay?: number | undefined;
    /** Headers that are sent when the caller sends them, but never written to disk: `["authorization"]`. Default: none. */
    readonly omitHeaders?: readonly string[] | undefined;
    /**
     * Headers for a write that is sent later, over those it was made with: fresh credentials. It may be async, and take as long
     * as the policy lets an attempt take, else 10 s; then the write waits for its next attempt.
     */
    readonly headers?: ((write: QueuedWrite) => HeadersInit | PromiseLike<HeadersInit>) | undefined;
    /** Where databases come from. Default: the global `indexedDB`. */
    readonly indexedDB?: IDBFactory | undefined;
    /** Locks that all users of the database share. Default: `navigator.locks`. */
    readonly locks?: LockManager | undefined;
}
/** Why a write was given up. */
type GivenUp = 
/** The service has answered, and will not have it. */
"refused"
/** It cannot be sent at all. */
 | "failed"
/** The service has answered badly as often as `maxAttempts`. */
 | "exhausted"
/** Its time was over. */
 | "expired";
/** A write in the outbox. Never its body, nor its headers, which may hold secrets. */
interface QueuedWrite {
    readonly id: string;
    readonly method: string;
    readonly url: string;
    /** When it was made, milliseconds since the Unix epoch. */
    readonly madeAt: number;
    /** Attempts in vain so far. What `fetch` tried in the caller's presence counts as one. */
    readonly attempts: number;
    /** Its body's, address's and headers'. */
    readonly bytes: number;
    /** Whether somebody is sending it right now. */
    readonly sending: boolean;
    /** The status of the last answer, if there was one. */
    readonly status?: number | undefined;
    /** What went wrong with the last attempt, if nobody answered it. */
    readonly error?: string | undefined;
    /** Why it was given up; a write that still waits has none. */
    readonly givenUp?: GivenUp | undefined;
}
/** What can be heard of an outbox, in every tab and worker that has it open. */
interface OutboxEvents {
    /** A write waits: its caller was answered 202. */
    queued: {
        readonly write: QueuedWrite;
    };
    /** A write that had waited was answered, and has left. `response` is there in the tab that sent it. */
    sent: {
        readonly write: QueuedWrite;
        readonly status: number;
        readonly response?: Response;
    };
    /** A write was given up; it stays until somebody retries or discards it. */
    givenUp: {
        readonly write: QueuedWrite;
        readonly response?: Response;
    };
    /** Somebody threw a write away. */
    discarded: {
        readonly write: QueuedWrite;
    };
}
/** What is still there after a `flush`. */
interface Flushed {
    /** Writes that left the outbox. */
    readonly sent: number;
    /** Writes that still wait. */
    readonly pending: number;
}
/**
 * The writes of one origin that wait for the network, shared by its tabs and workers.
 *
 * One sender at a time sends them, the oldest of each service first, when the network comes back, when a tab is opened, and
 * after waits that grow. What the service refuses later, when no caller is left to be told, is kept until it is retried or
 * discarded.
 */
interface Outbox {
    /** The writes that wait, the oldest first. */
    pending(): Promise<readonly QueuedWrite[]>;
    /** The writes that were given up, the oldest first: they stay until they are retried or discarded. */
    givenUp(): Promise<readonly QueuedWrite[]>;
    /** Sends what waits now, whatever wait it has left, and answers when each write was tried or is on its way elsewhere. */
    flush(): Promise<Flushed>;
    /**
     * Lets a write that was given up wait again, under the same key; false when there is none with this id. One that is older
     * than `retention` is given up again, as expired: under its key it might run twice.
     */
    retry(id: string): Promise<boolean>;
    /**
     * Throws a write away; false when there is none with this id (any more). It waits for an attempt that is on its way, since
     * nobody can call that back: where the attempt succeeds there is nothing left to throw away.
     */
    discard(id: string): Promise<boolean>;
    /** Calls `listener` at each such event, of this tab or another; answers how to stop it. */
    on<E extends keyof OutboxEvents>(event: E, listener: (event: OutboxEvents[E]) => unknown): () => void;
    /** Sends nothing more from here. What waits is left to others, and to the next visit. */
    close(): Promise<void>;
}

/** Options of a `createFetch` in a page or worker; all are optional. */
interface WebFetchOptions extends FetchOptions {
    /**
     * Whether writes that carry a key are on disk before they are sent, so that one that was made offline, or lost with a closed
     * tab, is sent once, later, with its own key. Default: no outbox.
     */
    outbox?: boolean | OutboxOptions;
}
/** A `fetch` with an outbox. A write that has to wait is answered 202; `queuedId` tells that from an answer of the service. */
interface OutboxFetch {
    (...call: Parameters<typeof globalThis.fetch>): Promise<Response>;
    /** Resolves when the wasm is there; rejects where an option is wrong, or there is no database. */
    readonly outbox: Promise<Outbox>;
}
/**
 * A `fetch` with the same arguments and answers. A write carries one idempotency key in all its attempts; without a key only
 * idempotent methods are repeated. The last answer is returned when attempts run out; a network failure rejects with
 * `RetryExhaustedError`, or with the platform's own error when it is not repeated.
 *
 * With an `outbox`, a write that carries a key is on disk before it is first sent. Where it finds no final answer, because the
 * page is offline, attempts run out or an older write waits, its caller is answered 202, and it is sent later.
 *
 * Made before `init()` has resolved, it loads the wasm itself, and a wrong option rejects the first call instead of throwing
 * here.
 */
declare function createFetch(options: WebFetchOptions & {
    outbox: true | OutboxOptions;
}): OutboxFetch;
declare function createFetch(options?: WebFetchOptions): typeof globalThis.fetch;

/** Settings of an {@link IndexedDbStore}. */
interface IndexedDbStoreOptions {
    /** The database's name; stores of one name share their records. Default `once-again`. */
    readonly name?: string | undefined;
    /** How often expired records are swept, milliseconds; 0 never. Default 5 minutes. */
    readonly cleanupInterval?: number | undefined;
    /** Where databases come from. Default: the global `indexedDB`. */
    readonly indexedDB?: IDBFactory | undefined;
    /** Tabs of one browser share records by the wall clock they share. */
    readonly clock?: Clock | undefined;
}
/**
 * A store in IndexedDB. It waits for `init()` by itself. What the browser refuses (no space left, a private window without a
 * database) rejects with `STORE_UNAVAILABLE`.
 *
 * A browser may throw a site's data away when space runs low, unless `navigator.storage.persist()` was granted.
 */
declare class IndexedDbStore implements Store {
    #private;
    constructor(options?: IndexedDbStoreOptions);
    apply(op: StoreOp): Promise<StoreReply>;
    /** How much it holds: the records that are alive, and the bytes of them and of their keys. */
    usage(): Promise<StoreUsage>;
    /** Stops sweeping and lets go of the database. */
    close(): Promise<void>;
    [dispose](): void;
}

/**
 * Loads the wasm that lies beside this file, once; every later call gives the same promise. Classes made before it has
 * resolved throw `NOT_READY`.
 *
 * @param source where to take it from instead: a URL, a `Response`, its bytes, or a compiled module.
 */
declare function init(source?: string | URL | Response | BufferSource | WebAssembly.Module): Promise<void>;

/** The id of the write that waits in the outbox, when this answer says so; undefined for an answer of the service's. */
declare function queuedId(response: Response): string | undefined;

export { Clock, FetchOptions, IndexedDbStore, Store, StoreOp, StoreReply, StoreUsage, createFetch, dispose, init, queuedId };
export type { Flushed, GivenUp, IndexedDbStoreOptions, Outbox, OutboxEvents, OutboxFetch, OutboxOptions, QueuedWrite, WebFetchOptions };
