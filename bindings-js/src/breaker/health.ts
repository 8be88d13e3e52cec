// The active health check of an open breaker: one probe at a time, on timers that never hold a process.

import { runBounded } from "../attempt.js";
import { after } from "../clock.js";
import type { Gate } from "./gate.js";
import type { BreakerOptions } from "./types.js";

export class HealthCheck {
  // Weak: a breaker nobody uses any more stops being probed, and can be collected.
  readonly #gate: WeakRef<Gate>;
  readonly #probe: NonNullable<BreakerOptions["healthCheck"]>["probe"];
  #callOff: (() => void) | undefined;

  constructor(gate: Gate, probe: NonNullable<BreakerOptions["healthCheck"]>["probe"]) {
    this.#gate = new WeakRef(gate);
    this.#probe = probe;
  }

  /** The breaker has opened: the first probe comes one interval later. */
  start(): void {
    const gate = this.#gate.deref();
    if (gate?.healthCheck == null || this.#callOff !== undefined) return;
    const ring = (): void => {
      this.#callOff = undefined;
      void this.#check();
    };
    this.#callOff = after(gate.clock, gate.healthCheck.interval, ring, { unref: true });
  }

  /** The breaker is not open any more. */
  stop(): void {
    this.#callOff?.();
    this.#callOff = undefined;
  }

  async #check(): Promise<void> {
    const gate = this.#gate.deref();
    if (gate?.healthCheck == null || gate.state !== "OPEN") return;
    const { timeout } = gate.healthCheck;
    let ok = true;
    try {
      const timedOut = (): Error => new Error(`the health check took longer than ${timeout} ms`);
      await runBounded(this.#probe, 1, { clock: gate.clock, limit: { ms: timeout, timedOut }, unref: true });
    } catch {
      ok = false;
    }
    gate.health(ok);
    if (gate.state === "OPEN") this.start();
  }
}
