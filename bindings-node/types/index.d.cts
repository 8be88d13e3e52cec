import { S as Store, I as IdempotencyStore, C as Clock, R as Random } from './driver.cjs';
export { A as AttemptContext, B as BackoffOptions, b as BreakerCallOptions, c as BreakerChoice, d as BreakerEvents, e as BreakerLine, f as BreakerNotice, g as BreakerOptions, h as BreakerPreset, j as BreakerSnapshot, k as BreakerState, l as BreakerStats, o as BudgetConfig, p as BudgetOption, q as BudgetOptions, r as BudgetPreset, s as BudgetRules, t as BudgetStats, u as CacheRetryConfig, w as CallOptions, x as CheckpointOptions, y as Checkpointed, z as CircuitBreaker, D as CircuitBreakerRegistry, E as CircuitBreakerRegistryOptions, F as CircuitOpenError, G as Codec, H as CommonBreakerOptions, J as ConfigError, K as DatabaseRetryConfig, L as DeadLetter, N as DeadLetterError, O as DeadLetterHandler, P as DeadLetterQueue, Q as DeadLetterQueueOptions, T as DeadLetterQueueStats, U as DeadLetterStore, W as DefaultCircuitBreakerConfig, X as DefaultRetryConfig, Y as Detachment, Z as DuplicateCheck, _ as ErrorCode, $ as ErrorCodes, a0 as ErrorFacts, a1 as ErrorKind, a2 as ErrorTypeCircuitBreaker, a3 as ErrorTypeClient, a4 as ErrorTypeNetwork, a5 as ErrorTypePermanent, a6 as ErrorTypeRateLimit, a7 as ErrorTypeServer, a8 as ErrorTypeTimeout, a9 as ErrorTypeTransient, aa as ErrorTypeUnknown, ab as Eviction, ac as ExecuteOptions, ad as FallbackEvent, ae as FallbackStrategy, af as FetchIdempotency, ag as FetchOptions, ah as FingerprintOptions, ai as GiveUpEvent, aj as GiveUpReason, ak as GuardedOperation, al as HTTPRetryConfig, am as HeaderLines, an as IdempotencyManager, ao as IdempotencyManagerOptions, ap as IdempotencyRecord, aq as Idempotent, ar as IdempotentContext, as as IdempotentOptions, at as IdempotentResult, au as Isolation, av as JitterType, aw as JitterTypeDecorrelated, ax as JitterTypeDeviation, ay as JitterTypeEqual, az as JitterTypeFull, aA as JitterTypeNone, aB as JointStore, aC as LogLevel, aD as LogLine, aE as Logger, aF as MemoryDeadLetterStats, aG as MemoryDeadLetterStore, aH as MemoryStore, aI as MemoryStoreOptions, aJ as MemoryStoreStats, aK as MutableRetryConfig, aL as OnceAgainError, aM as Operation, aN as Outcome, aO as Permit, aP as PolicyWishes, aQ as Queued, aR as QueuedCall, aS as RateBreakerOptions, aT as RedriveContext, aU as RedriveHandler, aV as RefreshAuth, aW as Rejection, aX as ReleaseMode, aY as RetryBudget, aZ as RetryConfig, a_ as RetryContext, a$ as RetryEvent, b0 as RetryExhaustedError, b1 as RetryHandler, b2 as RetryHooks, b3 as RetryManager, b4 as RetryManagerPool, b5 as RetryOptions, b6 as RetryPolicy, b7 as RetryPolicyManager, b8 as RetryStrategy, b9 as S3RetryConfig, ba as ScriptStore, bb as Settled, bc as SleepOptions, bd as StateChange, be as StoreOp, bf as StoreReply, bg as StoredResponse, bh as StrategyCustom, bi as StrategyExponentialBackoff, bj as StrategyFibonacciBackoff, bk as StrategyFixedDelay, bl as StrategyLinearBackoff, bm as SuccessEvent, bn as ThresholdBreakerOptions, bo as TimeoutError, bp as TraceOptions, bq as Variables, br as Wrapped, bs as coreVersion, bt as createFetch, bu as dispose, bv as fingerprint, bw as idempotent, bx as isCircuitBreakerError, by as loadPolicies, bz as retryWithCheckpoint, bA as simpleStore, bB as wrap } from './driver.cjs';
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
