// What a retry handler was made of: core's policy behind a number, and the functions and clocks of the host.

import { core } from "../binding.js";
import type { Account } from "../budget/account.js";
import { accountOf, budgetOf, type RetryBudget } from "../budget/budget.js";
import { type Clock, type Random, systemClock } from "../clock.js";
import type { DeadLetterStore } from "../dead_letter/memory.js";
import { DeadLetterQueue } from "../dead_letter/queue.js";
import { ConfigError } from "../errors.js";
import { checkClock, checkFunctions, checkLogger, fieldsOf } from "../host.js";
import { Machine } from "../machine.js";
import { frozen, readAnswer, specText } from "../spec.js";
import { allAgree, refuseLateAnswers } from "./conditions.js";
import { instanceName } from "./instance.js";
import { type Journal, journalOf } from "./log.js";
import { type HttpSignals, retryAfterHints, signalsText } from "./signals.js";
import type { RetryConfig, RetryHooks, RetryOptions } from "./types.js";

/** Verdicts remembered by what the error looked like; more different errors than this, and it starts afresh. */
const REMEMBERED = 512;

/** The bit that lets a failure be retried. Custom conditions clear it; nothing here ever sets it. */
export const RETRY_BIT = 1 << 4;

/** The bit that says that a breaker should count the failure. */
export const COUNTED_BIT = 1 << 8;

/** Core's answer to a policy. */
interface Opened {
  readonly handle: number;
  readonly config: RetryConfig;
  readonly warnings: readonly string[];
}

export class Plan {
  readonly clock: Clock;
  readonly random: Random;
  readonly hooks: RetryHooks;
  readonly config: RetryConfig;
  readonly warnings: readonly string[];
  readonly name: string;
  readonly tags: Readonly<Record<string, string>>;
  /** Milliseconds. */
  readonly attemptTimeout: number | undefined;
  /** Milliseconds. */
  readonly totalTimeout: number | undefined;
  /** What retries are paid from. */
  readonly budget: Account | undefined;
  /** Whether nothing has to happen around an attempt that succeeds. */
  readonly unwatched: boolean;
  /** Where this policy's calls are written down. */
  readonly journal: Journal | undefined;
  /** Where its dead letters go. */
  readonly letters: DeadLetterQueue | undefined;
  readonly #host: HostFields;
  readonly #machine: Machine;
  readonly #verdicts = new Map<string, number>();
  #toldOfSlots = false;

  /** @param fill the preset that fills what `policy` leaves open. */
  constructor(policy: RetryOptions | string, fill = STANDARD) {
    const [spec, host]: [unknown, HostFields] = typeof policy === "string" ? [policy, {}] : split(policy);
    const opened = readAnswer<Opened>(core.retryOpen(specText(spec), fill));
    this.#machine = new Machine(this, opened.handle, core.retryClose);
    this.config = frozen(opened.config);
    this.warnings = frozen(opened.warnings);

    const { operationName, tags, attemptTimeout, timeout } = opened.config;
    this.name = operationName ?? "default";
    this.tags = tags ?? frozen({});
    this.attemptTimeout = attemptTimeout;
    this.totalTimeout = timeout;
    const { clock, random, budget, instance: _, logger, deadLetterStore, ...hooks } = host;
    this.clock = clock ?? systemClock;
    this.random = random ?? Math.random;
    // A closed policy cannot be asked any more, so this is known here too.
    const takers = opened.config.enableDeadLetter !== false;
    this.hooks = takers ? hooks : { ...hooks, deadLetterHandler: undefined };
    this.#host = host;
    this.journal = journalOf(logger, this.clock, opened.config);
    this.letters = takers && deadLetterStore !== undefined ? queueOf(deadLetterStore, this.clock) : undefined;
    this.budget = budget && accountOf(budget);
    this.unwatched =
      hooks.onSuccess === undefined &&
      attemptTimeout === undefined &&
      timeout === undefined &&
      this.journal?.detailed !== true &&
      this.budget?.watchesSuccess !== true;
  }

  /** The policy's number in core. */
  get handle(): number {
    return this.#machine.handle;
  }

  /** Core's verdict on a failure; `about` is the request that failed, where the failure itself does not say. */
  judge(failure: unknown, about?: HttpSignals): number {
    const signals = signalsText(failure, about);
    let verdict = this.#verdicts.get(signals);
    if (verdict === undefined) {
      verdict = core.retryJudge(this.handle, signals);
      if (this.#verdicts.size >= REMEMBERED) this.#verdicts.clear();
      this.#verdicts.set(signals, verdict);
    }
    return verdict;
  }

  /** Whether functions of the caller's own have a say in what follows a failure. */
  get consults(): boolean {
    return this.computesDelays || this.hooks.customConditions !== undefined;
  }

  /** Whether the caller computes the delays. */
  get computesDelays(): boolean {
    return this.hooks.customBackoff !== undefined;
  }

  /** Whether all custom conditions agree to another attempt. */
  agrees(failure: unknown, attempt: number): boolean {
    const { customConditions } = this.hooks;
    return customConditions === undefined || allAgree(customConditions, failure, attempt);
  }

  /** How long the failure asks to wait, milliseconds; -1 when it does not. */
  retryAfter(failure: unknown): number {
    const hints = retryAfterHints(failure);
    return hints === undefined ? -1 : core.retryAfter(hints, this.clock.wallNow());
  }

  /** What the caller's own backoff says, milliseconds; -1 when there is none. */
  customDelay(attempt: number): number {
    const { customBackoff } = this.hooks;
    if (customBackoff === undefined) return -1;
    const delay = customBackoff(attempt, this.config.baseDelay);
    if (typeof delay === "number" && delay >= 0) return Math.min(delay, Number.MAX_SAFE_INTEGER);
    throw new ConfigError("customBackoff", String(delay), "a function that gives a number of milliseconds, 0 or more");
  }

  /** The slot that retries of an operation start in; 0 where the policy uses none. */
  slot(operation: string): number {
    if (this.config.coordinationEnabled !== true) return 0;
    if (!this.#toldOfSlots) {
      this.#toldOfSlots = true;
      this.journal?.write("info", "slots_without_coordinator", { operation });
    }
    const { service = "" } = this.tags;
    const instance = this.#host.instance ?? instanceName();
    return Math.max(0, core.retrySlot(this.handle, service, operation, instance));
  }

  /** The same policy with another limit for each attempt, milliseconds. */
  withAttemptTimeout(attemptTimeout: number): Plan {
    return new Plan({ ...this.config, ...this.#host, attemptTimeout });
  }

  close(): void {
    this.#machine.free();
  }
}

/** What fills a policy that says little. */
export const STANDARD = "q.standard";

/** What only the host can carry out. */
type HostFields = Pick<RetryOptions, "clock" | "random" | "instance" | "logger" | "deadLetterStore"> &
  RetryHooks & { readonly budget?: RetryBudget };

function queueOf(store: DeadLetterQueue | DeadLetterStore, clock: Clock): DeadLetterQueue {
  return store instanceof DeadLetterQueue ? store : new DeadLetterQueue({ store, clock });
}

/**
 * What core reads of a policy, and what the host carries out. Core too is told of the functions a policy cannot do without
 * (a backoff of the caller's own, conditions), though it only sees that they are functions.
 */
export function split(options: RetryOptions): [spec: RetryOptions, host: HostFields] {
  const { clock, random, logger, onRetry, onGiveUp, onSuccess, deadLetterHandler, deadLetterStore, ...rest } = fieldsOf(
    options,
    "policy",
  );
  const { budget, instance, ...spec } = rest;
  const { customConditions, customBackoff } = options;
  const host: { -readonly [K in keyof HostFields]: HostFields[K] } = {};
  const carried = { clock, random, budget: budgetOf(budget, clock), instance, logger, deadLetterStore };
  const given = { ...carried, onRetry, onGiveUp, onSuccess, deadLetterHandler, customConditions, customBackoff };
  for (const [name, value] of Object.entries(given)) if (value != null) host[name as keyof HostFields] = value as never;
  checkFunctions({ onRetry, onGiveUp, onSuccess, deadLetterHandler, random });
  checkClock(clock);
  checkLogger(logger);
  refuseLateAnswers(customConditions);
  if (instance != null && typeof instance !== "string") {
    throw new ConfigError("instance", typeof instance, "a string");
  }
  return [spec, host];
}
