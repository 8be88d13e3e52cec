/** How a sleep treats the process around it. */
interface SleepOptions {
    /** Let the process end although this sleep is not over. Node only; elsewhere without effect. */
    readonly unref?: boolean;
}
/** Where a class gets its time from. */
interface Clock {
    /** A monotonic clock in milliseconds, fractions allowed, with any origin. */
    now(): number;
    /** Milliseconds since the Unix epoch. */
    wallNow(): number;
    /** Resolves after at least `ms` milliseconds; rejects with `signal.reason` as soon as the signal fires. */
    sleep(ms: number, signal?: AbortSignal, options?: SleepOptions): Promise<void>;
    /** Calls `ring` once after at least `ms` milliseconds; answers how to call it off. Default: by way of `sleep`. */
    timer?(ms: number, ring: () => void, options?: SleepOptions): () => void;
}
/** A source of chance like `Math.random`: 0 ≤ random() < 1. */
type Random = () => number;

/** What an operation is told about the attempt it makes. */
interface AttemptContext {
    /** 1 for the first attempt. */
    readonly attempt: number;
    /** Fires when this attempt is to end: the caller cancelled, or a time-out passed. */
    readonly signal: AbortSignal;
}
/** Something that may be tried again. */
type Operation$1<T> = (context: AttemptContext) => T | PromiseLike<T>;

/** The version of the decision core, the same number in every language. */
declare function coreVersion(): string;

/** What `using` calls. Browsers without `using` have no such symbol; there it is only another name. */
declare const dispose: typeof Symbol.dispose;

/**
 * A budget by name: `default` and `finagle` (one retry for five calls, and ten a second), `grpc` (a token for each failure,
 * nothing retried at or under half), `aws` (500 tokens, five for a retry, ten after a time-out).
 */
type BudgetPreset = "default" | "grpc" | "aws" | "finagle";
/** The rules of a budget; what is not given is as in `preset`. Two names of one field are refused. */
interface BudgetRules {
    /** Default `default`. */
    readonly preset?: BudgetPreset | undefined;
    /** The name in statistics. Default `default`. */
    readonly name?: string | undefined;
    /** The most tokens there are, and how many there are at first: 1 to 1 000 000. Default 100. Also `maxTokens`. */
    readonly capacity?: number | undefined;
    readonly maxTokens?: number | undefined;
    /** Tokens that a call deposits, 0 to 1 000. Default 0.2: one retry for five calls. Also `tokenRatio`. */
    readonly ratio?: number | undefined;
    readonly tokenRatio?: number | undefined;
    /** Tokens that come by themselves each second, 0 to 1 000 000. Default 10. */
    readonly reservePerSecond?: number | undefined;
    /** Which calls deposit: each when it begins (default), or each that succeeds. */
    readonly depositOn?: "attempt" | "success" | undefined;
    /** What withdraws: each retry (default), or each failure that could be retried. */
    readonly withdrawOn?: "retry" | "failure" | undefined;
    /** Tokens that a withdrawal takes, above 0 to 1 000, at most `capacity`. Default 1. */
    readonly cost?: number | undefined;
    /** Other costs for single kinds of failure, 0 to 1 000. */
    readonly costPerKind?: Readonly<Partial<Record<ErrorKind, number>>> | undefined;
    /** The share of `capacity` at or under which nothing is retried, 0 to below 1. Default 0. */
    readonly gate?: number | undefined;
    /** Whether a call that succeeds after a retry gets back what that cost, instead of depositing. Default `false`. */
    readonly refundOnSuccess?: boolean | undefined;
}
/** All a `RetryBudget` can be made of. */
interface BudgetOptions extends BudgetRules {
    /** What the reserve goes by. Default: the platform's clock. */
    readonly clock?: Clock | undefined;
}
/** The rules in force: every default filled in, each field under one name. */
type BudgetConfig = Required<Omit<BudgetRules, "preset" | "name" | "maxTokens" | "tokenRatio">> & {
    readonly name?: string;
};
/** What a budget has counted. */
interface BudgetStats {
    /** Tokens there are now, to the millionth. */
    readonly tokens: number;
    /** The most tokens there can be. */
    readonly capacity: number;
    /** Calls that deposited. */
    readonly deposits: number;
    /** Retries that were allowed. */
    readonly retries: number;
    /** Retries that were refused. */
    readonly refused: number;
    /** Retries that gave their tokens back, because they never started. */
    readonly returned: number;
}

/**
 * Limits the retries of many calls together: calls deposit, retries withdraw, and without tokens there is no retry.
 *
 * A dependency that is down sees at most (1 + `ratio`) · calls + `reservePerSecond` · seconds + `capacity` requests, however
 * many attempts the policies allow. Give one object to every handler that calls the same dependency:
 *
 * ```ts
 * const budget = new RetryBudget({ ratio: 0.1 });
 * const reads = new RetryHandler({ ...RetryPolicyManager.AGGRESSIVE, budget });
 * const writes = new RetryHandler({ ...RetryPolicyManager.STANDARD, budget });
 * ```
 *
 * A retry that is refused ends its call with a `RetryExhaustedError` whose `reason` is `BUDGET`.
 */
declare class RetryBudget {
    #private;
    /**
     * @param rules rules, or the name of a preset; what is not given is as in the preset `default`.
     * @param path what stands before a field's name in an error.
     * @throws ConfigError when a field is unknown or out of its range.
     */
    constructor(rules?: BudgetOptions | BudgetPreset, path?: string);
    /** The name in statistics. */
    get name(): string;
    /** The rules in force, complete. */
    get config(): BudgetConfig;
    /** Tokens there are now, to the millionth. */
    get tokens(): number;
    /** Tokens and counts. */
    stats(): BudgetStats;
    /** Frees the budget at once instead of when it is collected. It then refuses nothing any more. */
    close(): void;
    [dispose](): void;
}
/**
 * What the option `budget` takes: a budget to share; rules, or the name of a preset, for one of the policy's own; `true` for
 * the default; `false` for none.
 */
type BudgetOption = RetryBudget | BudgetOptions | BudgetPreset | boolean;

/** What a dead letter says about the last failure. */
interface DeadLetterError {
    readonly kind: ErrorKind;
    readonly name: string;
    readonly code?: string;
    /** The HTTP status. */
    readonly status?: number;
    readonly message?: string;
}
/** A call that was given up (advanced retry, dead letter queue). It is plain JSON, so that any store can keep it. */
interface DeadLetter {
    readonly id: string;
    /** The operation's name, and its type. */
    readonly operation: string;
    readonly type: string;
    readonly error: DeadLetterError;
    readonly attempts: number;
    /** When the call began, milliseconds since the Unix epoch. */
    readonly firstAt: number;
    /** When it was given up. */
    readonly lastAt: number;
    /** The policy's tags. */
    readonly tags: Readonly<Record<string, string>>;
    /** The tags, and what the call itself said, as far as JSON can hold it. */
    readonly metadata: Readonly<Record<string, unknown>>;
    /** The idempotency key of the call, which every redrive carries again; without one that is the letter's id. */
    readonly key?: string;
    /** What the operation needs to be run again, as the call gave it. */
    readonly payload?: unknown;
    /** True when the call gave a payload that is no JSON. */
    readonly payloadOmitted?: true;
}

/** Where dead letters are kept. */
interface DeadLetterStore {
    /** Keeps a letter, in place of one with the same id; false when there is no room. */
    put(letter: DeadLetter): boolean | PromiseLike<boolean>;
    get(id: string): DeadLetter | undefined | PromiseLike<DeadLetter | undefined>;
    /** At most `limit` letters, the oldest first. */
    list(limit: number): readonly DeadLetter[] | PromiseLike<readonly DeadLetter[]>;
    /** Takes a letter out; false when it was not there. */
    remove(id: string): boolean | PromiseLike<boolean>;
}
/** What a {@link MemoryDeadLetterStore} holds, and what passed through it. */
interface MemoryDeadLetterStats {
    readonly letters: number;
    readonly kept: number;
    /** Letters for which there was no room. */
    readonly refused: number;
}
/** Dead letters in memory: bounded, and gone with the process. A full one refuses new letters and drops none. */
declare class MemoryDeadLetterStore implements DeadLetterStore {
    #private;
    /** @param options `maxLetters`: 1 to 10 000 000; default 10 000. */
    constructor(options?: {
        readonly maxLetters?: number | undefined;
    });
    put(letter: DeadLetter): boolean;
    get(id: string): DeadLetter | undefined;
    list(limit?: number): readonly DeadLetter[];
    remove(id: string): boolean;
    get stats(): MemoryDeadLetterStats;
    /** Forgets everything. */
    close(): void;
    [dispose](): void;
}

/** What a redrive is told beside the letter. */
interface RedriveContext {
    /** The idempotency key: that of the call, and the same in every redrive of the letter. */
    readonly key: string;
    readonly signal: AbortSignal | undefined;
}
/** Runs a dead letter's operation again. What it throws keeps the letter where it is. */
type RedriveHandler = (letter: DeadLetter, context: RedriveContext) => unknown;
/** What a {@link DeadLetterQueue} is made of. */
interface DeadLetterQueueOptions {
    /** Default: letters in memory, `maxLetters` of them. */
    readonly store?: DeadLetterStore | undefined;
    /** Of the store in memory: 1 to 10 000 000; default 10 000. */
    readonly maxLetters?: number | undefined;
    /** How the operations are run again, by their names. More may be added by `handle`. */
    readonly handlers?: Readonly<Record<string, RedriveHandler>> | undefined;
    /** Takes the whole letter where it could not be kept. Default: the policy's logger, and without one `console.error`. */
    readonly logger?: Logger | undefined;
    readonly clock?: Clock | undefined;
}
/** What passed through a {@link DeadLetterQueue}. */
interface DeadLetterQueueStats {
    /** Letters it was given. */
    readonly buried: number;
    /** Of these, letters that no store kept: the log has them. */
    readonly lost: number;
    readonly redriven: number;
    readonly discarded: number;
}
/**
 * Keeps calls that were given up, and runs them again when asked.
 *
 * ```ts
 * const letters = new DeadLetterQueue({ handlers: { charge: (letter, { key }) => charge(letter.payload, key) } });
 * const handler = new RetryHandler({ deadLetterStore: letters });
 * await handler.execute(() => charge(order, key), { name: "charge", key, payload: order });
 * for (const { id } of await letters.list()) await letters.redrive(id);
 * ```
 */
declare class DeadLetterQueue {
    #private;
    constructor(options?: DeadLetterQueueOptions);
    /** Says how an operation is run again. */
    handle(operation: string, handler: RedriveHandler): this;
    /**
     * Takes a letter. It throws nothing and keeps nobody waiting: a letter that the store cannot keep is logged whole and
     * counted. `flush` waits for stores that take their time.
     */
    bury(letter: DeadLetter, journal?: Journal): void;
    /** Resolves when every letter taken so far is kept or logged: before the process ends, for instance. */
    flush(): Promise<void>;
    /** At most `limit` letters, the oldest first. Default: all. */
    list(limit?: number): Promise<readonly DeadLetter[]>;
    /**
     * Runs a letter's operation again, with the same key, and forgets the letter when that succeeds. When it fails the letter
     * stays, with the new failure and the attempts added, and the failure is thrown. Two redrives of one letter at once are one.
     *
     * @throws ConfigError when there is no such letter, or nobody said how its operation is run.
     */
    redrive(id: string, options?: {
        readonly signal?: AbortSignal | undefined;
    }): Promise<unknown>;
    /** Throws a letter away; false when there is none with this id. */
    discard(id: string): Promise<boolean>;
    get stats(): DeadLetterQueueStats;
    /** Forgets the letters in memory; a store that was handed over is left alone. */
    close(): void;
    [dispose](): void;
}

/** The public names of all errors. The first nine are those of the Q ecosystem. */
declare const ErrorCodes: Readonly<{
    QLOCK_AUTH_FAIL: "QLOCK_AUTH_FAIL";
    QONSENT_DENIED: "QONSENT_DENIED";
    SQUID_IDENTITY_INVALID: "SQUID_IDENTITY_INVALID";
    SERVICE_UNAVAILABLE: "SERVICE_UNAVAILABLE";
    RATE_LIMIT_EXCEEDED: "RATE_LIMIT_EXCEEDED";
    TIMEOUT_ERROR: "TIMEOUT_ERROR";
    CIRCUIT_BREAKER_OPEN: "CIRCUIT_BREAKER_OPEN";
    INSUFFICIENT_FUNDS: "INSUFFICIENT_FUNDS";
    DEPENDENCY_MISSING: "DEPENDENCY_MISSING";
    RETRY_EXHAUSTED: "RETRY_EXHAUSTED";
    IDEMPOTENCY_KEY_INVALID: "IDEMPOTENCY_KEY_INVALID";
    IDEMPOTENCY_KEY_REUSED: "IDEMPOTENCY_KEY_REUSED";
    IDEMPOTENCY_IN_PROGRESS: "IDEMPOTENCY_IN_PROGRESS";
    IDEMPOTENCY_OUTCOME_UNKNOWN: "IDEMPOTENCY_OUTCOME_UNKNOWN";
    IDEMPOTENCY_NOT_REPLAYABLE: "IDEMPOTENCY_NOT_REPLAYABLE";
    STORE_UNAVAILABLE: "STORE_UNAVAILABLE";
    STORE_FULL: "STORE_FULL";
    CANCELLED: "CANCELLED";
    CONFIG_INVALID: "CONFIG_INVALID";
    NOT_READY: "NOT_READY";
    REQUEST_REFUSED: "REQUEST_REFUSED";
}>;
/** The name of an error: stable, and the same in every language. */
type ErrorCode = keyof typeof ErrorCodes;
/** What may be said about an error beside its code and message. */
interface ErrorFacts {
    /** The error behind this one. */
    readonly cause?: unknown;
    /** More, by name. Never holds keys, bodies or secrets. */
    readonly details?: Readonly<Record<string, unknown>> | undefined;
    /** The request this is about. */
    readonly requestId?: string | undefined;
    /** When it happened, milliseconds since the Unix epoch; now by default. */
    readonly at?: number;
}
/** The base class of every error this package makes, in the shape of the Q ecosystem's `QError`. */
declare class OnceAgainError extends Error {
    #private;
    readonly code: ErrorCode;
    readonly details: Readonly<Record<string, unknown>> | undefined;
    readonly requestId: string | undefined;
    constructor(code: ErrorCode, message: string, facts?: ErrorFacts);
    /** The HTTP status this error stands for. */
    get statusCode(): number;
    /** Whether the same call may succeed later. */
    get retryable(): boolean;
    /** What a developer who reads this error can do about it. */
    get suggestedActions(): readonly string[];
    /** When it happened, as RFC 3339 in UTC. */
    get timestamp(): string;
    /** The error as plain data, for a log or an answer; without its cause. */
    toJSON(): Record<string, unknown>;
}
/** A configuration that never became a policy, breaker or store. */
declare class ConfigError extends OnceAgainError {
    /** The field as it was written, with its path. */
    readonly field: string;
    /** What was given, rendered short. */
    readonly value: string;
    /** What is allowed, with unit and range. */
    readonly expected: string;
    constructor(field: string, value: string, expected: string);
}
/** An attempt, or a whole call, took longer than its limit. */
declare class TimeoutError extends OnceAgainError {
    /** The limit that was passed, milliseconds. */
    readonly limit: number;
    constructor(message: string, limit: number, at?: number);
}
/** Why a call that was retried came to its end. */
type GiveUpReason = "EXHAUSTED" | "DEADLINE" | "RETRY_AFTER_TOO_LONG" | "KIND_LIMIT" | "BUDGET";
/** A call that was given up: every attempt failed, or none could follow in time. `cause` is the last failure. */
declare class RetryExhaustedError extends OnceAgainError {
    /** How many attempts were made. */
    readonly attempts: number;
    /** What each attempt failed with, oldest first; of very long calls the last 1 000. */
    readonly errors: readonly unknown[];
    /** How long the call took, milliseconds. */
    readonly elapsed: number;
    readonly reason: GiveUpReason;
    constructor(reason: GiveUpReason, attempts: number, errors: readonly unknown[], elapsed: number, name?: string);
}
/** A circuit breaker let no call through. */
declare class CircuitOpenError extends OnceAgainError {
    /** How long until the breaker may let a call through, milliseconds. */
    readonly retryAfter: number;
    /** The state that rejected the call. */
    readonly state: string;
    /** The breaker's name. */
    readonly breaker: string;
    constructor(breaker: string, state: string, retryAfter: number, at: number);
}
/** Whether a breaker rejected the call; true also for an error of another copy of this package. */
declare function isCircuitBreakerError(error: unknown): error is CircuitOpenError;

/** Whether a failure may be tried again, by the attempt that just failed. */
type Condition = (error: unknown, attempt: number) => boolean;

/** What may be said about the request that a call is a part of. */
interface TraceOptions {
    /** The request's W3C `traceparent` header. */
    readonly traceparent?: string | undefined;
    /** The request's `x-request-id`, for those who have no `traceparent`. */
    readonly requestId?: string | undefined;
}

/** The nine kinds of failure. */
type ErrorKind = "Transient" | "Permanent" | "Timeout" | "RateLimit" | "CircuitBreaker" | "Network" | "Server" | "Client" | "Unknown";
/** How the delay grows: base · multiplierⁿ, base · (1 + multiplier · n), base · 1, 1, 2, 3, 5…, or as listed or computed. */
type RetryStrategy = "fixed" | "exponential" | "linear" | "fibonacci" | "schedule" | "custom";
/** How a delay d is spread: not; 0 to d; d/2 to d; base to 3 · the previous; d ± a fraction. */
type JitterType = "none" | "full" | "equal" | "decorrelated" | "deviation";
/** How the delay before a retry grows, for a policy or for one kind of failure. */
interface BackoffOptions {
    /** All attempts, the first included: 1 (never retry) to 10 000 000. */
    readonly maxAttempts?: number | undefined;
    /** Default `exponential`; a `schedule` or `customBackoff` alone says which is meant. */
    readonly strategy?: RetryStrategy | undefined;
    /** The first delay, milliseconds: 0 to 365 days, at most `maxDelay`. Also `initialDelay`. */
    readonly baseDelay?: number | undefined;
    readonly initialDelay?: number | undefined;
    /** Exponential: 1 to 1 000; linear: 0 to 1 000. Also `backoffMultiplier`. */
    readonly multiplier?: number | undefined;
    readonly backoffMultiplier?: number | undefined;
    /** The cap of every computed delay, milliseconds: 0 to 365 days. */
    readonly maxDelay?: number | undefined;
    /** The delays of strategy `schedule`, milliseconds: 1 to 1 000 of them, the last repeats. */
    readonly schedule?: readonly number[] | undefined;
}
/** A retry policy as plain data; what is not given is as in STANDARD. Two names of one field are refused. */
interface RetryPolicy extends BackoffOptions {
    /** `true` is `full`, `false` is `none`. Default `full`. Also `jitterType`. */
    readonly jitter?: boolean | JitterType | undefined;
    readonly jitterType?: JitterType | undefined;
    /** The fraction of jitter `deviation`, 0 to 1; default 0.1. Without effect beside another jitter. */
    readonly jitterMaxDeviation?: number | undefined;
    /** The limit of each attempt, milliseconds above 0. The attempt's signal fires, and it fails with a `TimeoutError`. */
    readonly attemptTimeout?: number | undefined;
    /** The limit of the whole call, waits included, milliseconds above 0. Also `totalTimeout`. */
    readonly timeout?: number | undefined;
    readonly totalTimeout?: number | undefined;
    /** The longest `Retry-After` that is waited for, milliseconds; a longer one ends the call. Default 60 000. */
    readonly maxRetryAfter?: number | undefined;
    /** Kinds, codes or class names; once this or `retryableStatusCodes` is given, only what they list is retried. */
    readonly retryableErrors?: readonly string[] | undefined;
    /** Kinds, codes or class names that are never retried, whatever else says so. */
    readonly permanentErrors?: readonly string[] | undefined;
    /** HTTP statuses that are retried, 100 to 599. */
    readonly retryableStatusCodes?: readonly number[] | undefined;
    /** Limits and backoffs for single kinds; a number is `maxAttempts`. */
    readonly perKind?: Readonly<Partial<Record<ErrorKind, number | BackoffOptions>>> | undefined;
    /** The operation's name in errors, hooks and dead letters. Default `default`. */
    readonly operationName?: string | undefined;
    /** The operation's type. Default `unknown`. */
    readonly operationType?: string | undefined;
    /** Labels, handed on to dead letters. */
    readonly tags?: Readonly<Record<string, string>> | undefined;
    /** Whether a `RetryManager` uses the breaker it was given. Default `true`. */
    readonly enableCircuitBreaker?: boolean | undefined;
    /** Whether calls given up become dead letters, where somebody takes them. Default `true`. */
    readonly enableDeadLetter?: boolean | undefined;
    /** Reserved: no effect yet. */
    readonly enableMetrics?: boolean | undefined;
    /** Whether the `logger`, when there is one, is written to. Default `true`. */
    readonly enableLogging?: boolean | undefined;
    /** The least that is logged. Default `info`: retries, their success, and calls given up; `debug` is each attempt. */
    readonly logLevel?: LogLevel | undefined;
    /** Whether log lines hold the errors' own messages, which may hold anything. Default `false`: kind and code. */
    readonly logMessages?: boolean | undefined;
    /** Distributed retry slots: how many, 1 to 10 000 (default 10), and how wide, milliseconds (default 100). */
    readonly slotCount?: number | undefined;
    readonly slotWidth?: number | undefined;
    /**
     * Whether retries are spread over slots: behind its backoff a retry waits k · `slotWidth`, where k follows from the tag
     * `service`, the operation's name and the `instance`. Default `false`.
     */
    readonly coordinationEnabled?: boolean | undefined;
    /** Whether slots without a coordinator are an error. There is none yet, so `true` is refused beside `coordinationEnabled`. */
    readonly requireCoordination?: boolean | undefined;
    /** The window of the idempotency key that the call carries, milliseconds. */
    readonly idempotencyTtl?: number | undefined;
}
/** A policy with every default filled in, each field under one name. */
type RetryConfig = Omit<RetryPolicy, "initialDelay" | "backoffMultiplier" | "jitter" | "totalTimeout" | "maxAttempts" | "strategy" | "baseDelay"> & {
    readonly maxAttempts: number;
    readonly strategy: RetryStrategy;
    readonly baseDelay: number;
    readonly multiplier: number;
    readonly maxDelay: number;
    readonly jitterType: JitterType;
    readonly maxRetryAfter: number;
};
/** A retry about to happen. */
interface RetryEvent {
    readonly name: string;
    /** The attempt that just failed, from 1. */
    readonly attempt: number;
    /** How long until the next one, milliseconds. */
    readonly delay: number;
    readonly error: unknown;
    /** What kind of failure it was. */
    readonly kind: ErrorKind;
}
/** A call that came to its end without success. */
interface GiveUpEvent {
    readonly name: string;
    readonly attempts: number;
    /** Milliseconds since the call began. */
    readonly elapsed: number;
    /** The last failure. */
    readonly error: unknown;
    /** What kind of failure it was. */
    readonly kind: ErrorKind;
    readonly reason: GiveUpReason | "NOT_RETRYABLE";
}
/** A call that succeeded. */
interface SuccessEvent {
    readonly name: string;
    readonly attempts: number;
    /** Milliseconds since the call began. */
    readonly elapsed: number;
}
/**
 * Called when a call is given up: the operation's name, its last failure, its attempts, and the policy's tags with the
 * `metadata` of the call.
 */
type DeadLetterHandler = (operationName: string, error: unknown, attempts: number, metadata: Readonly<Record<string, unknown>>) => unknown;
/** What the host does for a policy. Observers change nothing: what they throw is ignored. */
interface RetryHooks {
    readonly onRetry?: ((event: RetryEvent) => unknown) | undefined;
    readonly onGiveUp?: ((event: GiveUpEvent) => unknown) | undefined;
    readonly onSuccess?: ((event: SuccessEvent) => unknown) | undefined;
    /**
     * Asked about a failure that would be retried, with the attempt that just failed. All must agree, at once and not with a
     * promise; they can only veto. One that throws ends the call with its error, whose `cause` is the failure.
     */
    readonly customConditions?: readonly Condition[] | undefined;
    /**
     * The delay before the next attempt in milliseconds, from the attempt that just failed and `baseDelay`. It is capped and
     * jittered like any other.
     */
    readonly customBackoff?: ((attempt: number, baseDelay: number) => number) | undefined;
    /**
     * Called once for each call given up, also after a failure that is not retried; not for a cancelled call or one that a
     * breaker rejected.
     */
    readonly deadLetterHandler?: DeadLetterHandler | undefined;
}
/** All a `RetryHandler` can be made of. */
interface RetryOptions extends RetryPolicy, RetryHooks {
    /** Default: the platform's. */
    readonly clock?: Clock | undefined;
    /** Default: `Math.random`. */
    readonly random?: Random | undefined;
    /** Takes log lines in the form of the retry policy standards. Default: nobody, and nothing is logged. */
    readonly logger?: Logger | undefined;
    /** Keeps calls that were given up. A store by itself is put behind a `DeadLetterQueue`. */
    readonly deadLetterStore?: DeadLetterQueue | DeadLetterStore | undefined;
    /** What this policy's retries are paid from; give one `RetryBudget` to all that call one dependency. Default: no budget. */
    readonly budget?: BudgetOption | undefined;
    /** Who this process is among its like, for its retry slot. Default: a name drawn once for the process. */
    readonly instance?: string | undefined;
}
/** What may be said about a client's calls, to choose their policy by. */
interface PolicyWishes {
    /** A policy or preset of one's own wins over everything; its hooks come along. */
    readonly retryPolicy?: RetryOptions | string | undefined;
    readonly criticality?: "CRITICAL" | "HIGH" | "MEDIUM" | "LOW" | undefined;
    /** A module of the Q ecosystem. */
    readonly module?: string | undefined;
    readonly realTime?: boolean | undefined;
    /** Somebody waits: the whole call ends within 10 s. */
    readonly userFacing?: boolean | undefined;
}
/** What may be said about one call. */
interface ExecuteOptions extends TraceOptions {
    /** Ends the call, a sleep as well as a running attempt; the call rejects with `signal.reason`. */
    readonly signal?: AbortSignal | undefined;
    /** The operation's name, for errors and hooks. Default: the policy's `operationName`. */
    readonly name?: string | undefined;
    /** Lets the process end although this call is not over. Default: a call in progress holds the process. */
    readonly unref?: boolean | undefined;
    /** The idempotency key that the operation carries; a dead letter is sent again under it. */
    readonly key?: string | undefined;
    /** What the operation needs to be run again, as JSON can hold it; kept in a dead letter. */
    readonly payload?: unknown;
    /** What else a dead letter should say, beside the policy's tags. */
    readonly metadata?: Readonly<Record<string, unknown>> | undefined;
}

/** How much it matters: `debug` each attempt, `info` success after retries, `warning` a retry, `error` a call given up. */
type LogLevel = "debug" | "info" | "warning" | "error";
/** One line of the retry policy standards. */
interface LogLine {
    /** RFC 3339, UTC. */
    readonly timestamp: string;
    readonly level: "DEBUG" | "INFO" | "WARNING" | "ERROR";
    /** What happened: `attempt`, `classified`, `backoff`, `retry`, `success_after_retry`, `give_up`, `dead_letter`… */
    readonly event: string;
    /** The tag `service`, when there is one. */
    readonly service: string | null;
    readonly operation: string;
    /** From 1. */
    readonly attempt: number;
    /** Until the next attempt, seconds. */
    readonly delay: number | null;
    /** Kind, and code, HTTP status or name; the error's own message only with `logMessages`. */
    readonly error: string | null;
    /** One for each call. */
    readonly trace_id: string;
}
/**
 * Whoever takes lines: a function, or a logger with methods like those of pino or winston. `console` is handed each line as
 * one line of JSON.
 */
type Logger<L = LogLine> = ((line: L) => unknown) | {
    readonly debug?: ((line: L) => unknown) | undefined;
    readonly info?: ((line: L) => unknown) | undefined;
    readonly warn?: ((line: L) => unknown) | undefined;
    readonly warning?: ((line: L) => unknown) | undefined;
    readonly error?: ((line: L) => unknown) | undefined;
};
/** The log of one policy. */
declare class Journal {
    #private;
    constructor(logger: Logger, clock: Clock, { logLevel, logMessages, tags }: RetryConfig);
    /** Whether somebody wants to hear of every attempt. */
    get detailed(): boolean;
    /** Writes one line, if its level is wanted. */
    write(level: LogLevel, event: string, said: Partial<LogLine> & {
        readonly letter?: unknown;
    }): void;
    /** What may be written about an error. */
    errorText(error: unknown, kind: ErrorKind): string;
    /** Whether this is the first failure of the operation that fits no rule: that is worth a warning, once. */
    puzzled(operation: string): boolean;
}

/** Core's numbers of `Mode`. */
declare const Modes: {
    readonly normal: 0;
    readonly disabled: 1;
    readonly metricsOnly: 2;
};
/** The right to make one call; to be settled when the call has ended. */
interface Permit {
    readonly epoch: number;
    readonly kind: number;
    readonly seq: number;
    /** When it was given, milliseconds; 0 where nobody asks how long calls take. */
    readonly since: number;
}
/** How many values a caching breaker keeps, and for how long (milliseconds). */
interface CacheLimits {
    readonly values: number;
    readonly age: number;
}
declare class Gate {
    #private;
    readonly name: string;
    readonly clock: Clock;
    readonly fallbackStrategy: FallbackStrategy;
    readonly cache: CacheLimits | null;
    readonly healthCheck: {
        readonly interval: number;
        readonly timeout: number;
    } | null;
    readonly timesCalls: boolean;
    /** While this epoch lasts the breaker admits without being asked; 0 means ask. */
    closedEpoch: number;
    /** A success in `closedEpoch` would change nothing. */
    quiet: boolean;
    state: BreakerState;
    /** Told of every change of state before its listeners are. */
    onChange: (change: StateChange) => void;
    readonly listeners: Listeners;
    /** What of the breaker is shared through a store. */
    readonly shared: Shared | undefined;
    constructor(options: BreakerOptions);
    /** A permit for one call, or undefined: then `rejection()` is what the caller gets. */
    admit(): Permit | undefined;
    /** As `admit`; where the store of a shared breaker must say, what it will have said. */
    admitOrClaim(): Permit | undefined | Promise<Permit | undefined>;
    /** The store of a shared breaker has answered a request, or has not: `error` says why. Answers the permit of a claim. */
    hear(request: string, answer: string | undefined, error: unknown): Permit | undefined;
    /** The error of a call that was just rejected. Without a stack unless asked for: it costs more than all the rest. */
    rejection(): CircuitOpenError;
    /** How an error counts. */
    outcomeOf(error: unknown, signal?: AbortSignal): number;
    /** A call that was made in `epoch` without asking has failed. */
    failed(epoch: number, error: unknown): void;
    /** A call that was made in `epoch` without asking has succeeded. */
    succeeded(epoch: number): void;
    /** A permitted call has succeeded, and nobody asks what became of that. */
    completed(permit: Permit): void;
    /** A permitted call has ended; answers what became of the result. */
    settle(permit: Permit, outcome: number): Settled;
    /** A health check has ended. */
    health(ok: boolean): void;
    /** Holds the breaker open; `release` takes it back. */
    isolate(): void;
    /** Takes back one isolation. A breaker that was disposed of has none. */
    release(): void;
    setMode(mode: keyof typeof Modes): void;
    reset(): void;
    snapshot(): BreakerSnapshot;
    /** Goes on where a snapshot stopped, under `options`, which this gate was made from. */
    restore(snapshot: BreakerSnapshot, options: BreakerOptions): void;
    /** The breaker's number in core; 0 once it was disposed of. */
    get handle(): number;
    stats(): BreakerStats;
    close(): void;
    throwIfClosed(): void;
}

/** Runs a Lua script in Redis, where its keys live: `RedisStore` does. */
interface ScriptStore {
    run(script: string, keys: readonly string[], args: readonly string[]): PromiseLike<unknown>;
}
/** What a shared breaker's store needs of its gate. */
interface Sharing {
    readonly clock: Clock;
    readonly handle: number;
    /** Tells core what became of a request; answers the permit of a claim. `error` says why there is no answer. */
    hear(request: string, answer: string | undefined, error: unknown): Permit | undefined;
}
declare class Shared {
    #private;
    /** Whether the store has answered the last request. */
    attached: boolean;
    /** When core has something to send, milliseconds. */
    wake: number;
    constructor(gate: Sharing, store: ScriptStore);
    /** Sends what there is to send. */
    tend(now: number): void;
    /** Sends the claim that the last admission left; resolves to a permit, or to undefined when there is none. */
    claim(): Promise<Permit | undefined>;
}

type BreakerState = "CLOSED" | "OPEN" | "HALF_OPEN" | "FORCED_OPEN" | "DISABLED" | "METRICS_ONLY";
/**
 * A breaker with a name: `threshold` (the shape of the Q ecosystem) and `rate` are ours, the others are the defaults of the
 * library they are named after.
 */
type BreakerPreset = "threshold" | "rate" | "resilience4j" | "gobreaker" | "opossum" | "cockatiel" | "polly" | "hystrix";
/** How an admitted call ended, for those who settle it themselves. */
type Outcome = "success" | "failure" | "ignored" | "abandoned";
/** What became of a settled permit. A stale one, of an earlier epoch of the breaker, changes nothing. */
type Settled = "counted" | "stale" | "duplicate";
/** What a rejected call gets. */
type FallbackStrategy = "REJECT" | "FALLBACK" | "CACHE" | "QUEUE";
/** A rejected call, handed over to be made later. */
interface QueuedCall {
    readonly id: string;
    /** The key given to `execute`. */
    readonly key: string | undefined;
    /** Makes the call, through the breaker. */
    run(): Promise<unknown>;
}
/** What a call resolves to when it was queued instead of made. */
interface Queued {
    readonly queued: true;
    readonly id: string;
}
/** Fields both shapes of a breaker have. */
interface CommonBreakerOptions {
    /** The name in events and errors. Default `default`. */
    readonly name?: string | undefined;
    /** Trips at this many failures without a success between them, 1 or more; `false` (the default) turns the rule off. */
    readonly consecutiveFailures?: number | false | undefined;
    /** A probe that has not ended after this long counts as abandoned, milliseconds. Default: the open wait, at least 60 s. */
    readonly probeLease?: number | undefined;
    /** A half-open breaker that has not decided after this long opens again, milliseconds. Default `false`: never. */
    readonly halfOpenMaxWait?: number | false | undefined;
    /** What a probe that ends without a result counts as. Default `failure`. */
    readonly abandoned?: "failure" | "ignored" | undefined;
    /**
     * What a rejected call gets: `REJECT` (default) a `CircuitOpenError`; `FALLBACK` what `fallback` answers; `CACHE` the last
     * good value of the same `key`, at most 5 minutes old, of at most 1 000 keys; `QUEUE` a `Queued`, after `queue` took the call.
     */
    readonly fallbackStrategy?: FallbackStrategy | undefined;
    readonly fallback?: ((error: CircuitOpenError) => unknown) | undefined;
    readonly queue?: ((call: QueuedCall) => unknown) | undefined;
    /**
     * While the breaker is open, `probe` is run every `interval` (30 s), never twice at once; when it resolves within `timeout`
     * (5 s), to anything but `false`, the next call may already be a probe. Milliseconds. Never keeps a process alive, and ends
     * with `close()`.
     */
    readonly healthCheck?: {
        readonly probe: (context: {
            readonly signal: AbortSignal;
        }) => unknown;
        readonly interval?: number | undefined;
        readonly timeout?: number | undefined;
    } | undefined;
    /**
     * Whether an error speaks against the dependency; one that does not counts nowhere. Default: every error does, as does one
     * about which this function itself throws.
     */
    readonly isFailure?: ((error: unknown) => boolean) | undefined;
    /**
     * A `RedisStore`, or anything with its `run(script, keys, args)`: breakers of the same `name`, in whatever process and
     * language, then open, probe and close together. A closed one never waits for the store; while the store is away, this
     * one goes on alone (`attached`, `detached`). Only the state is shared: what the window counts stays here.
     */
    readonly shared?: ScriptStore | undefined;
    /** Whether rejections carry a stack trace, which costs more than all the rest. Default `false`. */
    readonly captureStack?: boolean | undefined;
    /** Default: the platform's. */
    readonly clock?: Clock | undefined;
    /** Default: `Math.random`. */
    readonly random?: Random | undefined;
}
/** The threshold shape, of the Q ecosystem: trips at so many failures within a window, however many calls succeed. */
interface ThresholdBreakerOptions extends CommonBreakerOptions {
    /** What is not given is as in this preset. */
    readonly preset?: "threshold" | undefined;
    /** Failures within `monitoringWindow` that open the breaker, 1 or more. Default 5. */
    readonly failureThreshold?: number | undefined;
    /** How long an open breaker rejects, milliseconds from 0 to 24 h. Default 30 000. */
    readonly recoveryTimeout?: number | undefined;
    /** How far back failures count, milliseconds from 1 to 24 h. Default 60 000. */
    readonly monitoringWindow?: number | undefined;
    /** Probes at once while half-open, and successes that close the breaker, 1 to 32. Default 3. */
    readonly halfOpenMaxCalls?: number | undefined;
}
/** The rate shape: trips when a share of the calls fails or is slow. */
interface RateBreakerOptions extends CommonBreakerOptions {
    /** What is not given is as in this preset. Default `rate`. */
    readonly preset?: Exclude<BreakerPreset, "threshold"> | undefined;
    /** What is remembered: milliseconds, `{time}`, the last `{count}` calls, or `none`. Default 30 000. */
    readonly window?: number | {
        readonly time: number;
    } | {
        readonly count: number;
    } | "none" | undefined;
    /** Trips when at least this share of the calls failed, above 0 to 1. Default 0.5. `false` turns it off. */
    readonly failureRate?: number | false | undefined;
    /** Calls below which no rate is asked, 1 or more. Default 20. */
    readonly minimumCalls?: number | undefined;
    /** Failures below which no rate is asked. Default 0. */
    readonly minimumFailures?: number | undefined;
    /** Trips at this many failures in the window, however many calls succeed. Default `false`. */
    readonly failuresInWindow?: number | false | undefined;
    /** A call that takes at least this long is slow, milliseconds. Default `false`: none is. */
    readonly slowCallDuration?: number | false | undefined;
    /** Trips when at least this share of the calls was slow, above 0 to 1. Default 1. */
    readonly slowCallRate?: number | undefined;
    /** Calls below which the slow rate is not asked. Default: `minimumCalls`. */
    readonly slowMinimumCalls?: number | undefined;
    /** How long it rejects: milliseconds, or growing by `factor` at each re-opening up to `max`, give or take `jitter`. */
    readonly openWait?: number | {
        /** Milliseconds. Default 30 000. */
        readonly base?: number | undefined;
        /** 1 to 100. Default 1. */
        readonly factor?: number | undefined;
        /** Milliseconds. Default 5 minutes. */
        readonly max?: number | undefined;
        /** A share, 0 to 1. Default 0.1. */
        readonly jitter?: number | undefined;
    } | undefined;
    /** How a half-open breaker decides. */
    readonly halfOpen?: {
        /** Probes that decide, 1 or more. Default 3. */
        readonly calls?: number | undefined;
        /** Probes in flight at once, 1 to 32. Default: `calls`. */
        readonly maxConcurrent?: number | undefined;
        /** Closes when a smaller share of the probes failed. Default: the breaker's own rate. */
        readonly failureRate?: number | undefined;
        /** Closes when this many probes succeeded. */
        readonly minSuccesses?: number | undefined;
        /** Decides as soon as the remaining probes cannot change the verdict. Default `true`. */
        readonly early?: boolean | undefined;
    } | undefined;
}
/** Either shape, told apart by its fields; a mixture is refused. */
type BreakerOptions = ThresholdBreakerOptions | RateBreakerOptions;
/** A breaker changed its state. */
interface StateChange {
    readonly name: string;
    readonly from: BreakerState;
    readonly to: BreakerState;
}
/** A call was not made. It may still have got something better than an error: `fallback` tells. */
interface Rejection {
    readonly name: string;
    readonly state: BreakerState;
    /** How long until the breaker may let a call through, milliseconds; 0 when that is not known. */
    readonly retryAfter: number;
}
/** Something happened to a breaker of this name. */
interface BreakerNotice {
    readonly name: string;
}
/** A rejected call got something else instead of an error. */
interface FallbackEvent {
    readonly name: string;
    readonly strategy: Exclude<FallbackStrategy, "REJECT">;
    /** The value is an old one. */
    readonly stale: boolean;
    readonly key: string | undefined;
}
/** What a breaker tells its listeners. */
interface BreakerEvents {
    stateChange: StateChange;
    /** A call was not made. */
    reject: Rejection;
    /** A breaker that only watches (`monitor()`) would have opened; once each time its rules are crossed. */
    wouldOpen: BreakerNotice;
    /** A result came too late to count: the breaker has changed its state since that call was admitted. */
    stale: BreakerNotice;
    fallback: FallbackEvent;
    /** The store of a shared breaker answers: for the first time, or again. */
    attached: BreakerNotice;
    /** The store of a shared breaker does not answer: the breaker goes on alone. Told once each time. */
    detached: Detachment;
}
/** The store of a shared breaker does not answer. */
interface Detachment {
    readonly name: string;
    /** What its client threw, or that it took too long. */
    readonly error: unknown;
}
/** What `snapshot()` answers: plain data, to be kept as JSON. Its fields are core's own, and `version` says which. */
interface BreakerSnapshot {
    readonly version: number;
    readonly [field: string]: unknown;
}
/** What may be said about one call through a breaker. */
interface BreakerCallOptions {
    /** Ends the call, which then rejects with `signal.reason` and counts as abandoned. */
    readonly signal?: AbortSignal | undefined;
    /** Which calls are the same, for `CACHE` and `QUEUE`. */
    readonly key?: string | undefined;
}
/** What a breaker has counted. */
interface BreakerStats {
    /** Calls in the window. A breaker without a rate rule keeps failures only. */
    readonly calls: number;
    /** Failed calls in the window. */
    readonly failures: number;
    /** Slow calls in the window. */
    readonly slowCalls: number;
    /** Failures without a success between them, where `consecutiveFailures` is set. */
    readonly consecutiveFailures: number;
    /** Probes in flight. */
    readonly probes: number;
    /** Calls rejected so far. */
    readonly rejected: number;
    /** Results of an earlier epoch so far. */
    readonly stale: number;
    /** Times it has opened. */
    readonly opened: number;
}

type Listener<E> = (event: E) => unknown;
declare class Listeners {
    #private;
    add<E extends keyof BreakerEvents>(event: E, listener: Listener<BreakerEvents[E]>): void;
    delete<E extends keyof BreakerEvents>(event: E, listener: Listener<BreakerEvents[E]>): void;
    /** Tells everybody who listens to this event; `make` is called only if there is somebody. */
    tell<E extends keyof BreakerEvents>(event: E, make: () => BreakerEvents[E]): void;
}

/** One line about a breaker. */
interface BreakerLine {
    /** RFC 3339, UTC. */
    readonly timestamp: string;
    readonly level: "INFO";
    readonly event: "breaker_state_change" | "breaker_would_open";
    /** The breaker's name. */
    readonly breaker: string;
    readonly from?: string;
    readonly to?: string;
}

/** One of perhaps many who hold a breaker open. It closes when the last of them lets go. */
declare class Isolation {
    #private;
    constructor(gate: Gate);
    /** Lets go; a second time changes nothing. `using` does it at the end of a block. */
    release(): void;
    [dispose](): void;
}

/** A call that may be kept from being made. Its signal fires when the caller cancels. */
type GuardedOperation<T> = (context: {
    readonly signal: AbortSignal;
}) => T | PromiseLike<T>;
/**
 * Lets calls through while a dependency answers, rejects them at once while it does not, and lets a few probes find out
 * when it does again.
 *
 * ```ts
 * const breaker = new CircuitBreaker({ failureThreshold: 5, recoveryTimeout: 30_000 });
 * const answer = await breaker.execute(() => callTheService());
 * ```
 */
declare class CircuitBreaker {
    #private;
    /**
     * @param options fields of the threshold shape (the default) or of the rate shape, never of both; or a preset's name.
     * @param logger gets a line for each change of state. Default: nobody.
     * @throws ConfigError when a field is unknown or out of its range.
     */
    constructor(options?: BreakerOptions | BreakerPreset, logger?: Logger<BreakerLine> | null);
    /** A breaker of the rate shape: unless said otherwise it opens when half of at least 20 calls within 30 s failed. */
    static rate(options?: RateBreakerOptions, logger?: Logger<BreakerLine> | null): CircuitBreaker;
    /**
     * A breaker with the defaults of another library, or of one of our shapes; `options` take the place of its own fields.
     * @throws ConfigError when the preset is unknown, or a field is not of its shape.
     */
    static preset(preset: BreakerPreset, options?: BreakerOptions, logger?: Logger<BreakerLine> | null): CircuitBreaker;
    /**
     * A breaker that goes on where another one, of an earlier process as a rule, stopped: as open, for as long, with the same
     * calls in its window. Who held it open by hand is forgotten, and probes are made anew.
     *
     * @param snapshot what `snapshot()` answered, perhaps by way of JSON.
     * @param options fields, or a preset's name, as for the constructor.
     * @throws ConfigError when the options are refused, or the snapshot was written by no version this one reads.
     */
    static restore(snapshot: BreakerSnapshot, options?: BreakerOptions | BreakerPreset, logger?: Logger<BreakerLine> | null): CircuitBreaker;
    /**
     * Breakers in the text format of Prometheus: `circuit_breaker_state{name,state}`,
     * `circuit_breaker_transitions_total{name,from,to}` and `circuit_breaker_rejections_total{name}`. Those of one name are
     * added up; those that were closed are left out.
     */
    static toPrometheus(breakers: Iterable<CircuitBreaker>): string;
    /** Whether `error` is the rejection of a breaker, this one or another. */
    static isCircuitBreakerError(error: unknown): boolean;
    /** The breaker's name in events and errors. */
    get name(): string;
    /** Where the breaker stands. Only calls move it: an open breaker whose wait is over is open until somebody calls. */
    get state(): BreakerState;
    /** Whether its state is shared now: it has a store, which has answered the last request. */
    get attached(): boolean;
    /** Whether it rejects calls now, or did when it was last asked. */
    isOpen(): boolean;
    /** Whether `error` is the rejection of a breaker. */
    isCircuitBreakerError(error: unknown): boolean;
    /** What it has counted. */
    stats(): BreakerStats;
    /** This breaker in the text format of Prometheus. */
    toPrometheus(): string;
    /** What is worth keeping of it, as plain data, for `CircuitBreaker.restore`. Times in it are relative to now. */
    snapshot(): BreakerSnapshot;
    /**
     * Makes a call if the breaker lets it through. Rejects with what the call rejects with; with `CircuitOpenError` when it
     * was not made, unless a `fallbackStrategy` has something better; with `signal.reason` when the caller's signal fired.
     */
    execute<T>(operation: GuardedOperation<T>, options?: BreakerCallOptions): Promise<T>;
    /** A function that makes its calls through this breaker, with the same arguments and the same `this`. */
    wrap<A extends unknown[], T, This = unknown>(operation: (this: This, ...args: A) => T): (this: This, ...args: A) => Promise<Awaited<T>>;
    /**
     * The first half of a call made by other means: a permit, to be given back to `settle` when the call has ended.
     * @throws CircuitOpenError when the call must not be made.
     */
    admit(): Permit;
    /**
     * The second half: tells how the call of `permit` ended, and learns what became of that.
     * @throws ConfigError when `permit` is not what `admit` answers, or there is no such outcome; then nothing is settled.
     */
    settle(permit: Permit, outcome: Outcome): Settled;
    /**
     * Holds the breaker open, whatever happens, until the answer is released: by hand, or by `using` at the end of a block.
     * Whoever else isolates it meanwhile holds it too; after the last release it is closed, with nothing remembered.
     */
    isolate(): Isolation;
    /** Turns the breaker off: every call passes, nothing is recorded. */
    disable(): void;
    /** Turns the breaker into an observer: every call passes, and `wouldOpen` tells when it would have opened. */
    monitor(): void;
    /** Turns the breaker on again after `disable` or `monitor`: closed, with nothing remembered. */
    enable(): void;
    /**
     * Begins anew, whatever it was: on, closed, with nothing remembered. Results of calls under way count nowhere. Only an
     * isolation stays, until it is released.
     */
    reset(): void;
    /**
     * Tells how a health check of your own went. A good one lets the next caller of an open breaker through as a probe at once,
     * a bad one changes nothing.
     */
    health(ok: boolean): void;
    /**
     * Calls `listener` at every event of this kind; what it throws is ignored. Answers how to stop.
     * @throws ConfigError when there is no such event, or `listener` is no function.
     */
    on<E extends keyof BreakerEvents>(event: E, listener: Listener<BreakerEvents[E]>): () => void;
    /** Stops calling `listener`. */
    off<E extends keyof BreakerEvents>(event: E, listener: Listener<BreakerEvents[E]>): void;
    /**
     * Frees the breaker at once instead of with this object, and ends its health check. Later calls reject; results of calls
     * under way count nowhere.
     */
    close(): void;
    [dispose](): void;
}

/**
 * Every field of a breaker that was given nothing, in milliseconds; of a preset, when one is named.
 *
 * @throws ConfigError when the preset is unknown.
 */
declare function DefaultCircuitBreakerConfig(preset?: "threshold"): Readonly<ThresholdBreakerOptions>;
declare function DefaultCircuitBreakerConfig(preset: Exclude<BreakerPreset, "threshold">): Readonly<RateBreakerOptions>;

/** A breaker had to make room for another one. */
interface Eviction {
    readonly key: string;
    /** Where it stood. Other than `CLOSED` only when none was closed: what it knew about its dependency is lost. */
    readonly state: BreakerState;
    /** It still works for those who hold it. */
    readonly breaker: CircuitBreaker;
}
interface CircuitBreakerRegistryOptions {
    /** The most breakers it keeps, 1 to 1 000 000. Default 1 000. */
    readonly maxBreakers?: number | undefined;
    /** How a breaker is made: the same for all, or by its key. The key is its name unless said otherwise. */
    readonly breaker?: BreakerOptions | BreakerPreset | ((key: string) => BreakerOptions | BreakerPreset | undefined) | undefined;
    /** Hears of every breaker that made room. Without it, one that was not closed is warned of on the console, once. */
    readonly onEvict?: ((eviction: Eviction) => unknown) | undefined;
}
/**
 * Breakers by name, or by the origin of a URL.
 *
 * ```ts
 * const breakers = new CircuitBreakerRegistry({ breaker: { failureThreshold: 5 } });
 * await breakers.forUrl(url).execute(() => fetch(url));
 * ```
 */
declare class CircuitBreakerRegistry {
    #private;
    /**
     * @param logger gets a line for each change of state of each of its breakers. Default: nobody.
     * @throws ConfigError when a field is unknown or out of its range.
     */
    constructor(options?: CircuitBreakerRegistryOptions, logger?: Logger<BreakerLine> | null);
    /** How many breakers it keeps now. */
    get size(): number;
    /**
     * The breaker of this name, made if need be.
     * @throws ConfigError when its configuration is refused.
     */
    get(name: string): CircuitBreaker;
    /**
     * The breaker of a URL's origin.
     * @throws ConfigError when the URL is relative, or has no origin (`data:`, `file:`).
     */
    forUrl(url: string | URL): CircuitBreaker;
    /** Whether it keeps a breaker of this name; asking does not make one. */
    has(name: string): boolean;
    /** Forgets a breaker, which goes on working for those who hold it. */
    delete(name: string): boolean;
    /** All of them, the one that was asked for longest ago first. */
    [Symbol.iterator](): IterableIterator<[string, CircuitBreaker]>;
    /** All of them in the text format of Prometheus. */
    toPrometheus(): string;
    /** Closes and forgets all of them. */
    close(): void;
    [dispose](): void;
}

/** What a service answered. */
interface HttpResponse {
    readonly status: number;
    /** By name, in lower case. */
    readonly headers: Readonly<Record<string, string>>;
    /** Parsed JSON, a text, bytes of any other media type; null where there is no body. */
    readonly data: unknown;
}

/** One breaker for all requests, one for each origin, or the options of the latter. */
type BreakerChoice = CircuitBreaker | CircuitBreakerRegistry | BreakerOptions | BreakerPreset;

/** The headers that carry new credentials; undefined where a cookie does. */
type Renewed = Headers | Readonly<Record<string, string>> | undefined;
/** Fetches new credentials; answers the headers that carry them, or undefined where a cookie does. */
type RefreshAuth = () => Renewed | PromiseLike<Renewed>;

/** What became of a claim whose owner gives it up. */
type ReleaseMode = "forget" | "retryable" | "unknown";
/** Fields that every operation has. All times and lengths of time in operations and replies are whole microseconds. */
interface Operation {
    /** The record's key: a SHA-256 digest in lower-case hexadecimal. */
    readonly key: string;
    /** Bytes that belong to the operation (an outcome or a checkpoint); opaque to a store. */
    readonly payload?: Uint8Array;
}
/** Who holds a claim: 16 random bytes in hexadecimal, and the epoch that `acquired` answered. */
interface Owned extends Operation {
    readonly owner: string;
    readonly epoch: number;
}
/** One operation on a store. */
type StoreOp = (Operation & {
    readonly op: "begin";
    readonly owner: string;
    readonly fingerprint: string;
    /** A digest of the caller's credentials. */
    readonly caller?: string | null;
    /** How long the claim may stay silent; null locks it until the retention is over. */
    readonly lease?: number | null;
    readonly retention: number;
    readonly onOrphan: "reexecute" | "fail";
    readonly maxTakeovers: number;
    readonly derived: boolean;
}) | (Owned & {
    readonly op: "renew";
    readonly lease: number;
}) | (Owned & {
    readonly op: "checkpoint";
}) | (Owned & {
    readonly op: "complete";
    readonly retention: number;
}) | (Owned & {
    readonly op: "release";
    readonly mode: ReleaseMode;
}) | (Owned & {
    readonly op: "abandon";
}) | (Operation & {
    readonly op: "resolve";
    readonly how: "complete" | "forget";
    readonly retention: number;
}) | (Operation & {
    readonly op: "get";
}) | {
    readonly op: "sweep";
    readonly limit: number;
    readonly payload?: Uint8Array;
};
/** What a store answers. `payload` is the outcome, the checkpoint or the encoded record that the reply speaks of. */
type StoreReply = {
    readonly payload?: Uint8Array;
} & ({
    readonly reply: "acquired";
    readonly epoch: number;
    readonly attempts: number;
    readonly leaseUntil: number | null;
} | {
    readonly reply: "replay";
    readonly created: number;
} | {
    readonly reply: "busy";
    readonly leaseUntil: number | null;
} | {
    readonly reply: "mismatch";
    readonly what: "fingerprint" | "caller";
} | {
    readonly reply: "full";
    readonly retryAfter: number;
} | {
    readonly reply: "renewed";
    readonly leaseUntil: number;
} | {
    readonly reply: "swept";
    readonly count: number;
} | {
    readonly reply: "outcomeUnknown" | "completed" | "checkpointed" | "released" | "abandoned" | "lost" | "resolved" | "notFound" | "found";
});
/** How much a store holds. */
interface StoreUsage {
    readonly records: number;
    /** About. */
    readonly bytes: number;
}
/** A place where records live. */
interface Store {
    /** Applies one operation atomically. A store that answers at once need not return a promise. */
    apply(op: StoreOp): StoreReply | PromiseLike<StoreReply>;
    /** How much it holds: looks at every record, so it is for dashboards, not for requests. */
    usage?(): StoreUsage | Promise<StoreUsage>;
    /** Lets go of timers and connections. */
    close?(): void | Promise<void>;
}
/** A store that can apply an operation inside a transaction of the caller's. */
interface JointStore extends Store {
    completeIn(db: object, op: StoreOp): StoreReply | PromiseLike<StoreReply>;
}

/** What is kept under one key: plain JSON. */
interface StoredResponse {
    /** The record in core's own format, as base64. */
    readonly record: string;
}
/** The plain shape of a store. `ttl` is in seconds. */
interface IdempotencyStore {
    get(key: string): Promise<StoredResponse | null | undefined> | StoredResponse | null | undefined;
    set(key: string, value: StoredResponse, ttl: number): unknown;
    delete(key: string): unknown;
}
/**
 * Makes a {@link Store} of a plain `{ get, set, delete }`. Operations on one key run one after the other in this process;
 * two processes over the same data may both run a request, so production wants a real store.
 */
declare function simpleStore(plain: IdempotencyStore, clock?: Clock): Store;

/** Options of an {@link IdempotencyManager}; durations are milliseconds. */
interface IdempotencyManagerOptions {
    /** How long a record is kept. Default 24 hours. */
    defaultTtl?: number;
    /** The most records that are held at once; a full manager refuses new work. Default 10 000. */
    maxRecords?: number;
    /** How often expired records are swept. Default 5 minutes. */
    cleanupInterval?: number;
    /** Whether the body is part of a fingerprint. Default true. */
    includeBodyInFingerprint?: boolean;
    /** Headers that are part of a fingerprint. Default none. */
    fingerprintHeaders?: readonly string[];
    /** Where records live. Default: in memory, bounded by `maxRecords`. */
    store?: Store | IdempotencyStore;
    /** How long the store may take for one operation; then it counts as unavailable. Default 2 000. */
    storeTimeout?: number;
    clock?: Clock;
}
/** What is known about a key. */
interface IdempotencyRecord {
    readonly key: string;
    readonly fingerprint: string;
    readonly state: "inProgress" | "completed" | "unknown";
    /** The stored response, once there is one. */
    readonly response?: unknown;
    /** When the first call came, milliseconds since the Unix epoch; absent while it is still running elsewhere. */
    readonly createdAt?: number;
}
/** The answer of {@link IdempotencyManager.checkDuplicate}. */
interface DuplicateCheck {
    readonly isDuplicate: boolean;
    readonly record: IdempotencyRecord;
}
/** Claims keys, remembers the responses of finished calls, and recognises a duplicate. */
declare class IdempotencyManager {
    #private;
    constructor(options?: IdempotencyManagerOptions);
    /** A new random key: a version 4 UUID. */
    generateIdempotencyKey(): string;
    /** The fingerprint of a request: equal for equal content, whatever the order of its keys. */
    createRequestFingerprint(method: string, url: string, headers?: Readonly<Record<string, string | readonly string[] | undefined>>, body?: unknown): string;
    /**
     * Claims `key`. The first call answers `isDuplicate: false`, and the claim is the caller's until `storeResponse` or
     * `release`; every later call within `defaultTtl` answers `isDuplicate: true`.
     * @throws {OnceAgainError} IDEMPOTENCY_KEY_REUSED when the key came with another fingerprint, STORE_FULL when `maxRecords`
     * records are alive, STORE_UNAVAILABLE when the store does not answer in time.
     */
    checkDuplicate(key: string, fingerprint: string): Promise<DuplicateCheck>;
    /** Records the response of a call that `checkDuplicate` has let run; JSON values are kept. */
    storeResponse(key: string, response: unknown): Promise<void>;
    /** Gives the claim up: the next call with this key runs. */
    release(key: string): Promise<void>;
    /** What is known about `key`, without claiming it; undefined when nothing is. */
    peek(key: string): Promise<IdempotencyRecord | undefined>;
    /** How often `checkDuplicate` was asked, and how often it found a duplicate. */
    getStats(): {
        totalOperations: number;
        duplicates: number;
        duplicateRate: number;
        active: number;
    };
    /** Forgets what is in memory and stops the sweep. */
    close(): Promise<void>;
}

/** Whose requests these are; each becomes a header of all of them. */
interface Identity {
    /** Sent as `x-squid-id`. */
    readonly squidId?: string | undefined;
    /** Sent as `x-subid`. */
    readonly subId?: string | undefined;
    /** Sent as `x-dao-id`. */
    readonly daoId?: string | undefined;
}
/**
 * Options of an `IdempotentHttpClient`; times are milliseconds. Which policy is meant, `retryPolicy`, `criticality`, `module`
 * and `realTime` say, in this order; a module that is CONSERVATIVE wins over `realTime`.
 */
interface HttpClientOptions extends PolicyWishes {
    /** Where paths begin: an absolute URL of http or https, without query. */
    readonly baseUrl: string;
    /** The limit of each attempt. Default: the policy's own, else 10 000. */
    readonly timeout?: number | undefined;
    /** The limit of a whole call. Default: the policy's own; 10 000 for a client that is `userFacing`; else none. */
    readonly totalTimeout?: number | undefined;
    readonly identity?: Identity | undefined;
    /** Options or a preset's name of a breaker, or one that is shared. Default, and `false`: none. */
    readonly circuitBreaker?: BreakerChoice | false | undefined;
    /**
     * Has the client keep records of its own: of two writes under one key, the second joins the first, or is answered from
     * memory. Only keys that you give are recorded; a generated key is new for each call and can never be asked for again.
     * Default: none are kept.
     */
    readonly idempotency?: IdempotencyManagerOptions | undefined;
    /** Whether a write without a key gets one, so that it can be sent again. Default true. */
    readonly autoKey?: boolean | undefined;
    /** What retries are paid from, so that they never become a storm. Default true: a budget of the client's own. */
    readonly budget?: BudgetOption | undefined;
    /** Answers the headers of new credentials after a 401; see `FetchOptions.refreshAuth`. */
    readonly refreshAuth?: RefreshAuth | undefined;
    /** The fetch that sends. Default: the platform's. */
    readonly fetch?: typeof globalThis.fetch | undefined;
    readonly logger?: Logger | undefined;
    readonly clock?: Clock | undefined;
    readonly random?: Random | undefined;
}
/** What may be said about one request. */
interface RequestOptions {
    /** Ends the call, a wait as well as an attempt under way; the call rejects with `signal.reason`. */
    readonly signal?: AbortSignal | undefined;
    /** The operation's name in logs, hooks and dead letters. Default: method and path. */
    readonly name?: string | undefined;
    /** Lets the process end although this call is not over. */
    readonly unref?: boolean | undefined;
}
/** Headers of one request, by name; what is undefined is not sent. */
type RequestHeaders = Headers | Readonly<Record<string, string | undefined>>;
/** What a client's call resolves to. */
interface HttpAnswer<T = unknown> {
    readonly status: number;
    /** By name, in lower case. */
    readonly headers: Readonly<Record<string, string>>;
    /** Parsed JSON, a text, bytes of any other media type; null where there is no body. */
    readonly data: T;
    /** Whether the service answered from its record of an earlier request. */
    readonly replayed: boolean;
    /** How many attempts were made; 0 when none was needed. */
    readonly attempts: number;
    /** Whether the client answered from a record of its own, without a request. */
    readonly fromCache: boolean;
    /** Whether it is an earlier answer, because the breaker is open. */
    readonly stale: boolean;
    /** What answered in the service's place: a breaker's `fallback`, or its `queue`, and then `data` is a `Queued`. */
    readonly fallback?: "CACHE" | "FALLBACK" | "QUEUE";
}

/**
 * Sends requests to one service, each until it is answered for good: time-outs, retries under a policy and a budget, one
 * idempotency key and the same bytes in all attempts of a write, and a breaker where one is given.
 *
 * ```ts
 * const client = new IdempotentHttpClient({ baseUrl: "https://api.example.com", retryPolicy: RetryPolicyManager.STANDARD });
 * const { data } = await client.post("/payments", { amount: 100 }, { "Idempotency-Key": "payment-12345" });
 * ```
 *
 * A call rejects with a `QError` when the answer's status is 400 or more or no answer comes (`code`, `statusCode`, `response`,
 * `attempts`), with `CircuitOpenError` when the breaker is open, and with `signal.reason` when the caller's signal fired.
 */
declare class IdempotentHttpClient {
    #private;
    /** @throws ConfigError when an option is unknown or out of its range. */
    constructor(options: HttpClientOptions);
    /** The breaker of the service; undefined where none was asked for. */
    get circuitBreaker(): CircuitBreaker | undefined;
    /** GET: repeated without a key, for it changes nothing. */
    get<T = unknown>(path: string, headers?: RequestHeaders, options?: RequestOptions): Promise<HttpAnswer<T>>;
    /** DELETE: repeated without a key, for the second one changes nothing. */
    delete<T = unknown>(path: string, headers?: RequestHeaders, options?: RequestOptions): Promise<HttpAnswer<T>>;
    /**
     * POST, under the `Idempotency-Key` of `headers` or one of its own.
     * @param body texts, bytes, forms and streams go out as they are, everything else as JSON.
     */
    post<T = unknown>(path: string, body?: unknown, headers?: RequestHeaders, options?: RequestOptions): Promise<HttpAnswer<T>>;
    /** PUT, as `post`. */
    put<T = unknown>(path: string, body?: unknown, headers?: RequestHeaders, options?: RequestOptions): Promise<HttpAnswer<T>>;
    /** PATCH, as `post`. */
    patch<T = unknown>(path: string, body?: unknown, headers?: RequestHeaders, options?: RequestOptions): Promise<HttpAnswer<T>>;
    /** Lets go of the policy, the breaker and the client's own records. Calls under way fail with what they failed last. */
    close(): Promise<void>;
    [dispose](): void;
}

/** What an HTTP client knows about a failed request; kept on the error under `httpSignals`. */
interface HttpSignals {
    readonly method: string;
    /** Whether the request carried an idempotency key. */
    readonly hasKey: boolean;
    /** Whether the answer was a replay: then it is final. */
    readonly replayed: boolean;
    /** The `type` of a problem body. */
    readonly problemType?: string | undefined;
    /** Whether the caller can get new credentials after a 401. */
    readonly canRefresh?: boolean | undefined;
    /** Whether the platform has tried a new connection already: then a 421 is final. */
    readonly newConnection?: boolean | undefined;
}
/** Where our HTTP clients leave what the classifier should know of a request. */
declare const httpSignals: unique symbol;

/** The base class of all our errors, under its name in the Q ecosystem. */
declare const QError: typeof OnceAgainError;
type QError = OnceAgainError;
/** What core's table reads of an answer that refuses a request, or of none. */
interface Refused {
    readonly status?: number;
    readonly timedOut?: boolean;
    readonly problemType?: string | undefined;
    readonly code?: string | undefined;
    readonly replayed?: boolean;
}
interface HttpFacts extends ErrorFacts {
    readonly response?: HttpResponse | undefined;
    /** How many attempts were made. */
    readonly attempts: number;
    /** What core's classifier should know of the request. */
    readonly signals?: HttpSignals | undefined;
    /** What kind of failure it was, where nothing was answered. */
    readonly kind?: ErrorKind | undefined;
}
/** A request that was refused (a status of 400 or more), that got no answer, or none in time. */
declare class HttpError extends OnceAgainError {
    #private;
    /** What the service answered; undefined where nothing came. */
    readonly response: HttpResponse | undefined;
    /** How many attempts were made. */
    readonly attempts: number;
    /** What kind of failure it was, where nothing was answered. */
    readonly kind: ErrorKind | undefined;
    /** What the classifier should know of the request. */
    readonly [httpSignals]: HttpSignals | undefined;
    private constructor();
    /** The error of a request that came to nothing in this way. */
    static of(refused: Refused, message: string, facts: HttpFacts): HttpError;
    /** The status that was answered; where nothing was, the one its code stands for. */
    get statusCode(): number;
    /** Whether the same call may succeed later. */
    get retryable(): boolean;
    /** The same error as the end of a call that was given up. */
    because(cause: unknown, details: Readonly<Record<string, unknown>>): HttpError;
}

/** Counts of operations that carried an idempotency key. Rates and averages are 0 while there is nothing to divide. */
interface IdempotencyStats {
    /** Operations that have ended, however they did. */
    readonly totalOperations: number;
    /** Operations that had been begun before: answered from a record, or refused as theirs had no answer to give. */
    readonly duplicates: number;
    /** Of all operations, from 0 to 1. */
    readonly duplicateRate: number;
    /** Operations that were answered from a record, a client's own or the service's, of all: from 0 to 1. */
    readonly cacheHitRate: number;
    /** From the claim to the answer, waits included: milliseconds. */
    readonly averageProcessingTime: number;
    /** Operations under way. */
    readonly active: number;
}
/** Counts of what a middleware, a handler or an idempotent function has guarded, or could not. */
interface GuardStats extends IdempotencyStats {
    /**
     * Operations that ran without a record, because the store was away or full and the configuration lets them. A repetition
     * runs again.
     */
    readonly unprotected: number;
    /** Operations whose answer left before, or without, the confirmation that it is recorded. A repetition may run again. */
    readonly lostCompletions: number;
}
/** What guards, and counts. */
interface Counted {
    /** What was guarded so far, since this was made. */
    stats(): GuardStats;
}
/** What {@link GuardObservers} hear of an operation. */
interface GuardEvent {
    /** Of a request: the key as its client sent it, or `derived:` and a digest. Of a function: as in an `IdempotentResult`. */
    readonly key: string;
    /** `store unavailable` or `store full`; of a completion `not confirmed in time`, `not confirmed` or `claim lost`. */
    readonly reason: string;
}
/** Who hears of operations that a record does not guard. They only watch: what they throw or reject with changes nothing. */
interface GuardObservers {
    /** An operation runs without a record, because the store is away or full and the configuration lets it. */
    readonly onUnprotected?: ((event: GuardEvent) => unknown) | undefined;
    /** An answer that is to be kept leaves, and its record is not confirmed; over HTTP with `Idempotency-Completion: lost`. */
    readonly onLostCompletion?: ((event: GuardEvent) => unknown) | undefined;
}

/** Counts of operations that may have been retried. Rates and averages are 0 while there is nothing to divide. */
interface RetryStats {
    readonly totalOperations: number;
    readonly successfulOperations: number;
    readonly failedOperations: number;
    readonly totalAttempts: number;
    /** From 0 to 1. */
    readonly successRate: number;
    readonly averageAttempts: number;
    /** Of operations, milliseconds. */
    readonly averageDuration: number;
    /** Before a retry, milliseconds. */
    readonly averageBackoff: number;
    /** Operations by the attempts they took. */
    readonly byAttempt: Readonly<Record<number, number>>;
    /** Failed attempts that were followed by another, and failed operations, by the kind of failure. */
    readonly byErrorType: Readonly<Partial<Record<ErrorKind, number>>>;
    /** Failed operations by the code of their error, the most frequent first, at most 10. */
    readonly mostCommonErrors: readonly {
        readonly error: string;
        readonly count: number;
    }[];
    readonly circuitBreakerRejections: number;
}

/** Makes clients, and knows what all clients of this process have done. */
declare const ClientFactory: {
    /**
     * A client with the policy that its options mean.
     * @throws ConfigError when an option is unknown or out of its range.
     */
    readonly createHttpClient: (options: HttpClientOptions) => IdempotentHttpClient;
    /**
     * A client of a module of the Q ecosystem (`qwallet`, `qdrive`…): the module's policy, and a breaker that opens after 5
     * failures within 60 s, waits 30 s, and closes after 3 probes.
     * @throws ConfigError when an option is unknown or out of its range.
     */
    readonly createModuleClient: (module: string, baseUrl: string, options?: Omit<HttpClientOptions, "module" | "baseUrl">) => IdempotentHttpClient;
    /** Operations, attempts, durations and errors of all clients of this process. */
    readonly getGlobalRetryStats: () => RetryStats;
    /** Keyed operations of all clients of this process, and how many of them were duplicates. */
    readonly getGlobalIdempotencyStats: () => IdempotencyStats;
};

/** How writes get their idempotency key. */
interface FetchIdempotency {
    /** Methods that get a key. Default POST, PUT, PATCH. */
    methods?: readonly string[];
    /** The header that carries it. Default `Idempotency-Key`. */
    headerName?: string;
    /**
     * Other origins that know the key; the page's own always gets one. A key makes a cross-origin request preflighted, and an
     * unaware server would run a repeated write twice.
     */
    keyOrigins?: readonly string[];
    /** Whether keys are made at all; one that the caller sets is always kept. Default true. */
    autoKey?: boolean;
}

/** Options of {@link createFetch}; all are optional. */
interface FetchOptions {
    /** A policy, or the name of a preset. Default `http`. */
    policy?: RetryOptions | string;
    /**
     * What is asked before each attempt and told its result: one breaker for all requests, or options, a preset's name or a
     * registry, and then there is one for each origin. Its `fallback` answers a `Response`; `CACHE` and `QUEUE`, which answer
     * something else, are refused. Default, and `false`: none.
     */
    breaker?: BreakerChoice | false;
    /** What retries are paid from, so that they never become a storm. Default true: a budget of its own; false: none. */
    budget?: BudgetOption;
    idempotency?: FetchIdempotency;
    /**
     * Called after a 401, once per call and once for all calls that were refused meanwhile: answers the headers that carry new
     * credentials, and the request is sent once more with them, and with the same key. Where it fails, the 401 is the answer.
     */
    refreshAuth?: RefreshAuth;
    /** The fetch that sends. Default: the platform's. */
    fetch?: typeof globalThis.fetch;
    /** Called before each further attempt, with the number of the attempt that failed. */
    onRetry?: (event: RetryEvent) => unknown;
    /** Takes log lines; a request's `traceparent` or `x-request-id` is their trace. */
    logger?: Logger;
    clock?: Clock;
    random?: Random;
}

/** Header lines: by name, or one by one. */
type HeaderLines = Readonly<Record<string, string | readonly string[]>> | Iterable<readonly [string, string]>;
/** What enters a fingerprint beside the body. */
interface FingerprintOptions {
    /** The HTTP method; upper-cased. */
    readonly method?: string | undefined;
    /** The path as on the request line, before any mounting, not normalised. */
    readonly path?: string | undefined;
    /** The query as on the request line, without `?`. */
    readonly query?: string | undefined;
    /** The body's media type; parameters do not count. Bytes are JSON if it says so, or if it is not given. */
    readonly mediaType?: string | undefined;
    /** The headers that count: those a server chose, not all a client sent. */
    readonly headers?: HeaderLines | undefined;
    /** JSON Pointers of the only fields that count, of a JSON body. */
    readonly include?: readonly string[] | undefined;
    /** JSON Pointers of fields that do not count, a timestamp for instance. */
    readonly exclude?: readonly string[] | undefined;
    /** Whether the body counts. Default `true`. */
    readonly includeBody?: boolean | undefined;
}
/**
 * The fingerprint of a request, or of a value alone: `jcs:` or `raw:` and 64 hexadecimal digits.
 *
 * Bytes (`Uint8Array`, `Buffer`, any view or `ArrayBuffer`) are a body as it came over the wire; any other value, a string
 * too, is a parsed value and has the fingerprint of its JSON text. The order of keys, `1.0` against `1` and escapes make no
 * difference; every difference in value does.
 *
 * @throws ConfigError for a pointer that is none, for raw multipart (its boundary is drawn anew each time), and for what
 * `JSON.stringify` cannot write.
 */
declare function fingerprint(body: unknown, options?: FingerprintOptions): string;

/** Writes and reads results that JSON would not return equal: dates, maps, classes. */
interface Codec<T> {
    encode(value: T): string;
    decode(text: string): T;
}

/** What a function learns about its run, as its last argument, with `withContext: true`. */
interface IdempotentContext<T = unknown> {
    /** Fires when the work must stop: its claim cannot be kept, `handlerTimeout` passed, or the caller cancelled. */
    readonly signal: AbortSignal;
    /** 1 for the first run under this key. */
    readonly attempt: number;
    /** Grows with every claim on this key: a fencing token for whatever is written elsewhere. 0 without a record. */
    readonly epoch: number;
    /** What an earlier run saved before it was cut off. */
    readonly checkpoint: Uint8Array | undefined;
    /** Leaves bytes for whoever runs next, should this run not end. */
    saveCheckpoint(data: Uint8Array): void;
    /** The idempotency key that a step of this work sends onwards: the same each time the step runs again. */
    childKey(step: string, ordinal?: number): string;
    /**
     * Records `value` as the result inside the transaction that is open on `db`, so that effect and record are one; to be
     * returned afterwards. Throws, and so rolls back, when the claim is lost. To be awaited when the store answers later.
     */
    completeIn(db: object, value: T): void | Promise<void>;
}

/** What `isSafeToRetry` and `mergeResults` are told besides. */
interface RetryContext<Args extends unknown[] = unknown[]> {
    /** The arguments of the call that found a finished run. */
    readonly args: Args;
}
/** Options of {@link idempotent}. Durations are milliseconds, except `ttl`, which is seconds. */
interface IdempotentOptions<Args extends unknown[], T> extends GuardObservers {
    /** The scope of the keys, the same in every language that shares the store: 1 to 255 characters. */
    readonly name: string;
    /** Where records live. Default: a `MemoryStore` of its own, which guards this process only. */
    readonly store?: Store | IdempotencyStore | undefined;
    /** The key of a call: 1 to 255 visible ASCII characters. Without it, or where it answers nothing, the arguments count. */
    readonly key?: ((...args: Args) => string | number | null | undefined) | undefined;
    /** What a call is about, as JSON. Default: its one argument, or the list of them. */
    readonly input?: ((...args: Args) => unknown) | undefined;
    /** JSON Pointers to what alone counts of that. */
    readonly include?: readonly string[] | undefined;
    /** JSON Pointers to what does not count of that, a timestamp for instance. */
    readonly exclude?: readonly string[] | undefined;
    /** `client`: the caller's key. `content`: the arguments. `hybrid`: both, so one key with other arguments is another key. */
    readonly keyStrategy?: "client" | "content" | "hybrid" | object | undefined;
    /** How long a result is kept, seconds. Default: what the level says. */
    readonly ttl?: number | undefined;
    /** The same in milliseconds. */
    readonly ttlMs?: number | undefined;
    /** Sets the default of `ttl`: `action` 1 hour (default), `request` 24 hours, `workflow` 7 days, `transaction` 30 days. */
    readonly level?: "action" | "request" | "workflow" | "transaction" | undefined;
    /** A call whose key is in use: waits 30 s for the result (`wait`, default; `returnPrevious` is the same), or is rejected. */
    readonly conflict?: "wait" | "waitForCompletion" | "returnPrevious" | "reject" | {
        readonly wait: number;
    } | undefined;
    /** How long a silent owner keeps its claim. Default 20 000; renewed while the function runs. */
    readonly lease?: number | false | undefined;
    /** Default a third of the lease. */
    readonly renewEvery?: number | undefined;
    /** How long a claim is renewed at the most. Default 600 000. */
    readonly maxRun?: number | undefined;
    /** A claim whose owner fell silent: run again (`reexecute`, default) or refuse for good (`fail`). */
    readonly onOrphan?: "reexecute" | "fail" | undefined;
    /** How many times in a record's life a silent owner may be replaced. Default 5. */
    readonly maxTakeovers?: number | undefined;
    /** `at_most_once`: what is not known to have ended well never runs again. */
    readonly profile?: "default" | "at_most_once" | undefined;
    /** Whether what the function throws is kept and thrown again. Default false: the next call runs it again. */
    readonly keepErrors?: boolean | undefined;
    /** Results larger than `maxBytes` (1 MiB), or all with `false`, are recorded as done and cannot be replayed. */
    readonly resultCaching?: boolean | {
        readonly enabled?: boolean;
        readonly maxBytes?: number;
        readonly ttl?: number;
    } | undefined;
    /** For results that JSON would not return equal. */
    readonly codec?: Codec<T> | undefined;
    /**
     * Asked on every duplicate of a finished call: true runs it again and gives both results to `mergeResults`. Default: never.
     * (nebula-idempotency's `is_safe_to_retry`.)
     */
    readonly isSafeToRetry?: ((input: unknown, previous: T, context: RetryContext<Args>) => boolean | PromiseLike<boolean>) | undefined;
    /**
     * What the caller gets of two results; the recorded one stands. Default: the current one. Asked too when another run of
     * the call finished first; without it, that one's result is what this caller gets.
     */
    readonly mergeResults?: ((previous: T, current: T, context: RetryContext<Args>) => T | PromiseLike<T>) | undefined;
    /** Appends an `IdempotentContext` to the function's arguments. */
    readonly withContext?: boolean | undefined;
    /** After this long the context's signal fires. Default: never. */
    readonly handlerTimeout?: number | undefined;
    /** Whether calls run without a record while the store is away. Default false: STORE_UNAVAILABLE. */
    readonly failOpen?: boolean | undefined;
    /** How long one store operation may take. Default 2 000. */
    readonly storeTimeout?: number | undefined;
    /** How long a result waits for its record to be confirmed. Default 5 000. */
    readonly completeTimeout?: number | undefined;
    /** A namespace for keys in a store that several applications share. */
    readonly keyPrefix?: string | undefined;
    /** `false` runs every call. */
    readonly enabled?: boolean | undefined;
    readonly clock?: Clock | undefined;
    readonly random?: Random | undefined;
}
/** What a call came to. */
interface IdempotentResult<T> {
    readonly output: T;
    /** The function did not run: this is what it returned to an earlier call. */
    readonly isReplay: boolean;
    /** Whether the store has confirmed the record. */
    readonly confirmed: boolean;
    /** The digest the record is filed under, 64 hexadecimal digits. */
    readonly key: string;
}
/** What may be said about one call. */
interface CallOptions {
    /** The key of this call, before what the `key` option would answer. */
    readonly key?: string | undefined;
    /** Ends the call, which then rejects with `signal.reason`. Work under way is told by its own signal, and recorded. */
    readonly signal?: AbortSignal | undefined;
}
/** A function that runs once. */
interface Idempotent<Args extends unknown[], T> extends Counted {
    (...args: Args): Promise<T>;
    /** The same, and whether it was a replay. */
    execute(...args: Args): Promise<IdempotentResult<T>>;
    /** The same function, with something said about its next call. */
    with(call: CallOptions): Idempotent<Args, T>;
}

type Work<Args extends unknown[], T> = (...args: Args) => T | PromiseLike<T>;
/**
 * Makes `work` run once. A later call with the same key, or (without a `key`) with equal arguments, resolves to what the
 * first one returned, in this process or in another one over the same store; two calls at once get one result.
 *
 * ```ts
 * const charge = idempotent(chargeCard, { name: "charge", store, key: (order) => order.id });
 * await charge(order);
 * await charge(order); // the same receipt, nothing charged
 * ```
 *
 * Rejects with IDEMPOTENCY_KEY_REUSED when the key came with other arguments, IDEMPOTENCY_IN_PROGRESS when another run of it
 * took longer than this call would wait, STORE_UNAVAILABLE when nobody can tell whether it has run.
 */
declare function idempotent<Args extends unknown[], T>(work: Work<[...Args, IdempotentContext<T>], T>, options: IdempotentOptions<Args, T> & {
    readonly withContext: true;
}): Idempotent<Args, T>;
declare function idempotent<Args extends unknown[], T>(work: Work<Args, T>, options: IdempotentOptions<Args, T>): Idempotent<Args, T>;

/** How a function is retried from its checkpoint. */
interface CheckpointOptions<A extends readonly unknown[], T, S> {
    /** A policy's fields or a preset's name; what is not given is as in `kernel`: 3 attempts, 1 s to 30 s, no jitter. */
    readonly config?: RetryOptions | string | undefined;
    /** Called with the call's own arguments before every retry. When it fails, so does the attempt. */
    readonly checkpointLoader?: ((...args: A) => S | PromiseLike<S>) | undefined;
    /** Called with the call's arguments and its result, after success. When it fails, that is logged and counted. */
    readonly checkpointSaver?: ((...args: [...A, T]) => unknown) | undefined;
    /** Whether the state is loaded before the first attempt too. Default `false`. */
    readonly resume?: boolean | undefined;
}
/** A function that is retried from its checkpoint. */
interface Checkpointed<A extends readonly unknown[], T> {
    (...args: A): Promise<T>;
    /** The same function under a signal, a name, or whatever else may be said about one call. */
    with(options: ExecuteOptions): (...args: A) => Promise<T>;
    /** How many results could not be saved. */
    readonly failedSaves: number;
}
/**
 * Retries `fn` from its checkpoint. It is called with the call's arguments, the state that was loaded (undefined on a first
 * attempt, unless `resume`), and `{ attempt, signal }`.
 *
 * ```ts
 * const run = retryWithCheckpoint(async (taskId, checkpointState) => work(taskId, checkpointState), {
 *   config: { maxAttempts: 5, initialDelay: 2_000 },
 *   checkpointLoader: (taskId) => db.getCheckpoint(taskId),
 *   checkpointSaver: (taskId, result) => db.saveCheckpoint(taskId, result),
 * });
 * await run("task-1");
 * ```
 *
 * @throws ConfigError when a field of `config` is unknown or out of its range, or a loader or saver is no function.
 */
declare function retryWithCheckpoint<Arg, T, S = unknown>(fn: (arg: Arg, checkpointState: S | undefined, context: AttemptContext) => T | PromiseLike<T>, options?: CheckpointOptions<[arg: Arg], T, S>): Checkpointed<[arg: Arg], T>;
/** A function of any number of arguments; which they are may have to be said: `retryWithCheckpoint<[string, number], T>(…)`. */
declare function retryWithCheckpoint<A extends readonly unknown[], T, S = unknown>(fn: (...args: [...A, checkpointState: S | undefined, context: AttemptContext]) => T | PromiseLike<T>, options?: CheckpointOptions<A, T, S>): Checkpointed<A, T>;

/** A configuration that may be changed before it is used. */
type MutableRetryConfig = {
    -readonly [K in keyof RetryOptions]: RetryOptions[K];
} & {
    -readonly [K in keyof RetryConfig]: RetryConfig[K];
};
/** 3 attempts, 100 ms to 30 s, doubled, full jitter, 5 minutes in all. What is retried is the table of error types. */
declare const DefaultRetryConfig: () => MutableRetryConfig;
/** `DefaultRetryConfig` that retries Transient, Timeout and Network only. */
declare const DatabaseRetryConfig: () => MutableRetryConfig;
/** 5 attempts from 200 ms; retries Server and RateLimit too. */
declare const HTTPRetryConfig: () => MutableRetryConfig;
/** 4 attempts from 500 ms, with time for large files: 2 minutes each, 15 in all. */
declare const S3RetryConfig: () => MutableRetryConfig;
/** 2 attempts, 50 ms apart, without jitter or breaker: a cache may fail. */
declare const CacheRetryConfig: () => MutableRetryConfig;

declare const StrategyFixedDelay = "fixed";
declare const StrategyExponentialBackoff = "exponential";
declare const StrategyLinearBackoff = "linear";
declare const StrategyFibonacciBackoff = "fibonacci";
/** Beside `customBackoff`. */
declare const StrategyCustom = "custom";
declare const JitterTypeNone = "none";
declare const JitterTypeFull = "full";
declare const JitterTypeEqual = "equal";
declare const JitterTypeDecorrelated = "decorrelated";
/** Beside `jitterMaxDeviation`. */
declare const JitterTypeDeviation = "deviation";
declare const ErrorTypeTransient = "Transient";
declare const ErrorTypePermanent = "Permanent";
declare const ErrorTypeTimeout = "Timeout";
declare const ErrorTypeRateLimit = "RateLimit";
declare const ErrorTypeCircuitBreaker = "CircuitBreaker";
declare const ErrorTypeNetwork = "Network";
declare const ErrorTypeServer = "Server";
declare const ErrorTypeClient = "Client";
declare const ErrorTypeUnknown = "Unknown";

/**
 * Retries an operation under one policy. Any number of calls may run under it at once; each has a state of its own.
 *
 * ```ts
 * const handler = new RetryHandler(RetryPolicyManager.forModule("qwallet"));
 * const paid = await handler.execute(({ signal }) => pay(order, { signal }), { name: "pay" });
 * ```
 */
declare class RetryHandler {
    #private;
    /**
     * @param policy a policy of `RetryPolicyManager`, fields of one (what is not given is as in STANDARD), or a preset's name.
     * @throws ConfigError when a field is unknown or out of its range.
     */
    constructor(policy?: RetryOptions | string);
    /** The policy in force, complete, times in milliseconds. */
    get config(): RetryConfig;
    /** What is accepted in the policy but has no effect. */
    get warnings(): readonly string[];
    /** The same as `warnings`: a policy that is not valid never became a handler. */
    validate(): readonly string[];
    /**
     * Runs `operation` until it succeeds.
     *
     * Rejects with `RetryExhaustedError` when attempts or time are used up, with the failure itself when it is not one to
     * retry, and with `signal.reason` when the caller's signal fired.
     */
    execute<T>(operation: Operation$1<T>, options?: ExecuteOptions): Promise<T>;
    /** Frees the policy at once instead of with the handler. Calls under way fail with what they failed last. */
    close(): void;
    [dispose](): void;
}

/**
 * A `RetryHandler` made as the advanced retry makes it: configuration, breaker, logger.
 *
 * ```ts
 * const manager = new RetryManager(HTTPRetryConfig(), breaker, console);
 * const page = await manager.execute(({ signal }) => fetch(url, { signal }));
 * ```
 */
declare class RetryManager extends RetryHandler {
    #private;
    /**
     * @param config fields of a policy, or a preset's name; what is not given is as in `DefaultRetryConfig()`.
     * @param breaker asked and told once per attempt, unless `enableCircuitBreaker` is false.
     * @throws ConfigError when a field is unknown or out of its range.
     */
    constructor(config?: RetryOptions | string, breaker?: CircuitBreaker | null, logger?: Logger | null);
    execute<T>(operation: Operation$1<T>, options?: ExecuteOptions): Promise<T>;
}
/**
 * One manager for each type of operation: `database`, `http`, `s3` and `cache` have policies of their own, every other name
 * gets `default`.
 *
 * ```ts
 * const pool = new RetryManagerPool(console);
 * const rows = await pool.getManager("database").execute(() => db.query(sql));
 * ```
 */
declare class RetryManagerPool {
    #private;
    /**
     * @param logger where every manager writes.
     * @param shared what all managers have beside their own policy: hooks, a `deadLetterStore`, a `clock`; fields of a policy
     * take the place of their own.
     * @throws ConfigError when a field is unknown or out of its range.
     */
    constructor(logger?: Logger | null, shared?: RetryOptions);
    /**
     * The manager for this type of operation, the same one every time. The pool holds at most 1 000; beyond that a manager is
     * made anew for each call.
     *
     * @throws ConfigError when the pool was closed.
     */
    getManager(operationType: string): RetryManager;
    /** How many managers it holds. */
    get size(): number;
    /** Closes every manager it holds. */
    close(): void;
    [dispose](): void;
}

/**
 * The policies of a parsed `retry_policies:` tree, by name, each with what it `extends` (another level, or a preset) filled in.
 * Reading YAML is your library's part.
 *
 * A tree in snake_case is as the retry policy standards write it, with durations in seconds; one in camelCase has
 * milliseconds. A tree with both is refused.
 *
 * @throws ConfigError with the path of the field when one is unknown or out of its range, or a level extends itself.
 */
declare function loadPolicies(mapping: object): Readonly<Record<string, RetryConfig>>;
/** Environment variables, or what stands for them. */
type Variables = Readonly<Record<string, string | number | undefined>>;
/**
 * The policy of `RETRY_MAX_ATTEMPTS`, `RETRY_INITIAL_DELAY` and `RETRY_MAX_DELAY` (seconds). `fields` win over the
 * variables, and they over the preset.
 *
 * @param variables default: the environment of the process. A page has none, so it hands a mapping over.
 * @throws ConfigError that names the variable when one is malformed.
 */
declare function fromEnv(variables?: Readonly<Record<string, string | number | undefined>> | undefined, fields?: RetryOptions, preset?: string): RetryConfig;

/** The named policies of the Q ecosystem, and how one is chosen. */
declare const RetryPolicyManager: {
    /** As few retries as possible, for payments and other critical calls: 2 attempts, 1 s to 30 s. */
    readonly CONSERVATIVE: RetryConfig;
    /** For most calls: 3 attempts, 100 ms to 10 s. */
    readonly STANDARD: RetryConfig;
    /** For calls that may as well be made again: 5 attempts, 50 ms to 10 s. */
    readonly AGGRESSIVE: RetryConfig;
    /** For real-time calls: 3 attempts, 25 ms to 1 s. */
    readonly FAST: RetryConfig;
    /** One attempt. */
    readonly NO_RETRY: RetryConfig;
    /** The policy for a module of the Q ecosystem (`qwallet`, `qdrive`…); an unknown one gets STANDARD. */
    forModule(module: string): RetryConfig;
    /** The policy for CRITICAL, HIGH, MEDIUM or LOW. */
    forCriticality(criticality: string): RetryConfig;
    /**
     * The policy for all that is said about a call. First wins: `retryPolicy`, criticality CRITICAL or HIGH, a module that is
     * CONSERVATIVE, `realTime` (FAST), criticality MEDIUM or LOW, `module`, STANDARD.
     */
    choose(wishes: PolicyWishes): RetryConfig & RetryOptions;
    /** STANDARD with other fields. Throws a `ConfigError` when one is unknown or out of its range. */
    createCustom(fields: RetryOptions): RetryConfig & RetryOptions;
    /** What is accepted in these fields but has no effect. Throws a `ConfigError` when one is unknown or out of its range. */
    validate(fields: RetryOptions | string): readonly string[];
    /** As the exported `loadPolicies`. */
    loadPolicies: typeof loadPolicies;
    fromEnv: typeof fromEnv;
};

/** Limits of a {@link MemoryStore}. */
interface MemoryStoreOptions {
    /** The most records it holds; a full store refuses new work and drops nothing that is alive. */
    maxRecords?: number;
    /** The most bytes its records take, about. Default 256 MiB. */
    maxBytes?: number;
    /** What happens when it is full: `refuse` (default) or `evictCompleted`, the oldest completed record first. */
    whenFull?: "refuse" | "evictCompleted";
    /** How often expired records are swept, milliseconds. Default 5 minutes; expiry itself is exact without it. */
    cleanupInterval?: number;
    clock?: Clock;
}
/** What a memory store holds. */
interface MemoryStoreStats {
    readonly records: number;
    readonly bytes: number;
    readonly evicted: number;
}
/** Records in this process's memory: fast, bounded, gone with the process, not shared with another one. */
declare class MemoryStore implements Store {
    #private;
    constructor(options?: MemoryStoreOptions);
    apply(op: StoreOp): StoreReply;
    /** How much it holds now. */
    get stats(): MemoryStoreStats;
    /** As other stores tell it. */
    usage(): StoreUsage;
    /** Forgets everything and stops the sweep. */
    close(): void;
    [dispose](): void;
}

/** A retry and a breaker in one. */
interface Wrapped {
    /** As `RetryHandler.execute`, each attempt through the breaker. An open breaker ends the call. */
    execute<T>(operation: Operation$1<T>, options?: ExecuteOptions): Promise<T>;
}
/**
 * Puts a breaker under a retry: every attempt asks the breaker first and tells it how it ended, so the breaker hears of each
 * failure, and opens in the middle of a call if need be.
 *
 * @param timeout the limit of each attempt in milliseconds, in place of the policy's `attemptTimeout`.
 */
declare function wrap(handler: RetryHandler, breaker: CircuitBreaker, timeout?: number): Wrapped;

/** How a {@link MockStore} fails. */
interface MockFailure {
    /** Default: `STORE_UNAVAILABLE`. */
    readonly error?: unknown;
    /** Whether the operation takes effect all the same, and only its reply is lost. Default `false`. */
    readonly applied?: boolean;
}
/** A memory store that a test looks into, and breaks. */
interface MockStore extends Store {
    /** Every operation it was asked, also those that failed, the oldest first. */
    readonly operations: readonly StoreOp[];
    /** Lets the next `times` operations fail. */
    fail(times?: number, how?: MockFailure): void;
}
/** @param options as of `MemoryStore`. */
declare function mockStore(options?: MemoryStoreOptions): MockStore;

/** A clock that a test moves. */
interface VirtualClock extends Clock {
    /** Moves time on by `ms` milliseconds, waking every sleep on the way at its own time. */
    advance(ms: number): Promise<void>;
    /** How many sleeps are waiting. */
    readonly sleeping: number;
}
/**
 * A clock that stands still until `advance` moves it.
 *
 * @param start where `now()` and `wallNow()` begin, milliseconds. Default 0 for both.
 */
declare function virtualClock(start?: {
    now?: number;
    wallNow?: number;
}): VirtualClock;
/** A clock whose sleeps are over at once; its time moves on by what was slept. `slept` lists every sleep, milliseconds. */
declare function noSleep(start?: {
    now?: number;
    wallNow?: number;
}): Clock & {
    readonly slept: readonly number[];
};
/**
 * `operation`, but its first calls fail with `errors`, one after the other.
 *
 * ```ts
 * const flaky = injectErrors(() => "done", [new Error("first"), new Error("second")]);
 * ```
 */
declare function injectErrors<A extends unknown[], T>(operation: (...args: A) => T | PromiseLike<T>, errors: Iterable<unknown>): (...args: A) => Promise<T>;

export { DefaultCircuitBreakerConfig as $, CircuitBreaker as H, CircuitBreakerRegistry as I, CircuitOpenError as K, ClientFactory as L, ConfigError as P, DatabaseRetryConfig as R, DeadLetterQueue as X, DefaultRetryConfig as a0, ErrorCodes as a4, ErrorTypeCircuitBreaker as a7, ErrorTypeClient as a8, ErrorTypeNetwork as a9, IdempotentHttpClient as aF, Isolation as aJ, JitterTypeDecorrelated as aL, JitterTypeDeviation as aM, JitterTypeEqual as aN, JitterTypeFull as aO, JitterTypeNone as aP, MemoryDeadLetterStore as aV, MemoryStore as aW, OnceAgainError as a_, ErrorTypePermanent as aa, ErrorTypeRateLimit as ab, ErrorTypeServer as ac, ErrorTypeTimeout as ad, ErrorTypeTransient as ae, ErrorTypeUnknown as af, HTTPRetryConfig as as, HttpError as aw, IdempotencyManager as ay, QError as b3, StrategyExponentialBackoff as bA, StrategyFibonacciBackoff as bB, StrategyFixedDelay as bC, StrategyLinearBackoff as bD, TimeoutError as bG, coreVersion as bK, fingerprint as bL, idempotent as bM, isCircuitBreakerError as bN, loadPolicies as bO, retryWithCheckpoint as bP, simpleStore as bQ, wrap as bR, RetryBudget as bf, RetryExhaustedError as bj, RetryHandler as bk, RetryManager as bm, RetryManagerPool as bn, RetryPolicyManager as bq, S3RetryConfig as bt, StrategyCustom as bz, dispose as e, injectErrors as i, mockStore as m, noSleep as n, virtualClock as v, CacheRetryConfig as z };
export type { AttemptContext as A, BackoffOptions as B, Clock as C, CallOptions as D, CheckpointOptions as E, FetchOptions as F, Checkpointed as G, CircuitBreakerRegistryOptions as J, MockFailure as M, Codec as N, CommonBreakerOptions as O, Counted as Q, Store as S, DeadLetter as T, DeadLetterError as U, VirtualClock as V, DeadLetterHandler as W, DeadLetterQueueOptions as Y, DeadLetterQueueStats as Z, DeadLetterStore as _, MockStore as a, Operation$1 as a$, Detachment as a1, DuplicateCheck as a2, ErrorCode as a3, ErrorFacts as a5, ErrorKind as a6, IdempotencyRecord as aA, IdempotencyStats as aB, IdempotencyStore as aC, Idempotent as aD, IdempotentContext as aE, IdempotentOptions as aG, IdempotentResult as aH, Identity as aI, JitterType as aK, JointStore as aQ, LogLevel as aR, LogLine as aS, Logger as aT, MemoryDeadLetterStats as aU, MemoryStoreOptions as aX, MemoryStoreStats as aY, MutableRetryConfig as aZ, Eviction as ag, ExecuteOptions as ah, FallbackEvent as ai, FallbackStrategy as aj, FetchIdempotency as ak, FingerprintOptions as al, GiveUpEvent as am, GiveUpReason as an, GuardEvent as ao, GuardObservers as ap, GuardStats as aq, GuardedOperation as ar, HeaderLines as at, HttpAnswer as au, HttpClientOptions as av, HttpResponse as ax, IdempotencyManagerOptions as az, StoreOp as b, Outcome as b0, Permit as b1, PolicyWishes as b2, Queued as b4, QueuedCall as b5, Random as b6, RateBreakerOptions as b7, RedriveContext as b8, RedriveHandler as b9, SuccessEvent as bE, ThresholdBreakerOptions as bF, TraceOptions as bH, Variables as bI, Wrapped as bJ, RefreshAuth as ba, Rejection as bb, ReleaseMode as bc, RequestHeaders as bd, RequestOptions as be, RetryConfig as bg, RetryContext as bh, RetryEvent as bi, RetryHooks as bl, RetryOptions as bo, RetryPolicy as bp, RetryStats as br, RetryStrategy as bs, ScriptStore as bu, Settled as bv, SleepOptions as bw, StateChange as bx, StoredResponse as by, StoreReply as c, StoreUsage as d, BreakerCallOptions as f, BreakerChoice as g, BreakerEvents as h, BreakerLine as j, BreakerNotice as k, BreakerOptions as l, BreakerPreset as o, BreakerSnapshot as p, BreakerState as q, BreakerStats as r, BudgetConfig as s, BudgetOption as t, BudgetOptions as u, BudgetPreset as w, BudgetRules as x, BudgetStats as y };
