// An operator's hand on a breaker.

import { dispose } from "../machine.js";
import type { Gate } from "./gate.js";

/** One of perhaps many who hold a breaker open. It closes when the last of them lets go. */
export class Isolation {
  #gate: Gate | undefined;

  constructor(gate: Gate) {
    gate.isolate();
    this.#gate = gate;
  }

  /** Lets go; a second time changes nothing. `using` does it at the end of a block. */
  release(): void {
    this.#gate?.release();
    this.#gate = undefined;
  }

  [dispose](): void {
    this.release();
  }
}
