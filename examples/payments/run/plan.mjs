// The fault plan: what goes wrong, and when, as a pure function of a seed, so that SEED=n repeats it.
//
// A fault belongs to (payment, arrival), not to a moment: however the processes interleave, the third arrival of payment
// `node-17` meets the same fault in every run with that seed.

/** FNV-1a over the text, then one round of mulberry32: a uniform number in [0, 1) for any name. */
export function uniform(seed, name) {
  let hash = 0x811c9dc5 ^ seed;
  for (const char of String(name)) hash = Math.imul(hash ^ char.codePointAt(0), 0x01000193);
  let mixed = (hash + 0x6d2b79f5) | 0;
  mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
  mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
}

const between = (share, low, high) => low + share * (high - low);

export class FaultPlan {
  #seed;

  constructor(seed) {
    this.#seed = seed;
  }

  /** What the network does to the `arrival`-th request for `payment`. */
  fault(payment, arrival) {
    const share = uniform(this.#seed, `${payment}#${arrival}`);
    const size = uniform(this.#seed, `${payment}#${arrival}!`);
    if (share < 0.1) return { kind: "unavailable" };
    if (share < 0.25) return { kind: "drop-answer" };
    if (share < 0.4) return { kind: "latency", ms: between(size, 50, 400) };
    return { kind: "none" };
  }

  /**
   * When a service is killed: one time in each equal part of the work, at a random share of it and a moment later. By
   * share and not by time, so that a fast machine meets as many kills as a slow one, and each finds work in flight.
   */
  kills(count) {
    return Array.from({ length: count }, (_, i) => ({
      share: (i + between(uniform(this.#seed, `kill ${i}`), 0.1, 0.9)) / count,
      laterMs: between(uniform(this.#seed, `kill ${i}!`), 0, 50),
    }));
  }

  /** After which share of its work the page's tab is closed. */
  closing() {
    return between(uniform(this.#seed, "closing"), 0.3, 0.7);
  }
}
