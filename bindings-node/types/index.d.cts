import { S as Store, I as IdempotencyStore, C as Clock, R as Random } from './driver.cjs';
export { A as AttemptContext, B as BackoffOptions, b as BreakerCallOptions, c as BreakerChoice, d as BreakerEvents, e as BreakerLine, f as BreakerNotice, g as BreakerOptions, h as BreakerPreset, j as BreakerSnapshot, k as BreakerState, l as BreakerStats, o as BudgetConfig, p as BudgetOption, q as BudgetOptions, r as BudgetPreset, s as BudgetRules, t as BudgetStats, u as CacheRetryConfig, w as CallOptions, x as CheckpointOptions, y as Checkpointed, z as CircuitBreaker, D as CircuitBreakerRegistry, E as CircuitBreakerRegistryOptions, F as CircuitOpenError, G as ClientFactory, H as Codec, J as CommonBreakerOptions, K as ConfigError, L as DatabaseRetryConfig, N as DeadLetter, O as DeadLetterError, P as DeadLetterHandler, Q as DeadLetterQueue, T as DeadLetterQueueOptions, U as DeadLetterQueueStats, W as DeadLetterStore, X as DefaultCircuitBreakerConfig, Y as DefaultRetryConfig, Z as Detachment, _ as DuplicateCheck, $ as ErrorCode, a0 as ErrorCodes, a1 as ErrorFacts, a2 as ErrorKind, a3 as ErrorTypeCircuitBreaker, a4 as ErrorTypeClient, a5 as ErrorTypeNetwork, a6 as ErrorTypePermanent, a7 as ErrorTypeRateLimit, a8 as ErrorTypeServer, a9 as ErrorTypeTimeout, aa as ErrorTypeTransient, ab as ErrorTypeUnknown, ac as Eviction, ad as ExecuteOptions, ae as FallbackEvent, af as FallbackStrategy, ag as FetchIdempotency, ah as FetchOptions, ai as FingerprintOptions, aj as GiveUpEvent, ak as GiveUpReason, al as GuardedOperation, am as HTTPRetryConfig, an as HeaderLines, ao as HttpAnswer, ap as HttpClientOptions, aq as HttpError, ar as HttpResponse, as as IdempotencyManager, at as IdempotencyManagerOptions, au as IdempotencyRecord, av as IdempotencyStats, aw as Idempotent, ax as IdempotentContext, ay as IdempotentHttpClient, az as IdempotentOptions, aA as IdempotentResult, aB as Identity, aC as Isolation, aD as JitterType, aE as JitterTypeDecorrelated, aF as JitterTypeDeviation, aG as JitterTypeEqual, aH as JitterTypeFull, aI as JitterTypeNone, aJ as JointStore, aK as LogLevel, aL as LogLine, aM as Logger, aN as MemoryDeadLetterStats, aO as MemoryDeadLetterStore, aP as MemoryStore, aQ as MemoryStoreOptions, aR as MemoryStoreStats, aS as MutableRetryConfig, aT as OnceAgainError, aU as Operation, aV as Outcome, aW as Permit, aX as PolicyWishes, aY as QError, aZ as Queued, a_ as QueuedCall, a$ as RateBreakerOptions, b0 as RedriveContext, b1 as RedriveHandler, b2 as RefreshAuth, b3 as Rejection, b4 as ReleaseMode, b5 as RequestHeaders, b6 as RequestOptions, b7 as RetryBudget, b8 as RetryConfig, b9 as RetryContext, ba as RetryEvent, bb as RetryExhaustedError, bc as RetryHandler, bd as RetryHooks, be as RetryManager, bf as RetryManagerPool, bg as RetryOptions, bh as RetryPolicy, bi as RetryPolicyManager, bj as RetryStats, bk as RetryStrategy, bl as S3RetryConfig, bm as ScriptStore, bn as Settled, bo as SleepOptions, bp as StateChange, bq as StoreOp, br as StoreReply, bs as StoredResponse, bt as StrategyCustom, bu as StrategyExponentialBackoff, bv as StrategyFibonacciBackoff, bw as StrategyFixedDelay, bx as StrategyLinearBackoff, by as SuccessEvent, bz as ThresholdBreakerOptions, bA as TimeoutError, bB as TraceOptions, bC as Variables, bD as Wrapped, bE as coreVersion, bF as createFetch, bG as dispose, bH as fingerprint, bI as idempotent, bJ as isCircuitBreakerError, bK as loadPolicies, bL as retryWithCheckpoint, bM as simpleStore, bN as wrap } from './driver.cjs';
import { IncomingMessage, ServerResponse, OutgoingHttpHeaders } from 'node:http';

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
    principal?(request: Request): string | undefined | null;
    /** Cookies that identify the caller. */
    principalCookies?: readonly string[];
    /** A claim whose owner fell silent: run again (`reexecute`, default) or refuse for good (`fail`). */
    onOrphan?: "reexecute" | "fail";
    /**
     * What a 5xx answer becomes: `retry` runs the next request again (default), `keep` replays it, `forget` frees the key also
     * for another request, `unknown` lets nothing run under it until an operator resolves it.
     */
    on5xx?: "retry" | "keep" | "forget" | "unknown";
    /** The largest answer that is kept, bytes. Default 1 MiB; larger ones pass through and are recorded without body. */
    maxBodyBytes?: number;
    /**
     * The largest request body that is read and compared, bytes, after decoding. Default 10 MiB. A larger one is refused under a
     * key (413); without a key it passes unguarded.
     */
    maxRequestBytes?: number;
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

/** The answer that a joint completion records, and that the handler sends afterwards. */
interface JointAnswer {
    /** Default 200. */
    readonly status?: number;
    readonly headers?: Readonly<Record<string, string>>;
    /** Bytes and strings are kept as they are; anything else is kept as JSON, as `res.json` would send it. */
    readonly body?: unknown;
}

/** What a handler finds of its claim at `req.idempotency`. */
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

/** What is used of a Fastify request. */
interface FastifyRequestLike {
    readonly raw: IncomingMessage;
    readonly headers: IncomingMessage["headers"];
    readonly originalUrl?: string;
    readonly body?: unknown;
}
/** What is used of a Fastify reply. */
interface FastifyReplyLike {
    readonly raw: ServerResponse;
    hijack(): unknown;
    getHeaders(): OutgoingHttpHeaders;
}
/** A Fastify instance, by what is used of it. */
interface FastifyLike {
    hasRequestDecorator(name: string): boolean;
    /** Overloaded for every kind of hook and decorator, which no shorter type describes. */
    readonly addHook: object;
    readonly decorateRequest: object;
}
/** A plugin as `fastify.register` takes it. */
type FastifyPluginLike = (fastify: FastifyLike, options: IdempotencyOptions<FastifyRequestLike>) => Promise<void>;
/**
 * Runs each request at most once per key: the first answer is recorded and replayed to every later request with the same
 * key and the same content. It guards the routes of the instance it is registered on, and of those below; register it after
 * authentication. A handler finds its claim at `request.idempotency` ({@link RequestIdempotency}).
 *
 * ```js
 * await app.register(idempotencyPlugin, { store, ttl: 86400 });
 * ```
 */
declare const idempotencyPlugin: FastifyPluginLike;

/** A request as a handler of {@link idempotencyHandler} finds it. */
interface GuardedMessage extends IncomingMessage {
    /** Set on requests that run under a claim. */
    idempotency?: RequestIdempotency;
}
/** A handler, of Node's or of another framework's request and response. */
type PlainHandler<Request, Response> = (request: Request, response: Response) => unknown;
/**
 * Guards `handler`: it runs at most once per key, and its answer is recorded and replayed to every later request with the same
 * key and the same content.
 *
 * ```js
 * http.createServer(idempotencyHandler({ store }, async (req, res) => res.end(await createOrder(req))));
 * ```
 *
 * The promise fulfils when the handler has returned. Where it throws, a 500 goes out; an answer that has begun is cut off, so
 * that nobody takes it for a whole one, and its key is free again. Then the promise rejects with the error, which is the
 * caller's to log.
 */
declare function idempotencyHandler<Request extends IncomingMessage = GuardedMessage, Response extends ServerResponse = ServerResponse>(options: IdempotencyOptions<Request>, handler: PlainHandler<Request, Response>): (request: Request, response: Response) => Promise<void>;

export { Clock, IdempotencyStore, Random, Store, idempotencyHandler, idempotencyMiddleware, idempotencyPlugin };
export type { FastifyLike, FastifyPluginLike, FastifyReplyLike, FastifyRequestLike, GuardedMessage, IdempotencyOptions, JointAnswer, Middleware, PlainHandler, RequestIdempotency };
