// Dead letters in this process's memory: core keeps them, so that a full box behaves alike everywhere.

import { core } from "../binding.js";
import { OnceAgainError } from "../errors.js";
import { dispose, Machine } from "../machine.js";
import { readAnswer, specText } from "../spec.js";
import type { DeadLetter } from "./letter.js";

/** Where dead letters are kept. */
export interface DeadLetterStore {
  /** Keeps a letter, in place of one with the same id; false when there is no room. */
  put(letter: DeadLetter): boolean | PromiseLike<boolean>;
  get(id: string): DeadLetter | undefined | PromiseLike<DeadLetter | undefined>;
  /** At most `limit` letters, the oldest first. */
  list(limit: number): readonly DeadLetter[] | PromiseLike<readonly DeadLetter[]>;
  /** Takes a letter out; false when it was not there. */
  remove(id: string): boolean | PromiseLike<boolean>;
}

/** What a {@link MemoryDeadLetterStore} holds, and what passed through it. */
export interface MemoryDeadLetterStats {
  readonly letters: number;
  readonly kept: number;
  /** Letters for which there was no room. */
  readonly refused: number;
}

/** Dead letters in memory: bounded, and gone with the process. A full one refuses new letters and drops none. */
export class MemoryDeadLetterStore implements DeadLetterStore {
  readonly #machine: Machine;

  /** @param options `maxLetters`: 1 to 10 000 000; default 10 000. */
  constructor(options: { readonly maxLetters?: number | undefined } = {}) {
    const { handle } = readAnswer<{ readonly handle: number }>(core.lettersOpen(specText(options)));
    this.#machine = new Machine(this, handle, core.lettersClose);
  }

  put(letter: DeadLetter): boolean {
    const became = core.lettersPut(this.#machine.handle, letter.id, JSON.stringify(letter));
    if (became === "gone") throw new OnceAgainError("STORE_UNAVAILABLE", "the dead letter store was closed");
    return became !== "full";
  }

  get(id: string): DeadLetter | undefined {
    const text = core.lettersGet(this.#machine.handle, id);
    return text === "" ? undefined : (JSON.parse(text) as DeadLetter);
  }

  list(limit = Number.POSITIVE_INFINITY): readonly DeadLetter[] {
    return JSON.parse(core.lettersList(this.#machine.handle, limit)) as DeadLetter[];
  }

  remove(id: string): boolean {
    return core.lettersRemove(this.#machine.handle, id);
  }

  get stats(): MemoryDeadLetterStats {
    return JSON.parse(core.lettersStats(this.#machine.handle)) as MemoryDeadLetterStats;
  }

  /** Forgets everything. */
  close(): void {
    this.#machine.free();
  }

  [dispose](): void {
    this.close();
  }
}
