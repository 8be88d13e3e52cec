import { S as Store, I as IdempotencyStore, C as Clock, R as Random } from './driver.cjs';
export { A as AttemptContext, B as BackoffOptions, a as BreakerCallOptions, b as BreakerEvents, c as BreakerOptions, d as BreakerState, e as BreakerStats, f as BudgetConfig, g as BudgetOption, h as BudgetOptions, j as BudgetPreset, k as BudgetRules, l as BudgetStats, m as CacheRetryConfig, o as CallOptions, p as CheckpointOptions, q as Checkpointed, r as CircuitBreaker, s as CircuitOpenError, t as Codec, u as CommonBreakerOptions, w as ConfigError, D as DatabaseRetryConfig, x as DeadLetter, y as DeadLetterError, z as DeadLetterHandler, E as DeadLetterQueue, F as DeadLetterQueueOptions, G as DeadLetterQueueStats, H as DeadLetterStore, J as DefaultRetryConfig, K as DuplicateCheck, L as ErrorCode, M as ErrorCodes, N as ErrorFacts, O as ErrorKind, P as ErrorTypeCircuitBreaker, Q as ErrorTypeClient, T as ErrorTypeNetwork, U as ErrorTypePermanent, W as ErrorTypeRateLimit, X as ErrorTypeServer, Y as ErrorTypeTimeout, Z as ErrorTypeTransient, _ as ErrorTypeUnknown, $ as ExecuteOptions, a0 as FallbackEvent, a1 as FallbackStrategy, a2 as FetchIdempotency, a3 as FetchOptions, a4 as FingerprintOptions, a5 as GiveUpEvent, a6 as GiveUpReason, a7 as GuardedOperation, a8 as HTTPRetryConfig, a9 as HeaderLines, aa as IdempotencyManager, ab as IdempotencyManagerOptions, ac as IdempotencyRecord, ad as Idempotent, ae as IdempotentContext, af as IdempotentOptions, ag as IdempotentResult, ah as JitterType, ai as JitterTypeDecorrelated, aj as JitterTypeDeviation, ak as JitterTypeEqual, al as JitterTypeFull, am as JitterTypeNone, an as JointStore, ao as LogLevel, ap as LogLine, aq as Logger, ar as MemoryDeadLetterStats, as as MemoryDeadLetterStore, at as MemoryStore, au as MemoryStoreOptions, av as MemoryStoreStats, aw as MutableRetryConfig, ax as OnceAgainError, ay as Operation, az as Outcome, aA as Permit, aB as PolicyWishes, aC as Queued, aD as QueuedCall, aE as RateBreakerOptions, aF as RedriveContext, aG as RedriveHandler, aH as ReleaseMode, aI as RetryBudget, aJ as RetryConfig, aK as RetryContext, aL as RetryEvent, aM as RetryExhaustedError, aN as RetryHandler, aO as RetryHooks, aP as RetryManager, aQ as RetryManagerPool, aR as RetryOptions, aS as RetryPolicy, aT as RetryPolicyManager, aU as RetryStrategy, aV as S3RetryConfig, aW as Settled, aX as SleepOptions, aY as StateChange, aZ as StoreOp, a_ as StoreReply, a$ as StoredResponse, b0 as StrategyCustom, b1 as StrategyExponentialBackoff, b2 as StrategyFibonacciBackoff, b3 as StrategyFixedDelay, b4 as StrategyLinearBackoff, b5 as SuccessEvent, b6 as ThresholdBreakerOptions, b7 as TimeoutError, b8 as TraceOptions, b9 as Variables, ba as Wrapped, bb as coreVersion, bc as createFetch, bd as dispose, be as fingerprint, bf as idempotent, bg as isCircuitBreakerError, bh as loadPolicies, bi as retryWithCheckpoint, bj as simpleStore, bk as wrap } from './driver.cjs';
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
