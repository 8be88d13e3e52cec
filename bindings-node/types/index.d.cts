import { S as Store, I as IdempotencyStore, C as Clock, R as Random } from './driver.cjs';
export { A as AttemptContext, B as BackoffOptions, b as BreakerCallOptions, c as BreakerEvents, d as BreakerLine, e as BreakerNotice, f as BreakerOptions, g as BreakerPreset, h as BreakerSnapshot, j as BreakerState, k as BreakerStats, l as BudgetConfig, o as BudgetOption, p as BudgetOptions, q as BudgetPreset, r as BudgetRules, s as BudgetStats, t as CacheRetryConfig, u as CallOptions, w as CheckpointOptions, x as Checkpointed, y as CircuitBreaker, z as CircuitBreakerRegistry, D as CircuitBreakerRegistryOptions, E as CircuitOpenError, F as Codec, G as CommonBreakerOptions, H as ConfigError, J as DatabaseRetryConfig, K as DeadLetter, L as DeadLetterError, N as DeadLetterHandler, O as DeadLetterQueue, P as DeadLetterQueueOptions, Q as DeadLetterQueueStats, T as DeadLetterStore, U as DefaultCircuitBreakerConfig, W as DefaultRetryConfig, X as Detachment, Y as DuplicateCheck, Z as ErrorCode, _ as ErrorCodes, $ as ErrorFacts, a0 as ErrorKind, a1 as ErrorTypeCircuitBreaker, a2 as ErrorTypeClient, a3 as ErrorTypeNetwork, a4 as ErrorTypePermanent, a5 as ErrorTypeRateLimit, a6 as ErrorTypeServer, a7 as ErrorTypeTimeout, a8 as ErrorTypeTransient, a9 as ErrorTypeUnknown, aa as Eviction, ab as ExecuteOptions, ac as FallbackEvent, ad as FallbackStrategy, ae as FetchIdempotency, af as FetchOptions, ag as FingerprintOptions, ah as GiveUpEvent, ai as GiveUpReason, aj as GuardedOperation, ak as HTTPRetryConfig, al as HeaderLines, am as IdempotencyManager, an as IdempotencyManagerOptions, ao as IdempotencyRecord, ap as Idempotent, aq as IdempotentContext, ar as IdempotentOptions, as as IdempotentResult, at as Isolation, au as JitterType, av as JitterTypeDecorrelated, aw as JitterTypeDeviation, ax as JitterTypeEqual, ay as JitterTypeFull, az as JitterTypeNone, aA as JointStore, aB as LogLevel, aC as LogLine, aD as Logger, aE as MemoryDeadLetterStats, aF as MemoryDeadLetterStore, aG as MemoryStore, aH as MemoryStoreOptions, aI as MemoryStoreStats, aJ as MutableRetryConfig, aK as OnceAgainError, aL as Operation, aM as Outcome, aN as Permit, aO as PolicyWishes, aP as Queued, aQ as QueuedCall, aR as RateBreakerOptions, aS as RedriveContext, aT as RedriveHandler, aU as Rejection, aV as ReleaseMode, aW as RetryBudget, aX as RetryConfig, aY as RetryContext, aZ as RetryEvent, a_ as RetryExhaustedError, a$ as RetryHandler, b0 as RetryHooks, b1 as RetryManager, b2 as RetryManagerPool, b3 as RetryOptions, b4 as RetryPolicy, b5 as RetryPolicyManager, b6 as RetryStrategy, b7 as S3RetryConfig, b8 as ScriptStore, b9 as Settled, ba as SleepOptions, bb as StateChange, bc as StoreOp, bd as StoreReply, be as StoredResponse, bf as StrategyCustom, bg as StrategyExponentialBackoff, bh as StrategyFibonacciBackoff, bi as StrategyFixedDelay, bj as StrategyLinearBackoff, bk as SuccessEvent, bl as ThresholdBreakerOptions, bm as TimeoutError, bn as TraceOptions, bo as Variables, bp as Wrapped, bq as coreVersion, br as createFetch, bs as dispose, bt as fingerprint, bu as idempotent, bv as isCircuitBreakerError, bw as loadPolicies, bx as retryWithCheckpoint, by as simpleStore, bz as wrap } from './driver.cjs';
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
