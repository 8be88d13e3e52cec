import { S as Store, I as IdempotencyStore, C as Clock, R as Random } from './driver.cjs';
export { A as AttemptContext, B as BackoffOptions, a as BreakerCallOptions, b as BreakerEvents, c as BreakerOptions, d as BreakerState, e as BreakerStats, f as CacheRetryConfig, g as CallOptions, h as CheckpointOptions, j as Checkpointed, k as CircuitBreaker, l as CircuitOpenError, m as Codec, o as CommonBreakerOptions, p as ConfigError, D as DatabaseRetryConfig, q as DeadLetter, r as DeadLetterError, s as DeadLetterHandler, t as DeadLetterQueue, u as DeadLetterQueueOptions, w as DeadLetterQueueStats, x as DeadLetterStore, y as DefaultRetryConfig, z as DuplicateCheck, E as ErrorCode, F as ErrorCodes, G as ErrorFacts, H as ErrorKind, J as ErrorTypeCircuitBreaker, K as ErrorTypeClient, L as ErrorTypeNetwork, M as ErrorTypePermanent, N as ErrorTypeRateLimit, O as ErrorTypeServer, P as ErrorTypeTimeout, Q as ErrorTypeTransient, T as ErrorTypeUnknown, U as ExecuteOptions, W as FallbackEvent, X as FallbackStrategy, Y as FetchIdempotency, Z as FetchOptions, _ as FingerprintOptions, $ as GiveUpEvent, a0 as GiveUpReason, a1 as GuardedOperation, a2 as HTTPRetryConfig, a3 as HeaderLines, a4 as IdempotencyManager, a5 as IdempotencyManagerOptions, a6 as IdempotencyRecord, a7 as Idempotent, a8 as IdempotentContext, a9 as IdempotentOptions, aa as IdempotentResult, ab as JitterType, ac as JitterTypeDecorrelated, ad as JitterTypeDeviation, ae as JitterTypeEqual, af as JitterTypeFull, ag as JitterTypeNone, ah as JointStore, ai as LogLevel, aj as LogLine, ak as Logger, al as MemoryDeadLetterStats, am as MemoryDeadLetterStore, an as MemoryStore, ao as MemoryStoreOptions, ap as MemoryStoreStats, aq as MutableRetryConfig, ar as OnceAgainError, as as Operation, at as Outcome, au as Permit, av as PolicyWishes, aw as Queued, ax as QueuedCall, ay as RateBreakerOptions, az as RedriveContext, aA as RedriveHandler, aB as ReleaseMode, aC as RetryConfig, aD as RetryContext, aE as RetryEvent, aF as RetryExhaustedError, aG as RetryHandler, aH as RetryHooks, aI as RetryManager, aJ as RetryManagerPool, aK as RetryOptions, aL as RetryPolicy, aM as RetryPolicyManager, aN as RetryStrategy, aO as S3RetryConfig, aP as Settled, aQ as SleepOptions, aR as StateChange, aS as StoreOp, aT as StoreReply, aU as StoredResponse, aV as StrategyCustom, aW as StrategyExponentialBackoff, aX as StrategyFibonacciBackoff, aY as StrategyFixedDelay, aZ as StrategyLinearBackoff, a_ as SuccessEvent, a$ as ThresholdBreakerOptions, b0 as TimeoutError, b1 as TraceOptions, b2 as Variables, b3 as Wrapped, b4 as coreVersion, b5 as createFetch, b6 as dispose, b7 as fingerprint, b8 as idempotent, b9 as isCircuitBreakerError, ba as loadPolicies, bb as retryWithCheckpoint, bc as simpleStore, bd as wrap } from './driver.cjs';
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
