// What a retry handler was made of: core's policy behind a number, and the functions and clocks of the host.

import { core } from "../binding.js";
import { type Clock, type Random, systemClock } from "../clock.js";
import { ConfigError } from "../errors.js";
import { Machine } from "../machine.js";
import { frozen, readAnswer, specText } from "../spec.js";
import { retryAfterHints, signalsText } from "./signals.js";
import type { ErrorKind, RetryConfig, RetryHooks, RetryOptions } from "./types.js";

/** Verdicts remembered by what the error looked like; more different errors than this, and it starts afresh. */
const REMEMBERED = 512;

/** The bits of core's verdict that say what kind of failure it was, and those kinds by number. */
const KIND_BITS = 0b1111;
const KINDS: readonly ErrorKind[] = [
  "Unknown",
  "Transient",
  "Permanent",
  "Timeout",
  "RateLimit",
  "CircuitBreaker",
  "Network",
  "Server",
  "Client",
  "Unknown",
];

/** The bit that lets a failure be retried. Custom conditions clear it; nothing here ever sets it. */
export const RETRY_BIT = 1 << 4;

/** What kind of failure a verdict speaks of. */
export function kindOf(verdict: number): ErrorKind {
  return KINDS[verdict & KIND_BITS] ?? "Unknown";
}

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
  /** Whether nothing has to happen around an attempt that succeeds. */
  readonly unwatched: boolean;
  readonly #machine: Machine;
  readonly #verdicts = new Map<string, number>();

  constructor(policy: RetryOptions | string) {
    const [spec, host]: [unknown, HostFields] = typeof policy === "string" ? [policy, {}] : split(policy);
    const opened = readAnswer<Opened>(core.retryOpen(specText(spec)));
    this.#machine = new Machine(this, opened.handle, core.retryClose);
    this.config = frozen(opened.config);
    this.warnings = frozen(opened.warnings);

    const { operationName, tags, attemptTimeout, timeout } = opened.config;
    this.name = operationName ?? "default";
    this.tags = tags ?? frozen({});
    this.attemptTimeout = attemptTimeout;
    this.totalTimeout = timeout;
    const { clock, random, ...hooks } = host;
    this.clock = clock ?? systemClock;
    this.random = random ?? Math.random;
    this.hooks = opened.config.enableDeadLetter === false ? { ...hooks, deadLetterHandler: undefined } : hooks;
    this.unwatched = hooks.onSuccess === undefined && attemptTimeout === undefined && timeout === undefined;
  }

  /** The policy's number in core. */
  get handle(): number {
    return this.#machine.handle;
  }

  /** Core's verdict on a failure. */
  judge(failure: unknown): number {
    const signals = signalsText(failure);
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
    return this.hooks.customConditions?.every((condition) => condition(failure, attempt)) ?? true;
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

  /** The same policy with another limit for each attempt, milliseconds. */
  withAttemptTimeout(attemptTimeout: number): Plan {
    const { clock, random, hooks } = this;
    return new Plan({ ...this.config, ...hooks, clock, random, attemptTimeout });
  }

  close(): void {
    this.#machine.free();
  }
}

/** What only the host can carry out. */
type HostFields = Pick<RetryOptions, "clock" | "random"> & RetryHooks;

const OBSERVERS = ["onRetry", "onGiveUp", "onSuccess", "deadLetterHandler"] as const;

/**
 * What core reads of a policy, and what the host carries out. Core too is told of the functions a policy cannot do without
 * (a backoff of the caller's own, conditions), though it only sees that they are functions.
 */
export function split(options: RetryOptions): [spec: RetryOptions, host: HostFields] {
  const { clock, random, onRetry, onGiveUp, onSuccess, deadLetterHandler, ...spec } = options;
  const { customConditions, customBackoff } = options;
  const host: { -readonly [K in keyof HostFields]: HostFields[K] } = {};
  const given = { clock, random, onRetry, onGiveUp, onSuccess, deadLetterHandler, customConditions, customBackoff };
  for (const [name, value] of Object.entries(given)) if (value != null) host[name as keyof HostFields] = value as never;
  // An observer is called only when something happens, so a wrong one would be found too late.
  for (const name of OBSERVERS) {
    const observer: unknown = host[name];
    if (observer !== undefined && typeof observer !== "function") {
      throw new ConfigError(name, typeof observer, "a function");
    }
  }
  return [spec, host];
}
