import { S as Store, I as IdempotencyStore, C as Clock, R as Random } from './driver.cjs';
export { A as AttemptContext, B as BackoffOptions, b as BreakerCallOptions, c as BreakerEvents, d as BreakerNotice, e as BreakerOptions, f as BreakerPreset, g as BreakerSnapshot, h as BreakerState, j as BreakerStats, k as BudgetConfig, l as BudgetOption, o as BudgetOptions, p as BudgetPreset, q as BudgetRules, r as BudgetStats, s as CacheRetryConfig, t as CallOptions, u as CheckpointOptions, w as Checkpointed, x as CircuitBreaker, y as CircuitBreakerRegistry, z as CircuitBreakerRegistryOptions, D as CircuitOpenError, E as Codec, F as CommonBreakerOptions, G as ConfigError, H as DatabaseRetryConfig, J as DeadLetter, K as DeadLetterError, L as DeadLetterHandler, N as DeadLetterQueue, O as DeadLetterQueueOptions, P as DeadLetterQueueStats, Q as DeadLetterStore, T as DefaultCircuitBreakerConfig, U as DefaultRetryConfig, W as DuplicateCheck, X as ErrorCode, Y as ErrorCodes, Z as ErrorFacts, _ as ErrorKind, $ as ErrorTypeCircuitBreaker, a0 as ErrorTypeClient, a1 as ErrorTypeNetwork, a2 as ErrorTypePermanent, a3 as ErrorTypeRateLimit, a4 as ErrorTypeServer, a5 as ErrorTypeTimeout, a6 as ErrorTypeTransient, a7 as ErrorTypeUnknown, a8 as Eviction, a9 as ExecuteOptions, aa as FallbackEvent, ab as FallbackStrategy, ac as FetchIdempotency, ad as FetchOptions, ae as FingerprintOptions, af as GiveUpEvent, ag as GiveUpReason, ah as GuardedOperation, ai as HTTPRetryConfig, aj as HeaderLines, ak as IdempotencyManager, al as IdempotencyManagerOptions, am as IdempotencyRecord, an as Idempotent, ao as IdempotentContext, ap as IdempotentOptions, aq as IdempotentResult, ar as Isolation, as as JitterType, at as JitterTypeDecorrelated, au as JitterTypeDeviation, av as JitterTypeEqual, aw as JitterTypeFull, ax as JitterTypeNone, ay as JointStore, az as LogLevel, aA as LogLine, aB as Logger, aC as MemoryDeadLetterStats, aD as MemoryDeadLetterStore, aE as MemoryStore, aF as MemoryStoreOptions, aG as MemoryStoreStats, aH as MutableRetryConfig, aI as OnceAgainError, aJ as Operation, aK as Outcome, aL as Permit, aM as PolicyWishes, aN as Queued, aO as QueuedCall, aP as RateBreakerOptions, aQ as RedriveContext, aR as RedriveHandler, aS as Rejection, aT as ReleaseMode, aU as RetryBudget, aV as RetryConfig, aW as RetryContext, aX as RetryEvent, aY as RetryExhaustedError, aZ as RetryHandler, a_ as RetryHooks, a$ as RetryManager, b0 as RetryManagerPool, b1 as RetryOptions, b2 as RetryPolicy, b3 as RetryPolicyManager, b4 as RetryStrategy, b5 as S3RetryConfig, b6 as Settled, b7 as SleepOptions, b8 as StateChange, b9 as StoreOp, ba as StoreReply, bb as StoredResponse, bc as StrategyCustom, bd as StrategyExponentialBackoff, be as StrategyFibonacciBackoff, bf as StrategyFixedDelay, bg as StrategyLinearBackoff, bh as SuccessEvent, bi as ThresholdBreakerOptions, bj as TimeoutError, bk as TraceOptions, bl as Variables, bm as Wrapped, bn as coreVersion, bo as createFetch, bp as dispose, bq as fingerprint, br as idempotent, bs as isCircuitBreakerError, bt as loadPolicies, bu as retryWithCheckpoint, bv as simpleStore, bw as wrap } from './driver.cjs';
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
