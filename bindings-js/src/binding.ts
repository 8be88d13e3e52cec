// Where the driver meets the decision core. Each public package brings its own binding (napi in Node, wasm elsewhere);
// both offer the same functions, because both only attach attributes to one Rust crate.

import { learnErrors, OnceAgainError } from "./errors.js";

/**
 * What a binding offers. Structured things cross as one JSON text, small hot things through the mailbox: a function
 * without arguments reads its numbers there and leaves its answer there (`mailbox.ts` names the words).
 */
export interface Binding {
  /** Whose errors are to be classified. */
  readonly host: "node" | "browser";
  coreVersion(): string;
  /** The 64 numbers of this thread. A wasm view dies when memory grows, so ask again whenever its length is 0. */
  mailbox(): Float64Array;
  /** Every error code with status, retryable and suggested actions, as JSON. */
  errorTable(): string;

  /** `fill` is the preset that fills what the configuration leaves open. */
  retryOpen(config: string, fill: string): string;
  retryClose(handle: number): void;
  /** A configuration, or a preset's name, with every default filled in. */
  retryComplete(config: string, fill: string): string;
  /** Every policy of a table of levels, by name. */
  retryLevels(table: string): string;
  /** The policy of a configuration, environment variables and a preset, in this order. */
  retryEnvironment(variables: string, config: string, fill: string): string;
  /** What a pool's manager for a type of operation starts from: `{"preset", "operationType"?}`. */
  retryOperation(operationType: string): string;
  /** The policy that `{retryPolicy, criticality, module, realTime, userFacing}` mean. */
  retryChoose(wishes: string): string;
  /** The verdict on one failure as bits, to be handed back in the mailbox; NaN when the handle is closed. */
  retryJudge(handle: number, signals: string): number;
  /** How long the failure asked us to wait, in milliseconds; -1 when it did not. */
  retryAfter(hints: string, wallNow: number): number;
  retryFailed(): void;
  /** The retry slot of a caller; -1 where the policy uses none. */
  retrySlot(handle: number, service: string, operation: string, instance: string): number;

  /** `path` stands before a field's name in an error. */
  budgetOpen(rules: string, path: string): string;
  budgetClose(handle: number): void;
  budgetFailed(): void;
  budgetReturned(): void;
  budgetSucceeded(): void;
  budgetStats(): string;

  lettersOpen(config: string): string;
  lettersClose(handle: number): void;
  /** `kept`, `replaced`, `full`, or `gone` when it was closed. */
  lettersPut(handle: number, id: string, letter: string): string;
  /** Empty when there is none. */
  lettersGet(handle: number, id: string): string;
  lettersList(handle: number, limit: number): string;
  lettersRemove(handle: number, id: string): boolean;
  lettersStats(handle: number): string;

  /** An HTTP client's options, complete. */
  clientConfig(config: string): string;
  /** Which requests get a key; `path` stands before a field's name in an error. */
  clientKeys(config: string, path: string): string;
  /** `{"code","retryable"}` of an answer that refuses a request, or of none. */
  clientFailure(refused: string): string;
  /** What becomes of a redirect; undefined where the platform follows them unseen. */
  clientRedirect?(given: string): string;

  breakerOpen(config: string): string;
  breakerClose(handle: number): void;
  breakerAdmit(): void;
  breakerSettle(): void;
  breakerSucceeded(): void;
  breakerHealth(): void;
  breakerIsolate(): void;
  breakerRelease(): void;
  breakerMode(): void;
  breakerReset(): void;
  breakerStats(handle: number, now: number): string;
  /** A configuration, or a preset's name, with every default filled in. */
  breakerComplete(config: string): string;
  /** Shares the breaker behind `handle`, made from `config`, with others of its name. */
  breakerShare(handle: number, config: string): string;
  /** What a shared breaker has to send in the background, `null` for nothing. */
  breakerPoll(handle: number, now: number): string;
  /** The claim that the last admission left to be sent. */
  breakerClaim(handle: number): string;
  /** What became of a request: an answer, or none. Also reads and writes the mailbox. */
  breakerHear(request: string, answer?: string): void;
  /** An answer came after the request was given up. */
  breakerLate(handle: number, request: string, answer: string): void;
  breakerSnapshot(handle: number, now: number): string;
  /** Has the breaker behind `handle`, made from `config`, go on where a snapshot stopped. */
  breakerRestore(handle: number, config: string, snapshot: string, now: number): string;
  /** Breakers, from a JSON list of names and handles, in the text format of Prometheus. */
  breakerMetrics(breakers: string): string;
  /** The limits of a registry with every default filled in. */
  breakerRegistry(config: string): string;

  /** Both answer `alg:hex`, or a refusal as JSON. `request` is JSON too, or empty. */
  fingerprintBytes(request: string, body: Uint8Array): string;
  fingerprintJson(request: string, text: string): string;

  /** The next bytes that belong to the last answer. */
  takePayload(): Uint8Array | null | undefined;
  memoryOpen(config: string, seed: number): string;
  memoryClose(handle: number): void;
  /** Applies an operation when the wall clock shows `now`, in milliseconds; the reply's bytes are its payload. */
  memoryApply(handle: number, now: number, op: string, payload?: Uint8Array): string;
  memoryStats(handle: number): string;
  /** Decides an operation on an encoded record; the record to put, then the reply's bytes are its payload. */
  storeStep(now: number, record: Uint8Array | undefined, op: string, payload?: Uint8Array): string;

  /** Moves a run on: JSON in and out, bytes as payload. `wall` is the clock of a store that core asks by itself. */
  runEvent(handle: number, now: number, draw: number, event: string, payload?: Uint8Array, wall?: number): string;
  runClose(handle: number): void;
  actionOpen(config: string): string;
  actionClose(handle: number): void;
  /** Files a call under its key or its content: `{"run","key"}`, or a refusal. */
  actionClaim(handle: number, key: string | undefined, input: string, owner: Uint8Array, now: number): string;
  /** `text` is what a run's function returned or threw; undefined when it cannot be replayed. */
  actionEnded(handle: number, now: number, draw: number, threw: boolean, text: string | undefined): string;
  /** The operation that completes a run inside the caller's own transaction, or `null`. */
  actionCompletion(handle: number, text: string | undefined): string;

  managerConfig(config: string): string;
  generateKey(random: Uint8Array): string;
  recordKey(namespace: string, scope: string, key: string): string;
  /** The key that a step of the run under `record` (hexadecimal) sends onwards. */
  childKey(record: string, step: string, ordinal: number): string;
  checkFingerprint(text: string): string;
  encodeResult(result: string): Uint8Array;
  decodeResult(outcome: Uint8Array): string | null | undefined;
  describeRecord(record: Uint8Array): string;
}

/** Before a binding is there, whatever is asked of it says so. */
const notYet = new Proxy({} as Binding, {
  get() {
    throw new OnceAgainError("NOT_READY", "once-again is not ready: await init() first");
  },
});

/** The binding of this package. */
export let core: Binding = notYet;

/** Called once by each public package, as soon as its binding is loaded. */
export function bind(binding: Binding): void {
  core = binding;
  learnErrors(binding.errorTable());
}

/** The version of the decision core, the same number in every language. */
export function coreVersion(): string {
  return core.coreVersion();
}
