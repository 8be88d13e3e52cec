// One call under way: what the driver remembers between two failures, and how it asks core what to do next.

import { Attempt, type Limit, type Operation, runBounded } from "../attempt.js";
import { core } from "../binding.js";
import type { Purse } from "../budget/account.js";
import { bury } from "../dead_letter/bury.js";
import { type GiveUpReason, RetryExhaustedError, TimeoutError } from "../errors.js";
import { mailbox, Word } from "../mailbox.js";
import { observe } from "../observe.js";
import { kindOf } from "./kinds.js";
import { type Plan, RETRY_BIT } from "./plan.js";
import { type HttpSignals, httpSignals } from "./signals.js";
import { Story } from "./story.js";
import type { ErrorKind, ExecuteOptions } from "./types.js";

/** Runs an attempt inside something else, a breaker for instance. */
export type Around<T> = (attempt: () => T | PromiseLike<T>) => T | PromiseLike<T>;

/** What our HTTP clients say of a call beside its options. */
interface RequestOptions extends ExecuteOptions {
  readonly [httpSignals]?: HttpSignals | undefined;
}

/** Of a call that fails for very long, only the last errors are kept. */
const KEPT_ERRORS = 1_000;

/** How many numbers the state of one call is. */
const STATE_WORDS = 6;

/** Core's numbers of the steps that are not in `REASONS`: sleep and try again; throw the failure as it came. */
const RETRY = 0;
const NOT_RETRYABLE = 1;

/** Core's `Stop`, by number. */
const REASONS: readonly (GiveUpReason | undefined)[] = [
  undefined,
  undefined,
  "EXHAUSTED",
  "DEADLINE",
  "RETRY_AFTER_TOO_LONG",
  "KIND_LIMIT",
  "BUDGET",
];

export class Call<T> {
  readonly #plan: Plan;
  readonly #operation: Operation<T>;
  readonly #options: ExecuteOptions;
  readonly #start: number;
  readonly #around: Around<T> | undefined;
  readonly #errors: unknown[] = [];
  /** The six numbers that are this call to core; none before the first failure. */
  #state: readonly number[] | undefined;
  #story: Story | undefined;
  /** What it takes from its budget; none before the first failure. */
  #purse: Purse | undefined;
  #attempts: number;

  /** A call that began at `start` and has made `attempts` attempts. */
  constructor(
    plan: Plan,
    operation: Operation<T>,
    options: ExecuteOptions,
    start: number,
    attempts: number,
    around?: Around<T>,
  ) {
    this.#plan = plan;
    this.#operation = operation;
    this.#options = options;
    this.#start = start;
    this.#attempts = attempts;
    this.#around = around;
  }

  throwIfCancelled(): void {
    const signal = this.#options.signal;
    if (signal?.aborted) throw signal.reason;
  }

  /** Tells the budget that the call begins. */
  begin(): void {
    this.#plan.budget?.began();
  }

  /** Makes the next attempt. */
  attempt(): T | PromiseLike<T> {
    const around = this.#around;
    this.#attempts++;
    if (this.#plan.journal?.detailed === true) this.#told.attempt(this.#attempts);
    return around === undefined ? this.#run() : around(() => this.#run());
  }

  /** Returns when it is time for the next attempt; throws when there is none. */
  async failed(failure: unknown): Promise<void> {
    this.throwIfCancelled();
    const plan = this.#plan;
    if (this.#errors.length === KEPT_ERRORS) this.#errors.shift();
    this.#errors.push(failure);

    const verdict = plan.judge(failure, (this.#options as RequestOptions)[httpSignals]);
    const { step, delay, letter } = this.#ask(failure, verdict);
    const kind = kindOf(verdict);
    this.#told.failed(this.#attempts, failure, kind, step === RETRY ? delay : undefined);
    if (step !== RETRY) throw this.#givenUp(failure, kind, REASONS[step], letter);

    try {
      const { onRetry } = plan.hooks;
      if (onRetry !== undefined) {
        observe(onRetry, { name: this.#name, attempt: this.#attempts, delay, error: failure, kind });
        this.throwIfCancelled();
      }
      if (delay > 0) await this.#sleep(delay);
      const { totalTimeout } = plan;
      // A timer that rang late may have passed the deadline: what could not end in time is not begun.
      if (totalTimeout !== undefined && this.#elapsed() >= totalTimeout) {
        throw this.#givenUp(failure, kind, "DEADLINE", letter);
      }
    } catch (ended) {
      // The retry was paid for and never starts.
      this.#purse?.returned();
      throw ended;
    }
  }

  succeeded(): void {
    this.#story?.succeeded(this.#attempts);
    if (this.#purse !== undefined) this.#purse.succeeded();
    else this.#plan.budget?.succeeded();
    const { onSuccess } = this.#plan.hooks;
    if (onSuccess === undefined) return;
    observe(onSuccess, { name: this.#name, attempts: this.#attempts, elapsed: this.#elapsed() });
  }

  get #name(): string {
    return this.#options.name ?? this.#plan.name;
  }

  get #told(): Story {
    this.#story ??= new Story(this.#plan, this.#name, this.#options);
    return this.#story;
  }

  #elapsed(): number {
    return this.#plan.clock.now() - this.#start;
  }

  #run(): T | PromiseLike<T> {
    const { clock, attemptTimeout, totalTimeout } = this.#plan;
    const { signal, unref } = this.#options;
    // Called as a plain function: `this` of the operation is nobody's business here.
    const operation = this.#operation;
    if (signal === undefined && attemptTimeout === undefined && totalTimeout === undefined) {
      return operation(new Attempt(this.#attempts));
    }
    const limit = this.#limit(attemptTimeout, totalTimeout);
    return runBounded(operation, this.#attempts, { clock, signal, limit, unref: unref === true });
  }

  /** Whichever ends first: this attempt's own time or that of the whole call. */
  #limit(ofAttempt: number | undefined, ofCall: number | undefined): Limit | undefined {
    const { clock } = this.#plan;
    const left = ofCall === undefined ? Number.POSITIVE_INFINITY : Math.max(0, ofCall - this.#elapsed());
    const [ms, what, allowed] =
      ofAttempt !== undefined && ofAttempt <= left
        ? [ofAttempt, `attempt ${this.#attempts}`, ofAttempt]
        : [left, "the call", ofCall];
    if (allowed === undefined) return undefined;
    return { ms, timedOut: () => new TimeoutError(`${what} took longer than ${allowed} ms`, allowed, clock.wallNow()) };
  }

  /** What follows this failure, by core and then by the caller's own functions, who are asked only if core would go on. */
  #ask(failure: unknown, verdict: number): Answer {
    const plan = this.#plan;
    const question = {
      now: plan.clock.now(),
      draw: plan.random(),
      retryAfter: plan.retryAfter(failure),
      slot: plan.slot(this.#name),
      // Core's own numbers of a call that has not failed yet are when it began, and nothing else.
      state: this.#state ?? [Math.round(this.#start * 1_000), 0, 0, 0, 0, 0],
    };
    let agreed = verdict;
    let answer = ask(plan.handle, question, verdict, plan.computesDelays ? 0 : -1);
    if (answer.step === RETRY && plan.consults) {
      if (!plan.agrees(failure, this.#attempts)) agreed &= ~RETRY_BIT;
      answer = ask(plan.handle, question, agreed, agreed === verdict ? plan.customDelay(this.#attempts) : -1);
    }
    this.#state = answer.state;
    if (plan.budget === undefined) return answer;
    // Last of all: a budget takes what it grants.
    this.#purse ??= plan.budget.purse();
    return { ...answer, step: this.#purse.failed(agreed, answer.step) };
  }

  async #sleep(delay: number): Promise<void> {
    const { signal, unref } = this.#options;
    try {
      await this.#plan.clock.sleep(delay, signal, { unref: unref === true });
    } catch (error) {
      this.throwIfCancelled();
      throw error;
    }
    this.throwIfCancelled();
  }

  /** What the call throws at its end. */
  #givenUp(failure: unknown, kind: ErrorKind, reason: GiveUpReason | undefined, letter: boolean): unknown {
    const plan = this.#plan;
    const { onGiveUp } = plan.hooks;
    const name = this.#name;
    const attempts = this.#attempts;
    const elapsed = this.#elapsed();
    const story = this.#told;
    // A first failure that is not retried goes to the caller as it came; there is nothing to add.
    if (reason !== undefined || attempts > 1) story.report("give_up", attempts, failure, kind);
    if (onGiveUp !== undefined) {
      observe(onGiveUp, { name, attempts, elapsed, error: failure, kind, reason: reason ?? "NOT_RETRYABLE" });
    }
    if (letter) bury(plan, { name, attempts, elapsed, error: failure, kind, options: this.#options, story });
    return reason === undefined
      ? failure
      : new RetryExhaustedError(reason, attempts, [...this.#errors], elapsed, this.#options.name);
  }
}

interface Question {
  readonly now: number;
  readonly draw: number;
  readonly retryAfter: number;
  readonly slot: number;
  readonly state: readonly number[];
}

interface Answer {
  readonly step: number;
  readonly delay: number;
  /** Whether the call becomes a dead letter if it ends here. */
  readonly letter: boolean;
  readonly state: readonly number[];
}

/** One question to core. It remembers nothing of it: who asks keeps the state that comes back, or asks again. */
function ask(handle: number, question: Question, verdict: number, customDelay: number): Answer {
  const { now, draw, retryAfter, slot, state } = question;
  const words = mailbox();
  words[Word.handle] = handle;
  words[Word.now] = now;
  words[Word.draw] = draw;
  words[Word.verdict] = verdict;
  words[Word.retryAfter] = retryAfter;
  words[Word.customDelay] = customDelay;
  words[Word.slot] = slot;
  for (let i = 0; i < STATE_WORDS; i++) words[Word.call + i] = state[i] as number;
  core.retryFailed();
  const told = mailbox();
  // Closed meanwhile, which is no reason to lose the call.
  if (told[Word.gone] === 1) return { step: NOT_RETRYABLE, delay: 0, letter: true, state };
  return {
    step: told[Word.step] as number,
    delay: told[Word.delay] as number,
    letter: told[Word.letter] === 1,
    state: Array.from(told.subarray(Word.call, Word.call + STATE_WORDS)),
  };
}
