// Core's decisions about the writes of one outbox: is there room, who is next, what becomes of one that was sent.

import { Machine } from "@once-again/driver/machine";
import { readAnswer, specText } from "@once-again/driver/spec";
import * as wasm from "../../wasm/once_again.js";
import type { Ended } from "./judge.js";
import type { GivenUp } from "./types.js";
import type { Placed } from "./write.js";

/** Who is next; `wake` in milliseconds from now. */
export interface Plan {
  readonly send: readonly number[];
  readonly expired: readonly number[];
  readonly wake: number | null;
}

/** What becomes of a write. `gone`: the outbox was closed meanwhile, and the write stays as it is. */
export type Fate =
  | { readonly fate: "settled" | "gone" }
  | { readonly fate: "dead"; readonly reason: GivenUp }
  | { readonly fate: "later"; readonly wait: number; readonly failures: number; readonly answers: number };

export class Decisions {
  readonly #machine: Machine;

  constructor(settings: object) {
    const { handle } = readAnswer<{ readonly handle: number }>(wasm.outboxOpen(specText(settings), "outbox."));
    this.#machine = new Machine(this, handle, wasm.outboxClose);
  }

  /** The setting that leaves no room for another write; empty when there is room. */
  full(line: readonly Placed[], size: number): string {
    const bytes = line.reduce((sum, row) => sum + row.bytes, 0);
    return wasm.outboxAdmit(this.#machine.handle, line.length, bytes, size);
  }

  plan(line: readonly Placed[], busy: ReadonlySet<string>, now: number, online: boolean, askedAt: number): Plan {
    const writes = line.map(({ id, origin, madeAt, failedAt, wait }) => ({
      origin,
      madeAt,
      failedAt,
      wait,
      busy: busy.has(id),
    }));
    const moment = JSON.stringify({ now, online, askedAt, writes });
    return JSON.parse(wasm.outboxPlan(this.#machine.handle, moment)) as Plan;
  }

  fate({ failures, answers }: Placed, { response, verdict, retryAfter }: Ended, watched: boolean, draw: number): Fate {
    const ended = { failures, answers, status: response?.status, verdict, retryAfter, watched, draw };
    return JSON.parse(wasm.outboxSettle(this.#machine.handle, JSON.stringify(ended))) as Fate;
  }

  close(): void {
    this.#machine.free();
  }
}
