// Who listens to a breaker. Nothing is kept before the first listener, and no event is made that nobody hears.

import { checkFunction, checkOneOf } from "../host.js";
import { observe } from "../observe.js";
import type { BreakerEvents } from "./types.js";

const EVENTS: { readonly [E in keyof BreakerEvents]: true } = {
  stateChange: true,
  reject: true,
  wouldOpen: true,
  stale: true,
  fallback: true,
  attached: true,
  detached: true,
};

const checkEvent = (event: unknown): void => checkOneOf("event", event, Object.keys(EVENTS));

export type Listener<E> = (event: E) => unknown;

export class Listeners {
  readonly #sets: { [E in keyof BreakerEvents]?: Set<Listener<BreakerEvents[E]>> } = {};

  add<E extends keyof BreakerEvents>(event: E, listener: Listener<BreakerEvents[E]>): void {
    checkEvent(event);
    checkFunction("listener", listener);
    const set: Set<Listener<BreakerEvents[E]>> | undefined = this.#sets[event];
    if (set === undefined) Object.assign(this.#sets, { [event]: new Set([listener]) });
    else set.add(listener);
  }

  delete<E extends keyof BreakerEvents>(event: E, listener: Listener<BreakerEvents[E]>): void {
    checkEvent(event);
    this.#sets[event]?.delete(listener);
  }

  /** Tells everybody who listens to this event; `make` is called only if there is somebody. */
  tell<E extends keyof BreakerEvents>(event: E, make: () => BreakerEvents[E]): void {
    const set: Set<Listener<BreakerEvents[E]>> | undefined = this.#sets[event];
    if (set === undefined || set.size === 0) return;
    const value = make();
    for (const listener of set) observe(listener, value);
  }
}
