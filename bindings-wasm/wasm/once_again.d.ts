/* tslint:disable */
/* eslint-disable */

/**
 * May a call be made? Through the mailbox.
 */
export function breakerAdmit(): void;

/**
 * Frees a breaker.
 */
export function breakerClose(handle: number): void;

/**
 * A health check has ended. Through the mailbox.
 */
export function breakerHealth(): void;

/**
 * Makes a breaker; JSON in and out.
 */
export function breakerOpen(config: string): string;

/**
 * A call has ended. Through the mailbox.
 */
export function breakerSettle(): void;

/**
 * What a breaker has counted, as JSON.
 */
export function breakerStats(handle: number, now: number): string;

/**
 * Calls have succeeded, each at its own time. Through the mailbox.
 */
export function breakerSucceeded(): void;

/**
 * The version of the decision core inside this module.
 */
export function coreVersion(): string;

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
 * Where the mailbox begins in the module's memory, in bytes.
 */
export function mailboxAddress(): number;

/**
 * What each word means, as JSON; a test compares it with the driver's.
 */
export function mailboxLayout(): string;

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
export function retryComplete(config: string): string;

/**
 * An attempt has failed. Through the mailbox.
 */
export function retryFailed(): void;

/**
 * The verdict on a failure, as bits.
 */
export function retryJudge(handle: number, signals: string): number;

/**
 * Makes a policy; JSON in and out.
 */
export function retryOpen(config: string): string;

export type InitInput = RequestInfo | URL | Response | BufferSource | WebAssembly.Module;

export interface InitOutput {
    readonly memory: WebAssembly.Memory;
    readonly breakerAdmit: () => void;
    readonly breakerClose: (a: number) => void;
    readonly breakerHealth: () => void;
    readonly breakerOpen: (a: number, b: number) => [number, number];
    readonly breakerSettle: () => void;
    readonly breakerStats: (a: number, b: number) => [number, number];
    readonly breakerSucceeded: () => void;
    readonly coreVersion: () => [number, number];
    readonly errorTable: () => [number, number];
    readonly fingerprintBytes: (a: number, b: number, c: number, d: number) => [number, number];
    readonly fingerprintJson: (a: number, b: number, c: number, d: number) => [number, number];
    readonly mailboxAddress: () => number;
    readonly mailboxLayout: () => [number, number];
    readonly retryAfter: (a: number, b: number, c: number) => number;
    readonly retryChoose: (a: number, b: number) => [number, number];
    readonly retryClose: (a: number) => void;
    readonly retryComplete: (a: number, b: number) => [number, number];
    readonly retryFailed: () => void;
    readonly retryJudge: (a: number, b: number, c: number) => number;
    readonly retryOpen: (a: number, b: number) => [number, number];
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
