import { G as GuardObservers, S as Store, I as IdempotencyStore, C as Clock, R as Random, b as Counted } from './driver.cjs';
export { A as AttemptContext, B as BackoffOptions, c as BreakerCallOptions, d as BreakerChoice, e as BreakerEvents, f as BreakerLine, g as BreakerNotice, h as BreakerOptions, j as BreakerPreset, k as BreakerSnapshot, l as BreakerState, o as BreakerStats, p as BudgetConfig, q as BudgetOption, r as BudgetOptions, s as BudgetPreset, t as BudgetRules, u as BudgetStats, w as CacheRetryConfig, x as CallOptions, y as CheckpointOptions, z as Checkpointed, D as CircuitBreaker, E as CircuitBreakerRegistry, F as CircuitBreakerRegistryOptions, H as CircuitOpenError, J as ClientFactory, K as Codec, L as CommonBreakerOptions, N as ConfigError, O as DatabaseRetryConfig, P as DeadLetter, Q as DeadLetterError, T as DeadLetterHandler, U as DeadLetterQueue, W as DeadLetterQueueOptions, X as DeadLetterQueueStats, Y as DeadLetterStore, Z as DefaultCircuitBreakerConfig, _ as DefaultRetryConfig, $ as Detachment, a0 as DuplicateCheck, a1 as ErrorCode, a2 as ErrorCodes, a3 as ErrorFacts, a4 as ErrorKind, a5 as ErrorTypeCircuitBreaker, a6 as ErrorTypeClient, a7 as ErrorTypeNetwork, a8 as ErrorTypePermanent, a9 as ErrorTypeRateLimit, aa as ErrorTypeServer, ab as ErrorTypeTimeout, ac as ErrorTypeTransient, ad as ErrorTypeUnknown, ae as Eviction, af as ExecuteOptions, ag as FallbackEvent, ah as FallbackStrategy, ai as FetchIdempotency, aj as FetchOptions, ak as FingerprintOptions, al as GiveUpEvent, am as GiveUpReason, an as GuardEvent, ao as GuardStats, ap as GuardedOperation, aq as HTTPRetryConfig, ar as HeaderLines, as as HttpAnswer, at as HttpClientOptions, au as HttpError, av as HttpResponse, aw as IdempotencyManager, ax as IdempotencyManagerOptions, ay as IdempotencyRecord, az as IdempotencyStats, aA as Idempotent, aB as IdempotentContext, aC as IdempotentHttpClient, aD as IdempotentOptions, aE as IdempotentResult, aF as Identity, aG as Isolation, aH as JitterType, aI as JitterTypeDecorrelated, aJ as JitterTypeDeviation, aK as JitterTypeEqual, aL as JitterTypeFull, aM as JitterTypeNone, aN as JointStore, aO as LogLevel, aP as LogLine, aQ as Logger, aR as MemoryDeadLetterStats, aS as MemoryDeadLetterStore, aT as MemoryStore, aU as MemoryStoreOptions, aV as MemoryStoreStats, aW as MutableRetryConfig, aX as OnceAgainError, aY as Operation, aZ as Outcome, a_ as Permit, a$ as PolicyWishes, b0 as QError, b1 as Queued, b2 as QueuedCall, b3 as RateBreakerOptions, b4 as RedriveContext, b5 as RedriveHandler, b6 as RefreshAuth, b7 as Rejection, b8 as ReleaseMode, b9 as RequestHeaders, ba as RequestOptions, bb as RetryBudget, bc as RetryConfig, bd as RetryContext, be as RetryEvent, bf as RetryExhaustedError, bg as RetryHandler, bh as RetryHooks, bi as RetryManager, bj as RetryManagerPool, bk as RetryOptions, bl as RetryPolicy, bm as RetryPolicyManager, bn as RetryStats, bo as RetryStrategy, bp as S3RetryConfig, bq as ScriptStore, br as Settled, bs as SleepOptions, bt as StateChange, bu as StoreOp, bv as StoreReply, bw as StoredResponse, bx as StrategyCustom, by as StrategyExponentialBackoff, bz as StrategyFibonacciBackoff, bA as StrategyFixedDelay, bB as StrategyLinearBackoff, bC as SuccessEvent, bD as ThresholdBreakerOptions, bE as TimeoutError, bF as TraceOptions, bG as Variables, bH as Wrapped, bI as coreVersion, bJ as createFetch, bK as dispose, bL as fingerprint, bM as idempotent, bN as isCircuitBreakerError, bO as loadPolicies, bP as retryWithCheckpoint, bQ as simpleStore, bR as wrap } from './driver.cjs';
import { IncomingMessage, ServerResponse, OutgoingHttpHeaders } from 'node:http';

/**
 * Options of `idempotencyMiddleware`; all are optional. Durations are milliseconds, except `ttl`, which is seconds.
 * `Request` is the request type of the host's framework.
 */
interface IdempotencyOptions<Request = unknown> extends GuardObservers {
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
declare function idempotencyMiddleware<Request extends IncomingMessage = IncomingMessage>(options?: IdempotencyOptions<Request>): Middleware & Counted;

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
    readonly decorate: object;
    readonly decorateRequest: object;
}
/** A plugin as `fastify.register` takes it. */
type FastifyPluginLike = (fastify: FastifyLike, options: IdempotencyOptions<FastifyRequestLike>) => Promise<void>;
/**
 * Runs each request at most once per key: the first answer is recorded and replayed to every later request with the same
 * key and the same content. It guards the routes of the instance it is registered on, and of those below; register it after
 * authentication. A handler finds its claim at `request.idempotency` ({@link RequestIdempotency}); the instance has the counts at
 * `fastify.idempotency.stats()` ({@link Counted}), those of the plugin that it was registered with first.
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
declare function idempotencyHandler<Request extends IncomingMessage = GuardedMessage, Response extends ServerResponse = ServerResponse>(options: IdempotencyOptions<Request>, handler: PlainHandler<Request, Response>): ((request: Request, response: Response) => Promise<void>) & Counted;

export { Clock, Counted, GuardObservers, IdempotencyStore, Random, Store, idempotencyHandler, idempotencyMiddleware, idempotencyPlugin };
export type { FastifyLike, FastifyPluginLike, FastifyReplyLike, FastifyRequestLike, GuardedMessage, IdempotencyOptions, JointAnswer, Middleware, PlainHandler, RequestIdempotency };
