import { S as Store, I as IdempotencyStore, C as Clock, R as Random } from './driver.cjs';
export { A as AttemptContext, B as BackoffOptions, a as BreakerCallOptions, b as BreakerEvents, c as BreakerNotice, d as BreakerOptions, e as BreakerPreset, f as BreakerSnapshot, g as BreakerState, h as BreakerStats, j as BudgetConfig, k as BudgetOption, l as BudgetOptions, m as BudgetPreset, o as BudgetRules, p as BudgetStats, q as CacheRetryConfig, r as CallOptions, s as CheckpointOptions, t as Checkpointed, u as CircuitBreaker, w as CircuitBreakerRegistry, x as CircuitBreakerRegistryOptions, y as CircuitOpenError, z as Codec, D as CommonBreakerOptions, E as ConfigError, F as DatabaseRetryConfig, G as DeadLetter, H as DeadLetterError, J as DeadLetterHandler, K as DeadLetterQueue, L as DeadLetterQueueOptions, M as DeadLetterQueueStats, N as DeadLetterStore, O as DefaultCircuitBreakerConfig, P as DefaultRetryConfig, Q as DuplicateCheck, T as ErrorCode, U as ErrorCodes, W as ErrorFacts, X as ErrorKind, Y as ErrorTypeCircuitBreaker, Z as ErrorTypeClient, _ as ErrorTypeNetwork, $ as ErrorTypePermanent, a0 as ErrorTypeRateLimit, a1 as ErrorTypeServer, a2 as ErrorTypeTimeout, a3 as ErrorTypeTransient, a4 as ErrorTypeUnknown, a5 as Eviction, a6 as ExecuteOptions, a7 as FallbackEvent, a8 as FallbackStrategy, a9 as FetchIdempotency, aa as FetchOptions, ab as FingerprintOptions, ac as GiveUpEvent, ad as GiveUpReason, ae as GuardedOperation, af as HTTPRetryConfig, ag as HeaderLines, ah as IdempotencyManager, ai as IdempotencyManagerOptions, aj as IdempotencyRecord, ak as Idempotent, al as IdempotentContext, am as IdempotentOptions, an as IdempotentResult, ao as Isolation, ap as JitterType, aq as JitterTypeDecorrelated, ar as JitterTypeDeviation, as as JitterTypeEqual, at as JitterTypeFull, au as JitterTypeNone, av as JointStore, aw as LogLevel, ax as LogLine, ay as Logger, az as MemoryDeadLetterStats, aA as MemoryDeadLetterStore, aB as MemoryStore, aC as MemoryStoreOptions, aD as MemoryStoreStats, aE as MutableRetryConfig, aF as OnceAgainError, aG as Operation, aH as Outcome, aI as Permit, aJ as PolicyWishes, aK as Queued, aL as QueuedCall, aM as RateBreakerOptions, aN as RedriveContext, aO as RedriveHandler, aP as Rejection, aQ as ReleaseMode, aR as RetryBudget, aS as RetryConfig, aT as RetryContext, aU as RetryEvent, aV as RetryExhaustedError, aW as RetryHandler, aX as RetryHooks, aY as RetryManager, aZ as RetryManagerPool, a_ as RetryOptions, a$ as RetryPolicy, b0 as RetryPolicyManager, b1 as RetryStrategy, b2 as S3RetryConfig, b3 as Settled, b4 as SleepOptions, b5 as StateChange, b6 as StoreOp, b7 as StoreReply, b8 as StoredResponse, b9 as StrategyCustom, ba as StrategyExponentialBackoff, bb as StrategyFibonacciBackoff, bc as StrategyFixedDelay, bd as StrategyLinearBackoff, be as SuccessEvent, bf as ThresholdBreakerOptions, bg as TimeoutError, bh as TraceOptions, bi as Variables, bj as Wrapped, bk as coreVersion, bl as createFetch, bm as dispose, bn as fingerprint, bo as idempotent, bp as isCircuitBreakerError, bq as loadPolicies, br as retryWithCheckpoint, bs as simpleStore, bt as wrap } from './driver.cjs';
import { IncomingMessage, ServerResponse } from 'node:http';

/** The answer that a joint completion records, and that the handler sends afterwards. */
interface JointAnswer {
    /** Default 200. */
    readonly status?: number;
    readonly headers?: Readonly<Record<string, string>>;
    /** Bytes and strings are kept as they are; anything else is kept as JSON, as `res.json` would send it. */
    readonly body?: unknown;
}

/**
 * Options of `idempotencyMiddleware`; all are optional. Durations are milliseconds, except `ttl`, which is seconds.
 * `Request` is the request type of the host's framework.
 */
interface IdempotencyOptions<Request = unknown> {
    /** The header that carries the key. Default `Idempotency-Key`. */
    headerName?: string;
    /** How long an answer is kept, in **seconds**. Default 86 400 (24 hours). */
    ttl?: number;
    /** The same as `ttl`, in milliseconds. */
    ttlMs?: number;
    /** Methods that are guarded. Default POST, PUT, PATCH. */
    methods?: readonly string[];
    /** Where records live: a store, or a plain `{ get, set, delete }`. Default: a {@link MemoryStore} of its own. */
    store?: Store | IdempotencyStore;
    /** A request without a key: `derive` one that catches double clicks (default), `pass` it on, or `require` a key (400). */
    missingKey?: "derive" | "pass" | "require";
    /** How long a derived key lives, milliseconds. Default 30 000. */
    derivedWindow?: number;
    /** A second request while the first one runs: `reject` with 409 (default), or wait for its answer. */
    conflict?: "reject" | {
        wait: number;
    };
    /** How long a silent owner keeps its claim, milliseconds. Default 60 000; renewed while the handler runs. */
    lease?: number;
    /** Who the caller is, when keys of different callers must never meet. */
    principal?: (request: Request) => string | undefined | null;
    /** Cookies that identify the caller. */
    principalCookies?: readonly string[];
    /** A claim whose owner fell silent: run again (`reexecute`, default) or refuse for good (`fail`). */
    onOrphan?: "reexecute" | "fail";
    /** What a 5xx answer becomes: `retry` runs the next request again (default), `keep` replays it. */
    on5xx?: "retry" | "keep";
    /** The largest answer that is kept, bytes. Default 1 MiB; larger ones pass through and are recorded without body. */
    maxBodyBytes?: number;
    /** A named set of rules: `stripe_v1` keeps 5xx, `success_only` keeps 2xx and 3xx only, `at_most_once` never runs twice. */
    profile?: "default" | "stripe_v1" | "success_only" | "at_most_once";
    /** A namespace for keys in a store that several applications share. */
    keyPrefix?: string;
    /** Whether a store that cannot be reached lets requests through unprotected. Default false: 503. */
    failOpen?: boolean;
    /** How long one store operation may take, milliseconds. Default 2 000. */
    storeTimeout?: number;
    /** How long a claim is renewed at the most, milliseconds. Default 600 000. */
    maxRun?: number;
    /** How often the claim is renewed, milliseconds. Default a third of the lease. */
    renewEvery?: number;
    /** How many times in a record's life a silent owner may be replaced; then its outcome counts as unknown. Default 5. */
    maxTakeovers?: number;
    /** How long an answer waits for its record, milliseconds; then it leaves, marked. Default 5 000. */
    completeTimeout?: number;
    /** After this long the handler's signal fires, milliseconds. Default: never. The handler decides what to do about it. */
    handlerTimeout?: number;
    /** Fields of a JSON body that alone count, or that do not count, as JSON Pointers, and headers that count besides. */
    fingerprint?: {
        include?: readonly string[];
        exclude?: readonly string[];
        headers?: readonly string[];
    };
    /** Headers that are part of the fingerprint. */
    fingerprintHeaders?: readonly string[];
    /** Whether the body is part of the fingerprint. Default true. */
    includeBodyInFingerprint?: boolean;
    /** Bounds of the memory store that is made when no `store` is given: the most records. */
    maxRecords?: number;
    /** The same, in bytes. Default 256 MiB. */
    maxBytes?: number;
    /** What that store does when it is full. */
    whenFull?: "refuse" | "evictCompleted";
    /** Adds the replay headers to `Access-Control-Expose-Headers`. */
    exposeHeaders?: boolean;
    clock?: Clock;
    random?: Random;
}

/** What a handler finds at `req.idempotency`. */
interface RequestIdempotency {
    /** The key as the client sent it, or `derived:` and a digest. */
    readonly key: string;
    /** 1 for the first run of this key; more when an earlier owner died or failed. */
    readonly attempt: number;
    /** Grows with every claim of this key: a fence for systems that can check one. */
    readonly epoch: number;
    /** Fires when the claim cannot be kept and the handler must stop. */
    readonly signal: AbortSignal;
    /**
     * Joint mode: records `answer` inside **your** transaction on `db`, so that the effect and its record are committed
     * together. Throws when another owner has taken over; let it roll the transaction back. Send the same answer afterwards. To
     * be awaited with a store that answers later, PostgreSQL for instance.
     */
    completeIn(db: object, answer: JointAnswer): void | Promise<void>;
}
declare global {
    namespace Express {
        interface Request {
            /** Set by `idempotencyMiddleware` on requests it guards. */
            idempotency?: RequestIdempotency;
        }
    }
}
/** The shape that Express 4, Express 5 and connect share. */
type Middleware = (request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void) => void;
/**
 * Runs each request at most once per key: the first answer is recorded and replayed to every later request with the same
 * key and the same content. Mount it after authentication, before or after `express.json()`.
 */
declare function idempotencyMiddleware<Request extends IncomingMessage = IncomingMessage>(options?: IdempotencyOptions<Request>): Middleware;

export { Clock, IdempotencyStore, Random, Store, idempotencyMiddleware };
export type { IdempotencyOptions, JointAnswer, Middleware, RequestIdempotency };
