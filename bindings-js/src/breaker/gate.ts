// A breaker's gate: what the driver remembers of core's last answer, and the two questions it asks.
//
// While a breaker is closed its admission need not be asked for, and while it is quiet a success need not be told: core
// says so itself, in every answer. Other successes of a closed breaker are kept back, each with its own time, and told
// before the next question: no success opens a breaker, so nobody can tell the difference, and a crossing is saved.

import { core } from "../binding.js";
import { type Clock, type Random, systemClock } from "../clock.js";
import { CircuitOpenError, OnceAgainError } from "../errors.js";
import { Machine } from "../machine.js";
import { mailbox, Word } from "../mailbox.js";
import { readAnswer, specText } from "../spec.js";
import { isBlamed } from "./blame.js";
import { Listeners } from "./events.js";
import { checkHost } from "./host.js";
import { Shared } from "./shared.js";
import type {
  BreakerOptions,
  BreakerSnapshot,
  BreakerState,
  BreakerStats,
  FallbackStrategy,
  Settled,
  StateChange,
} from "./types.js";

/** Where V8 keeps how many frames an error records. */
const Traces = Error as { stackTraceLimit?: number };

/** Core's numbers of `State`. */
const STATES: readonly BreakerState[] = ["CLOSED", "OPEN", "HALF_OPEN", "FORCED_OPEN", "DISABLED", "METRICS_ONLY"];

/** So many successes are kept back at most. */
const KEPT = 24;

/** Core's numbers of `Outcome`. */
export const Outcomes = { success: 0, failure: 1, ignored: 2, abandoned: 3 } as const;

/** Core's numbers of `Mode`. */
export const Modes = { normal: 0, disabled: 1, metricsOnly: 2 } as const;

/** Core's numbers of `Verdict`. */
const SETTLED: readonly Settled[] = ["counted", "stale", "duplicate"];

/** Core's number of the permit that `closedEpoch` stands for. */
const CALL = 0;

/** The store of a shared breaker must say. */
const CLAIM = Symbol("claim");

/** The right to make one call; to be settled when the call has ended. */
export interface Permit {
  readonly epoch: number;
  readonly kind: number;
  readonly seq: number;
  /** When it was given, milliseconds; 0 where nobody asks how long calls take. */
  readonly since: number;
}

/** How many values a caching breaker keeps, and for how long (milliseconds). */
export interface CacheLimits {
  readonly values: number;
  readonly age: number;
}

/** Core's answer to a configuration. */
interface Opened {
  readonly handle: number;
  readonly name: string;
  readonly fallbackStrategy: FallbackStrategy;
  readonly timesCalls: boolean;
  readonly cache: CacheLimits | null;
  readonly healthCheck: { readonly interval: number; readonly timeout: number } | null;
  readonly closedEpoch: number;
  readonly quiet: boolean;
}

/** Core's answer to a snapshot. */
type Restored = Pick<Gate, "state" | "closedEpoch" | "quiet">;

/** What core reads of a breaker's options; the rest only the driver understands. */
function specOf({ clock, random, isFailure, captureStack, shared, ...spec }: BreakerOptions): object {
  return spec;
}

export class Gate {
  readonly name: string;
  readonly clock: Clock;
  readonly fallbackStrategy: FallbackStrategy;
  readonly cache: CacheLimits | null;
  readonly healthCheck: { readonly interval: number; readonly timeout: number } | null;
  readonly timesCalls: boolean;
  /** While this epoch lasts the breaker admits without being asked; 0 means ask. */
  closedEpoch: number;
  /** A success in `closedEpoch` would change nothing. */
  quiet: boolean;
  state: BreakerState = "CLOSED";
  /** Told of every change of state before its listeners are. */
  onChange: (change: StateChange) => void = () => {};
  readonly listeners = new Listeners();
  /** What of the breaker is shared through a store. */
  readonly shared: Shared | undefined;

  readonly #machine: Machine;
  readonly #random: Random;
  readonly #isFailure: ((error: unknown) => boolean) | undefined;
  readonly #captureStack: boolean;
  /** When the successes kept back ended, milliseconds; made with the first of them. */
  #times: Float64Array | undefined;
  #kept = 0;
  /** After a rejection: the time until the breaker may admit again, milliseconds. */
  #wait = 0;

  constructor(options: BreakerOptions) {
    const { clock, random, isFailure, captureStack } = options;
    const spec = specText(specOf(options));
    const opened = readAnswer<Opened>(core.breakerOpen(spec));
    this.#machine = new Machine(this, opened.handle, core.breakerClose);
    checkHost(options);
    this.name = opened.name;
    this.fallbackStrategy = opened.fallbackStrategy;
    this.cache = opened.cache;
    this.healthCheck = opened.healthCheck;
    this.timesCalls = opened.timesCalls;
    this.closedEpoch = opened.closedEpoch;
    this.quiet = opened.quiet;
    this.clock = clock ?? systemClock;
    this.#random = random ?? Math.random;
    this.#isFailure = isFailure ?? undefined;
    this.#captureStack = captureStack === true;
    if (options.shared !== undefined) {
      this.shared = new Shared(this, options.shared);
      readAnswer(core.breakerShare(opened.handle, spec));
    }
  }

  /** A permit for one call, or undefined: then `rejection()` is what the caller gets. */
  admit(): Permit | undefined {
    const permit = this.#admit(0);
    return permit === CLAIM ? undefined : permit;
  }

  /** As `admit`; where the store of a shared breaker must say, what it will have said. */
  admitOrClaim(): Permit | undefined | Promise<Permit | undefined> {
    const permit = this.#admit(1);
    return permit === CLAIM ? this.shared?.claim() : permit;
  }

  #admit(waits: number): Permit | undefined | typeof CLAIM {
    const since = this.timesCalls ? this.clock.now() : 0;
    if (this.closedEpoch !== 0) {
      this.shared?.tend(this.clock.now());
      return { epoch: this.closedEpoch, kind: CALL, seq: 0, since };
    }
    this.throwIfClosed();
    const now = this.clock.now();
    const ask = mailbox();
    ask[Word.handle] = this.#machine.handle;
    ask[Word.now] = now;
    ask[Word.waits] = waits;
    core.breakerAdmit();
    const told = mailbox();
    const answer = told[Word.admitted] === 2 ? CLAIM : this.#decided(told, since);
    this.#remember(told);
    this.shared?.tend(now);
    return answer;
  }

  /** Core's decision on a call: its permit, or how long to wait. */
  #decided(told: Float64Array, since: number): Permit | undefined {
    this.#wait = told[Word.wait] as number;
    if (told[Word.admitted] !== 1) return undefined;
    return {
      epoch: told[Word.permit] as number,
      kind: told[Word.permit + 1] as number,
      seq: told[Word.permit + 2] as number,
      since,
    };
  }

  /** The store of a shared breaker has answered a request, or has not: `error` says why. Answers the permit of a claim. */
  hear(request: string, answer: string | undefined, error: unknown): Permit | undefined {
    const now = this.clock.now();
    const draw = this.#random();
    this.#tell();
    const ask = mailbox();
    ask[Word.handle] = this.#machine.handle;
    ask[Word.now] = now;
    ask[Word.draw] = draw;
    core.breakerHear(request, answer);
    const told = mailbox();
    const { shared, name } = this;
    if (shared === undefined || told[Word.gone] === 1) return undefined;
    const permit = this.#decided(told, now);
    const attached = told[Word.attached] as number;
    this.#remember(told);
    if (attached >= 0) shared.attached = attached === 1;
    if (attached === 1) this.listeners.tell("attached", () => ({ name }));
    if (attached === 0) this.listeners.tell("detached", () => ({ name, error }));
    shared.tend(now);
    return permit;
  }

  /** The error of a call that was just rejected. Without a stack unless asked for: it costs more than all the rest. */
  rejection(): CircuitOpenError {
    const error = this.#rejection();
    const { name, state } = this;
    this.listeners.tell("reject", () => ({ name, state, retryAfter: error.retryAfter }));
    return error;
  }

  #rejection(): CircuitOpenError {
    const at = this.clock.wallNow();
    const limit = Traces.stackTraceLimit;
    if (this.#captureStack || limit === undefined) return new CircuitOpenError(this.name, this.state, this.#wait, at);
    Traces.stackTraceLimit = 0;
    try {
      return new CircuitOpenError(this.name, this.state, this.#wait, at);
    } finally {
      Traces.stackTraceLimit = limit;
    }
  }

  /** How an error counts. */
  outcomeOf(error: unknown, signal?: AbortSignal): number {
    if (signal?.aborted) return Outcomes.abandoned;
    try {
      const counts = this.#isFailure === undefined ? isBlamed(error) : this.#isFailure(error);
      return counts ? Outcomes.failure : Outcomes.ignored;
    } catch {
      // Who cannot say that an error is harmless must not make it so, nor take its place.
      return Outcomes.failure;
    }
  }

  /** A call that was made in `epoch` without asking has failed. */
  failed(epoch: number, error: unknown): void {
    this.#settle(epoch, CALL, 0, this.outcomeOf(error), 0);
  }

  /** A call that was made in `epoch` without asking has succeeded. */
  succeeded(epoch: number): void {
    if (epoch !== this.closedEpoch) {
      this.#settle(epoch, CALL, 0, Outcomes.success, 0);
    } else if (!this.quiet) {
      this.#times ??= new Float64Array(KEPT);
      this.#times[this.#kept++] = this.clock.now();
      if (this.#kept === KEPT) this.#tell();
    }
  }

  /** A permitted call has succeeded, and nobody asks what became of that. */
  completed(permit: Permit): void {
    if (permit.kind === CALL && !this.timesCalls) this.succeeded(permit.epoch);
    else this.settle(permit, Outcomes.success);
  }

  /** A permitted call has ended; answers what became of the result. */
  settle(permit: Permit, outcome: number): Settled {
    return this.#settle(permit.epoch, permit.kind, permit.seq, outcome, permit.since);
  }

  /** A health check has ended. */
  health(ok: boolean): void {
    const now = this.clock.now();
    const ask = mailbox();
    ask[Word.handle] = this.#machine.handle;
    ask[Word.now] = now;
    ask[Word.outcome] = ok ? Outcomes.success : Outcomes.failure;
    core.breakerHealth();
    this.#remember(mailbox());
  }

  /** Holds the breaker open; `release` takes it back. */
  isolate(): void {
    this.#operate(core.breakerIsolate);
  }

  /** Takes back one isolation. A breaker that was disposed of has none. */
  release(): void {
    if (this.#machine.handle !== 0) this.#operate(core.breakerRelease);
  }

  setMode(mode: keyof typeof Modes): void {
    this.#operate(core.breakerMode, Modes[mode]);
  }

  reset(): void {
    this.#operate(core.breakerReset);
  }

  snapshot(): BreakerSnapshot {
    this.throwIfClosed();
    this.#tell();
    return JSON.parse(core.breakerSnapshot(this.#machine.handle, this.clock.now())) as BreakerSnapshot;
  }

  /** Goes on where a snapshot stopped, under `options`, which this gate was made from. */
  restore(snapshot: BreakerSnapshot, options: BreakerOptions): void {
    const { handle } = this.#machine;
    const text = core.breakerRestore(handle, specText(specOf(options)), specText(snapshot), this.clock.now());
    const { state, closedEpoch, quiet } = readAnswer<Restored>(text);
    this.state = state;
    this.closedEpoch = closedEpoch;
    this.quiet = quiet;
  }

  /** The breaker's number in core; 0 once it was disposed of. */
  get handle(): number {
    return this.#machine.handle;
  }

  stats(): BreakerStats {
    this.throwIfClosed();
    this.#tell();
    return JSON.parse(core.breakerStats(this.#machine.handle, this.clock.now())) as BreakerStats;
  }

  close(): void {
    this.#machine.free();
    this.closedEpoch = 0;
    this.quiet = false;
  }

  throwIfClosed(): void {
    if (this.#machine.handle === 0)
      throw new OnceAgainError("CANCELLED", `circuit breaker ${this.name} was disposed of`);
  }

  /** Tells core of the successes kept back. Comes before every other question about a closed breaker. */
  #tell(): void {
    const times = this.#times;
    const kept = this.#kept;
    if (times === undefined || kept === 0) return;
    this.#kept = 0;
    const ask = mailbox();
    ask[Word.handle] = this.#machine.handle;
    ask[Word.kept] = kept;
    for (let i = 0; i < kept; i++) ask[Word.times + i] = times[i] as number;
    core.breakerSucceeded();
    this.#remember(mailbox());
  }

  #settle(epoch: number, kind: number, seq: number, outcome: number, since: number): Settled {
    const now = this.clock.now();
    const draw = this.#random();
    this.#tell();
    const ask = mailbox();
    ask[Word.handle] = this.#machine.handle;
    ask[Word.now] = now;
    ask[Word.draw] = draw;
    ask[Word.permit] = epoch;
    ask[Word.permit + 1] = kind;
    ask[Word.permit + 2] = seq;
    ask[Word.outcome] = outcome;
    ask[Word.duration] = this.timesCalls ? now - since : 0;
    core.breakerSettle();
    const told = mailbox();
    // A breaker that was disposed of meanwhile counts nothing any more.
    if (told[Word.gone] === 1) return "stale";
    const settled = SETTLED[told[Word.settled] as number] as Settled;
    const wouldOpen = told[Word.wouldOpen] === 1;
    this.#remember(told);
    this.shared?.tend(now);
    const { name } = this;
    if (settled === "stale") this.listeners.tell("stale", () => ({ name }));
    if (wouldOpen) this.listeners.tell("wouldOpen", () => ({ name }));
    return settled;
  }

  #operate(act: () => void, mode = 0): void {
    this.throwIfClosed();
    this.#tell();
    const ask = mailbox();
    ask[Word.handle] = this.#machine.handle;
    ask[Word.mode] = mode;
    act();
    this.#remember(mailbox());
  }

  #remember(told: Float64Array): void {
    if (told[Word.gone] === 1) return;
    const from = told[Word.changedFrom] as number;
    this.closedEpoch = told[Word.closedEpoch] as number;
    this.quiet = told[Word.quiet] === 1;
    this.state = STATES[told[Word.state] as number] as BreakerState;
    if (this.shared !== undefined) this.shared.wake = told[Word.wake] as number;
    if (from < 0) return;
    // The listeners are the user's: they may ask this very breaker, so they come last.
    const change = { name: this.name, from: STATES[from] as BreakerState, to: this.state };
    this.onChange(change);
    this.listeners.tell("stateChange", () => change);
  }
}
