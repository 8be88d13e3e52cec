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
  /** Counts the times the breaker began or ceased to be open: a probe speaks only of the opening it was started in. */
  #opening = 0;
  #probing = false;

  constructor(gate: Gate, probe: NonNullable<BreakerOptions["healthCheck"]>["probe"]) {
    this.#gate = new WeakRef(gate);
    this.#probe = probe;
  }

  /** The breaker has opened: the first probe comes one interval later. */
  start(): void {
    this.stop();
    this.#wait();
  }

  /** The breaker is not open any more, or was closed for good. */
  stop(): void {
    this.#opening++;
    this.#callOff?.();
    this.#callOff = undefined;
  }

  #wait(): void {
    const gate = this.#gate.deref();
    if (gate?.healthCheck == null) return;
    const ring = (): void => {
      this.#callOff = undefined;
      // A probe of an earlier opening may still be under way: then the next one is set when it has ended.
      if (!this.#probing) void this.#check();
    };
    this.#callOff = after(gate.clock, gate.healthCheck.interval, ring, { unref: true });
  }

  async #check(): Promise<void> {
    const gate = this.#gate.deref();
    if (gate?.healthCheck == null || !isOpen(gate)) return;
    const opening = this.#opening;
    this.#probing = true;
    const ok = await this.#isWell(gate, gate.healthCheck.timeout);
    this.#probing = false;
    if (!isOpen(gate)) return;
    if (opening === this.#opening) gate.health(ok);
    if (this.#callOff === undefined) this.#wait();
  }

  /** What the probe says within its time. */
  async #isWell({ clock }: Gate, timeout: number): Promise<boolean> {
    const timedOut = (): Error => new Error(`the health check took longer than ${timeout} ms`);
    try {
      return (await runBounded(this.#probe, 1, { clock, limit: { ms: timeout, timedOut }, unref: true })) !== false;
    } catch {
      return false;
    }
  }
}

/** Whether it is open, and not closed for good. */
function isOpen(gate: Gate): boolean {
  return gate.state === "OPEN" && gate.handle !== 0;
}
