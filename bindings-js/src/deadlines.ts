// Time-outs of equal length, on the one platform clock, share one platform timer. Nearly all of them are called off before they ring, and a platform
// timer for each would cost more than the retry and the breaker around it.

import { INT32_MAX } from "./int32.js";

/** Enough of Node's timer; browsers give a number, and their pages end anyway. */
interface PlatformTimer {
  ref?(): void;
  unref?(): void;
}

/** The longest wait a platform timer keeps; beyond it would ring at once. */
export const LONGEST_TIMER = INT32_MAX;

const byLength = new Map<number, Deadlines>();

class Deadline {
  before: Deadline | undefined;
  after: Deadline | undefined;
  pending = true;

  constructor(
    readonly due: number,
    readonly ring: () => void,
    /** Whether the process waits for it. */
    readonly holds: boolean,
  ) {}
}

/** The deadlines of one length. Whoever is set first is due first, so the list is in order as it grows. */
class Deadlines {
  readonly #ms: number;
  readonly #now: () => number;
  #first: Deadline | undefined;
  #last: Deadline | undefined;
  #holding = 0;
  #timer: PlatformTimer;

  constructor(ms: number, now: () => number) {
    this.#ms = ms;
    this.#now = now;
    this.#timer = this.#armed(ms);
  }

  add(ring: () => void, holds: boolean): () => void {
    const deadline = new Deadline(this.#now() + this.#ms, ring, holds);
    const last = this.#last;
    if (last === undefined) this.#first = deadline;
    else {
      last.after = deadline;
      deadline.before = last;
    }
    this.#last = deadline;
    if (holds && this.#holding++ === 0) this.#timer.ref?.();
    return () => {
      if (deadline.pending) this.#remove(deadline);
    };
  }

  #remove(deadline: Deadline): void {
    const { before, after } = deadline;
    deadline.pending = false;
    if (before === undefined) this.#first = after;
    else before.after = after;
    if (after === undefined) this.#last = before;
    else after.before = before;
    // One that is old and gone would keep all that came after it, until the whole heap is looked through.
    deadline.before = undefined;
    deadline.after = undefined;
    if (deadline.holds && --this.#holding === 0) this.#timer.unref?.();
  }

  #armed(left: number): PlatformTimer {
    const timer = setTimeout(() => this.#check(), Math.ceil(left)) as PlatformTimer;
    if (this.#holding === 0) timer.unref?.();
    return timer;
  }

  /** The timer was set for a deadline that may be long gone; and one set in a long turn of the event loop rings too early. */
  #check(): void {
    const now = this.#now();
    try {
      while (this.#first !== undefined && this.#first.due <= now) {
        const { ring } = this.#first;
        this.#remove(this.#first);
        ring();
      }
    } finally {
      if (this.#first === undefined) byLength.delete(this.#ms);
      else this.#timer = this.#armed(this.#first.due - now);
    }
  }
}

/** Whether time-outs of this length are worth a list: those a configuration names are whole, what is left of one is not. */
export const isShared = (ms: number): boolean => Number.isInteger(ms) && ms > 0 && ms <= LONGEST_TIMER;

/** Calls `ring` once after at least `ms` milliseconds of `now`, where `isShared(ms)`; answers how to call it off. */
export function sharedTimer(now: () => number, ms: number, ring: () => void, holds: boolean): () => void {
  let deadlines = byLength.get(ms);
  if (deadlines === undefined) {
    deadlines = new Deadlines(ms, now);
    byLength.set(ms, deadlines);
  }
  return deadlines.add(ring, holds);
}
