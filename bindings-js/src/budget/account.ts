// What the driver remembers of a budget between two questions to core: how many calls deposited. Deposits may be told late
// (core says why), so a call that succeeds costs one increment and crosses nowhere.

import { core } from "../binding.js";
import { type Clock, systemClock } from "../clock.js";
import { OnceAgainError } from "../errors.js";
import { checkClock, fieldsOf } from "../host.js";
import { Machine } from "../machine.js";
import { mailbox, Word } from "../mailbox.js";
import { frozen, readAnswer, specText } from "../spec.js";
import type { BudgetConfig, BudgetOptions, BudgetPreset, BudgetStats } from "./types.js";

/** Core's answer to the rules of a budget. */
interface Opened {
  readonly handle: number;
  readonly name: string;
  readonly depositOn: "attempt" | "success";
  readonly config: BudgetConfig;
}

export class Account {
  readonly name: string;
  readonly config: BudgetConfig;
  /** Whether calls deposit when they succeed, and not when they begin. */
  readonly watchesSuccess: boolean;
  readonly #machine: Machine;
  readonly #clock: Clock;
  /** Calls that deposited and that core was not told of. */
  #deposits = 0;

  constructor(rules: BudgetOptions | BudgetPreset, path: string) {
    const isName = typeof rules === "string";
    const { clock, ...spec }: BudgetOptions = isName ? {} : fieldsOf(rules, path === "" ? "rules" : path.slice(0, -1));
    checkClock(clock);
    const opened = readAnswer<Opened>(core.budgetOpen(specText(isName ? rules : spec), path));
    this.#machine = new Machine(this, opened.handle, core.budgetClose);
    this.#clock = clock ?? systemClock;
    this.name = opened.name;
    this.config = frozen(opened.config);
    this.watchesSuccess = opened.depositOn === "success";
  }

  /** A call begins. */
  began(): void {
    if (!this.watchesSuccess) this.#deposits++;
  }

  /** A call succeeded at once. */
  succeeded(): void {
    if (this.watchesSuccess) this.#deposits++;
  }

  /** What one call takes out. */
  purse(): Purse {
    return new Purse(this);
  }

  /** Asks core about a failure; the answer lies in the mailbox. */
  failed(verdict: number, step: number, held: number): Float64Array {
    const now = this.#clock.now();
    const words = mailbox();
    words[Word.handle] = this.#machine.handle;
    words[Word.now] = now;
    words[Word.verdict] = verdict;
    words[Word.step] = step;
    words[Word.held] = held;
    words[Word.deposits] = this.#takeDeposits();
    core.budgetFailed();
    return mailbox();
  }

  /** Tells core what became of a retry. */
  settle(held: number, tell: () => void): void {
    const words = mailbox();
    words[Word.handle] = this.#machine.handle;
    words[Word.held] = held;
    tell();
  }

  stats(): BudgetStats {
    if (this.#machine.handle === 0) throw new OnceAgainError("CANCELLED", `retry budget ${this.name} was disposed of`);
    const now = this.#clock.now();
    const words = mailbox();
    words[Word.handle] = this.#machine.handle;
    words[Word.now] = now;
    words[Word.deposits] = this.#takeDeposits();
    return JSON.parse(core.budgetStats()) as BudgetStats;
  }

  close(): void {
    this.#machine.free();
  }

  #takeDeposits(): number {
    const deposits = this.#deposits;
    this.#deposits = 0;
    return deposits;
  }
}

/** What one call took out for its retry. */
export class Purse {
  readonly #account: Account;
  #held = 0;

  constructor(account: Account) {
    this.#account = account;
  }

  /** What follows a failure for which the policy decided on `step`. */
  failed(verdict: number, step: number): number {
    const told = this.#account.failed(verdict, step, this.#held);
    // A budget that was disposed of refuses nothing.
    if (told[Word.gone] === 1) return step;
    this.#held = told[Word.held] as number;
    return told[Word.step] as number;
  }

  /** The retry never started. */
  returned(): void {
    this.#account.settle(this.#held, core.budgetReturned);
    this.#held = 0;
  }

  /** The retry succeeded. */
  succeeded(): void {
    this.#account.settle(this.#held, core.budgetSucceeded);
    this.#held = 0;
  }
}
