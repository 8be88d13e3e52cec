import { e as Store, I as IdempotencyStore, C as Clock, g as Random } from './driver.cjs';
export { A as AttemptContext, B as BackoffOptions, h as BreakerCallOptions, j as BreakerEvents, k as BreakerOptions, l as BreakerState, m as BreakerStats, o as CacheRetryConfig, p as CheckpointOptions, q as Checkpointed, r as CircuitBreaker, t as CircuitOpenError, u as CommonBreakerOptions, w as ConfigError, D as DatabaseRetryConfig, x as DeadLetter, y as DeadLetterError, z as DeadLetterHandler, E as DeadLetterQueue, F as DeadLetterQueueOptions, G as DeadLetterQueueStats, H as DeadLetterStore, K as DefaultRetryConfig, L as DuplicateCheck, N as ErrorCode, O as ErrorCodes, P as ErrorFacts, Q as ErrorKind, T as ErrorTypeCircuitBreaker, U as ErrorTypeClient, W as ErrorTypeNetwork, X as ErrorTypePermanent, Y as ErrorTypeRateLimit, Z as ErrorTypeServer, _ as ErrorTypeTimeout, $ as ErrorTypeTransient, a0 as ErrorTypeUnknown, a1 as ExecuteOptions, a2 as FallbackEvent, a3 as FallbackStrategy, a4 as FetchIdempotency, a5 as FetchOptions, a6 as FingerprintOptions, a7 as GiveUpEvent, a8 as GiveUpReason, a9 as GuardedOperation, aa as HTTPRetryConfig, ab as HeaderLines, ac as IdempotencyManager, ad as IdempotencyManagerOptions, ae as IdempotencyRecord, af as JitterType, ag as JitterTypeDecorrelated, ah as JitterTypeDeviation, ai as JitterTypeEqual, aj as JitterTypeFull, ak as JitterTypeNone, J as JointStore, al as LogLevel, am as LogLine, an as Logger, ao as MemoryDeadLetterStats, ap as MemoryDeadLetterStore, M as MemoryStore, b as MemoryStoreOptions, c as MemoryStoreStats, aq as MutableRetryConfig, ar as OnceAgainError, as as Operation, at as Outcome, au as Permit, av as PolicyWishes, aw as Queued, ax as QueuedCall, ay as RateBreakerOptions, az as RedriveContext, aA as RedriveHandler, R as ReleaseMode, aB as RetryConfig, aC as RetryEvent, aD as RetryExhaustedError, aE as RetryHandler, aF as RetryHooks, aG as RetryManager, aH as RetryManagerPool, aI as RetryOptions, aJ as RetryPolicy, aK as RetryPolicyManager, aL as RetryStrategy, aM as S3RetryConfig, aN as Settled, aO as SleepOptions, aP as StateChange, S as StoreOp, a as StoreReply, f as StoredResponse, aQ as StrategyCustom, aR as StrategyExponentialBackoff, aS as StrategyFibonacciBackoff, aT as StrategyFixedDelay, aU as StrategyLinearBackoff, aV as SuccessEvent, aW as ThresholdBreakerOptions, aX as TimeoutError, aY as TraceOptions, aZ as Variables, a_ as Wrapped, a$ as coreVersion, b0 as createFetch, d as dispose, b1 as fingerprint, b2 as isCircuitBreakerError, b3 as loadPolicies, b4 as retryWithCheckpoint, s as simpleStore, b5 as wrap } from './driver.cjs';
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
     * together. Throws when another owner has taken over; let it roll the transaction back. Send the same answer afterwards.
     */
    completeIn(db: object, answer: JointAnswer): void;
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
