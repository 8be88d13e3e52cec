/* tslint:disable */
/* eslint-disable */

/**
 * Files a call; JSON in and out.
 */
export function actionClaim(handle: number, key: string | null | undefined, input: string, owner: Uint8Array | number[], now: number): string;

/**
 * Frees a configuration.
 */
export function actionClose(handle: number): void;

/**
 * The operation that completes a run jointly; JSON out, the outcome as payload.
 */
export function actionCompletion(handle: number, text?: string | null): string;

/**
 * The function of a run has ended; JSON out, bytes as payload.
 */
export function actionEnded(handle: number, now: number, draw: number, threw: boolean, text?: string | null): string;

/**
 * Reads the options of a function; JSON in and out.
 */
export function actionOpen(config: string): string;

/**
 * May a call be made? Through the mailbox.
 */
export function breakerAdmit(): void;

/**
 * The claim of the last admission, as JSON.
 */
export function breakerClaim(handle: number): string;

/**
 * Frees a breaker.
 */
export function breakerClose(handle: number): void;

/**
 * A configuration with every default filled in; JSON in and out.
 */
export function breakerComplete(config: string): string;

/**
 * A health check has ended. Through the mailbox.
 */
export function breakerHealth(): void;

/**
 * A shared breaker's store has answered, or not. Through the mailbox.
 */
export function breakerHear(request: string, answer?: string | null): void;

/**
 * Holds a breaker open. Through the mailbox.
 */
export function breakerIsolate(): void;

/**
 * A shared breaker's store has answered too late.
 */
export function breakerLate(handle: number, request: string, answer: string): void;

/**
 * Breakers in the text format of Prometheus, from a JSON list of names and handles.
 */
export function breakerMetrics(breakers: string): string;

/**
 * Turns a breaker off, into an observer, or on again. Through the mailbox.
 */
export function breakerMode(): void;

/**
 * Makes a breaker; JSON in and out.
 */
export function breakerOpen(config: string): string;

/**
 * What a shared breaker has to send, as JSON.
 */
export function breakerPoll(handle: number, now: number): string;

/**
 * How many breakers a registry keeps; JSON in and out.
 */
export function breakerRegistry(config: string): string;

/**
 * Takes back one isolation. Through the mailbox.
 */
export function breakerRelease(): void;

/**
 * Has a breaker begin anew. Through the mailbox.
 */
export function breakerReset(): void;

/**
 * Has a breaker go on where a snapshot stopped; JSON in and out.
 */
export function breakerRestore(handle: number, config: string, snapshot: string, now: number): string;

/**
 * A call has ended. Through the mailbox.
 */
export function breakerSettle(): void;

/**
 * Shares a breaker with others of its name, as JSON.
 */
export function breakerShare(handle: number, config: string): string;

/**
 * What is worth keeping of a breaker, as JSON.
 */
export function breakerSnapshot(handle: number, now: number): string;

/**
 * What a breaker has counted, as JSON.
 */
export function breakerStats(handle: number, now: number): string;

/**
 * Calls have succeeded, each at its own time. Through the mailbox.
 */
export function breakerSucceeded(): void;

/**
 * Frees a budget.
 */
export function budgetClose(handle: number): void;

/**
 * An attempt has failed, and its policy has decided. Through the mailbox.
 */
export function budgetFailed(): void;

/**
 * Makes a budget; JSON in and out.
 */
export function budgetOpen(rules: string, path: string): string;

/**
 * A retry that was allowed never started. Through the mailbox.
 */
export function budgetReturned(): void;

/**
 * What a budget has counted, as JSON. Asked through the mailbox.
 */
export function budgetStats(): string;

/**
 * A call has succeeded after a retry. Through the mailbox.
 */
export function budgetSucceeded(): void;

/**
 * A fingerprint that is one, as JSON.
 */
export function checkFingerprint(text: string): string;

/**
 * The key that a step of a run sends onwards.
 */
export function childKey(record: string, step: string, ordinal: number): string;

/**
 * A client's options, complete; JSON in and out.
 */
export function clientConfig(config: string): string;

/**
 * What a refusal is called; JSON in and out.
 */
export function clientFailure(refused: string): string;

/**
 * Which requests get a key; JSON in and out.
 */
export function clientKeys(config: string, path: string): string;

/**
 * The version of the decision core inside this module.
 */
export function coreVersion(): string;

/**
 * The JSON text in an encoded outcome; null when it keeps none.
 */
export function decodeResult(outcome: Uint8Array | number[]): string | undefined;

/**
 * What an encoded record says, as JSON.
 */
export function describeRecord(record: Uint8Array | number[]): string;

/**
 * A function's result, which is JSON text, as an encoded outcome.
 */
export function encodeResult(result: string): Uint8Array;

/**
 * Every error code with what it means, as JSON.
 */
export function errorTable(): string;

/**
 * The fingerprint of a raw body: `alg:hex`, or a refusal as JSON.
 */
export function fingerprintBytes(request: string, body: Uint8Array | number[]): string;

/**
 * The fingerprint of a parsed value by its JSON text: `alg:hex`, or a refusal as JSON.
 */
export function fingerprintJson(request: string, text: string): string;

/**
 * A version 4 UUID from 16 random bytes.
 */
export function generateKey(random: Uint8Array | number[]): string;

/**
 * Frees a box.
 */
export function lettersClose(handle: number): void;

/**
 * The letter with this id; empty when there is none.
 */
export function lettersGet(handle: number, id: string): string;

/**
 * The oldest letters; JSON out.
 */
export function lettersList(handle: number, limit: number): string;

/**
 * Makes a box of dead letters; JSON in and out.
 */
export function lettersOpen(config: string): string;

/**
 * Takes a letter; what became of it, in a word.
 */
export function lettersPut(handle: number, id: string, letter: string): string;

/**
 * Takes a letter out.
 */
export function lettersRemove(handle: number, id: string): boolean;

/**
 * What a box holds; JSON out.
 */
export function lettersStats(handle: number): string;

/**
 * Where the mailbox begins in the module's memory, in bytes.
 */
export function mailboxAddress(): number;

/**
 * What each word means, as JSON; a test compares it with the driver's.
 */
export function mailboxLayout(): string;

/**
 * Valid settings of a manager; JSON in and out.
 */
export function managerConfig(config: string): string;

/**
 * Applies one operation; JSON in and out, the reply's bytes as payload.
 */
export function memoryApply(handle: number, now: number, op: string, bytes?: Uint8Array | number[] | null): string;

/**
 * Frees a memory store.
 */
export function memoryClose(handle: number): void;

/**
 * Makes a memory store; JSON in and out.
 */
export function memoryOpen(config: string, seed: number): string;

/**
 * What a memory store holds, as JSON.
 */
export function memoryStats(handle: number): string;

/**
 * The setting that leaves no room for a write; empty when there is room.
 */
export function outboxAdmit(handle: number, records: number, bytes: number, size: number): string;

/**
 * Frees the settings of an outbox.
 */
export function outboxClose(handle: number): void;

/**
 * Reads the settings of an outbox; JSON in and out.
 */
export function outboxOpen(config: string, path: string): string;

/**
 * Which writes are sent now; JSON in and out.
 */
export function outboxPlan(handle: number, moment: string): string;

/**
 * What becomes of a write after an attempt; JSON in and out.
 */
export function outboxSettle(handle: number, ended: string): string;

/**
 * The record that a key is filed under, as JSON.
 */
export function recordKey(namespace: string, scope: string, key: string): string;

/**
 * How long a failure asked to wait, milliseconds; -1 when it did not.
 */
export function retryAfter(hints: string, now: number): number;

/**
 * The policy that fits what is said about a call; JSON in and out.
 */
export function retryChoose(wishes: string): string;

/**
 * Frees a policy.
 */
export function retryClose(handle: number): void;

/**
 * A configuration or a preset with every default filled in; JSON in and out.
 */
export function retryComplete(config: string, fill: string): string;

/**
 * The policy in environment variables; JSON in and out.
 */
export function retryEnvironment(variables: string, config: string, fill: string): string;

/**
 * An attempt has failed. Through the mailbox.
 */
export function retryFailed(): void;

/**
 * The verdict on a failure, as bits.
 */
export function retryJudge(handle: number, signals: string): number;

/**
 * Every policy of a table of levels; JSON in and out.
 */
export function retryLevels(table: string): string;

/**
 * Makes a policy; JSON in and out.
 */
export function retryOpen(config: string, fill: string): string;

/**
 * What a pool's manager starts from; JSON out.
 */
export function retryOperation(operation_type: string): string;

/**
 * The retry slot of a caller; -1 where the policy uses none.
 */
export function retrySlot(handle: number, service: string, operation: string, instance: string): number;

/**
 * Frees a run.
 */
export function runClose(handle: number): void;

/**
 * Hands an event to a run; JSON in and out, bytes as payload.
 */
export function runEvent(handle: number, now: number, draw: number, event: string, bytes?: Uint8Array | number[] | null): string;

/**
 * Decides one operation on an encoded record; JSON in and out, the record's and the reply's bytes as payload.
 */
export function storeStep(now: number, record: Uint8Array | number[] | null | undefined, op: string, bytes?: Uint8Array | number[] | null): string;

/**
 * The next bytes of the last answer; null when there are none.
 */
export function takePayload(): Uint8Array | undefined;

export type InitInput = RequestInfo | URL | Response | BufferSource | WebAssembly.Module;

export interface InitOutput {
    readonly memory: WebAssembly.Memory;
    readonly actionClaim: (a: number, b: number, c: number, d: number, e: number, f: number, g: number, h: number) => [number, number];
    readonly actionClose: (a: number) => void;
    readonly actionCompletion: (a: number, b: number, c: number) => [number, number];
    readonly actionEnded: (a: number, b: number, c: number, d: number, e: number, f: number) => [number, number];
    readonly actionOpen: (a: number, b: number) => [number, number];
    readonly breakerAdmit: () => void;
    readonly breakerClaim: (a: number) => [number, number];
    readonly breakerClose: (a: number) => void;
    readonly breakerComplete: (a: number, b: number) => [number, number];
    readonly breakerHealth: () => void;
    readonly breakerHear: (a: number, b: number, c: number, d: number) => void;
    readonly breakerIsolate: () => void;
    readonly breakerLate: (a: number, b: number, c: number, d: number, e: number) => void;
    readonly breakerMetrics: (a: number, b: number) => [number, number];
    readonly breakerMode: () => void;
    readonly breakerOpen: (a: number, b: number) => [number, number];
    readonly breakerPoll: (a: number, b: number) => [number, number];
    readonly breakerRegistry: (a: number, b: number) => [number, number];
    readonly breakerRelease: () => void;
    readonly breakerReset: () => void;
    readonly breakerRestore: (a: number, b: number, c: number, d: number, e: number, f: number) => [number, number];
    readonly breakerSettle: () => void;
    readonly breakerShare: (a: number, b: number, c: number) => [number, number];
    readonly breakerSnapshot: (a: number, b: number) => [number, number];
    readonly breakerStats: (a: number, b: number) => [number, number];
    readonly breakerSucceeded: () => void;
    readonly budgetClose: (a: number) => void;
    readonly budgetFailed: () => void;
    readonly budgetOpen: (a: number, b: number, c: number, d: number) => [number, number];
    readonly budgetReturned: () => void;
    readonly budgetStats: () => [number, number];
    readonly budgetSucceeded: () => void;
    readonly checkFingerprint: (a: number, b: number) => [number, number];
    readonly childKey: (a: number, b: number, c: number, d: number, e: number) => [number, number];
    readonly clientConfig: (a: number, b: number) => [number, number];
    readonly clientFailure: (a: number, b: number) => [number, number];
    readonly clientKeys: (a: number, b: number, c: number, d: number) => [number, number];
    readonly coreVersion: () => [number, number];
    readonly decodeResult: (a: number, b: number) => [number, number];
    readonly describeRecord: (a: number, b: number) => [number, number];
    readonly encodeResult: (a: number, b: number) => [number, number];
    readonly errorTable: () => [number, number];
    readonly fingerprintBytes: (a: number, b: number, c: number, d: number) => [number, number];
    readonly fingerprintJson: (a: number, b: number, c: number, d: number) => [number, number];
    readonly generateKey: (a: number, b: number) => [number, number];
    readonly lettersClose: (a: number) => void;
    readonly lettersGet: (a: number, b: number, c: number) => [number, number];
    readonly lettersList: (a: number, b: number) => [number, number];
    readonly lettersOpen: (a: number, b: number) => [number, number];
    readonly lettersPut: (a: number, b: number, c: number, d: number, e: number) => [number, number];
    readonly lettersRemove: (a: number, b: number, c: number) => number;
    readonly lettersStats: (a: number) => [number, number];
    readonly mailboxAddress: () => number;
    readonly mailboxLayout: () => [number, number];
    readonly managerConfig: (a: number, b: number) => [number, number];
    readonly memoryApply: (a: number, b: number, c: number, d: number, e: number, f: number) => [number, number];
    readonly memoryClose: (a: number) => void;
    readonly memoryOpen: (a: number, b: number, c: number) => [number, number];
    readonly memoryStats: (a: number) => [number, number];
    readonly outboxAdmit: (a: number, b: number, c: number, d: number) => [number, number];
    readonly outboxClose: (a: number) => void;
    readonly outboxOpen: (a: number, b: number, c: number, d: number) => [number, number];
    readonly outboxPlan: (a: number, b: number, c: number) => [number, number];
    readonly outboxSettle: (a: number, b: number, c: number) => [number, number];
    readonly recordKey: (a: number, b: number, c: number, d: number, e: number, f: number) => [number, number];
    readonly retryAfter: (a: number, b: number, c: number) => number;
    readonly retryChoose: (a: number, b: number) => [number, number];
    readonly retryClose: (a: number) => void;
    readonly retryComplete: (a: number, b: number, c: number, d: number) => [number, number];
    readonly retryEnvironment: (a: number, b: number, c: number, d: number, e: number, f: number) => [number, number];
    readonly retryFailed: () => void;
    readonly retryJudge: (a: number, b: number, c: number) => number;
    readonly retryLevels: (a: number, b: number) => [number, number];
    readonly retryOpen: (a: number, b: number, c: number, d: number) => [number, number];
    readonly retryOperation: (a: number, b: number) => [number, number];
    readonly retrySlot: (a: number, b: number, c: number, d: number, e: number, f: number, g: number) => number;
    readonly runClose: (a: number) => void;
    readonly runEvent: (a: number, b: number, c: number, d: number, e: number, f: number, g: number) => [number, number];
    readonly storeStep: (a: number, b: number, c: number, d: number, e: number, f: number, g: number) => [number, number];
    readonly takePayload: () => [number, number];
    readonly __wbindgen_externrefs: WebAssembly.Table;
    readonly __wbindgen_malloc: (a: number, b: number) => number;
    readonly __wbindgen_realloc: (a: number, b: number, c: number, d: number) => number;
    readonly __wbindgen_free: (a: number, b: number, c: number) => void;
    readonly __wbindgen_start: () => void;
}

export type SyncInitInput = BufferSource | WebAssembly.Module;

/**
 * Instantiates the given `module`, which can either be bytes or
 * a precompiled `WebAssembly.Module`.
 *
 * @param {{ module: SyncInitInput }} module - Passing `SyncInitInput` directly is deprecated.
 *
 * @returns {InitOutput}
 */
export function initSync(module: { module: SyncInitInput } | SyncInitInput): InitOutput;

/**
 * If `module_or_path` is {RequestInfo} or {URL}, makes a request and
 * for everything else, calls `WebAssembly.instantiate` directly.
 *
 * @param {{ module_or_path: InitInput | Promise<InitInput> }} module_or_path - Passing `InitInput` directly is deprecated.
 *
 * @returns {Promise<InitOutput>}
 */
export default function __wbg_init (module_or_path: { module_or_path: InitInput | Promise<InitInput> } | InitInput | Promise<InitInput>): Promise<InitOutput>;
