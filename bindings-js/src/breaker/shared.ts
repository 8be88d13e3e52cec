// A breaker whose state lives in Redis: sends what core asks for, and hands the answers back.
//
// Nothing here decides or waits, except the caller of a probe, and it only for as long as core says.

import { core } from "../binding.js";
import { after, type Clock } from "../clock.js";
import { ConfigError } from "../errors.js";
import type { Permit } from "./gate.js";

/** Runs a Lua script in Redis, where its keys live: `RedisStore` does. */
export interface ScriptStore {
  run(script: string, keys: readonly string[], args: readonly string[]): PromiseLike<unknown>;
}

/** Core's request, with what to do for it. */
interface Command {
  /** To be handed back as it is. */
  readonly request: unknown;
  readonly script: string;
  readonly key: string;
  readonly args: readonly string[];
  /** Milliseconds. */
  readonly timeout: number;
}

/** What a shared breaker's store needs of its gate. */
export interface Sharing {
  readonly clock: Clock;
  readonly handle: number;
  /** Tells core what became of a request; answers the permit of a claim. `error` says why there is no answer. */
  hear(request: string, answer: string | undefined, error: unknown): Permit | undefined;
}

export class Shared {
  /** Whether the store has answered the last request. */
  attached = false;
  /** When core has something to send, milliseconds. */
  wake = 0;
  readonly #gate: Sharing;
  readonly #store: ScriptStore;

  constructor(gate: Sharing, store: ScriptStore) {
    if (typeof (store as Partial<ScriptStore> | null)?.run !== "function")
      throw new ConfigError(
        "shared",
        store === null ? "null" : typeof store,
        "a RedisStore, or another object with run()",
      );
    this.#gate = gate;
    this.#store = store;
  }

  /** Sends what there is to send. */
  tend(now: number): void {
    if (now < this.wake) return;
    // Until core says otherwise: what is sent below may answer at once, and come back here.
    this.wake = Number.POSITIVE_INFINITY;
    for (;;) {
      const command = JSON.parse(core.breakerPoll(this.#gate.handle, now)) as Command | null;
      if (command === null) return;
      // Nobody waits: what the clock of the caller throws is not worth the process.
      this.#send(command).catch(() => {});
    }
  }

  /** Sends the claim that the last admission left; resolves to a permit, or to undefined when there is none. */
  claim(): Promise<Permit | undefined> {
    const command = JSON.parse(core.breakerClaim(this.#gate.handle)) as Command | null;
    return command === null ? Promise.resolve(undefined) : this.#send(command);
  }

  #send({ request, script, key, args, timeout }: Command): Promise<Permit | undefined> {
    const gate = this.#gate;
    const text = JSON.stringify(request);
    return new Promise((resolve, reject) => {
      let open = true;
      const end = (answer: string | undefined, error?: unknown): void => {
        if (open) {
          open = false;
          callOff();
          try {
            resolve(gate.hear(text, answer, error));
          } catch (failure) {
            reject(failure);
          }
        } else if (answer !== undefined) {
          core.breakerLate(gate.handle, text, answer);
        }
      };
      const tooLate = (): void => end(undefined, new Error(`the store did not answer within ${timeout} ms`));
      const callOff = after(gate.clock, timeout, tooLate, { unref: true });
      this.#run(script, key, args).then(
        (answer) => end(textOf(answer)),
        (error) => end(undefined, error),
      );
    });
  }

  /** Whatever the store throws, it throws later. */
  async #run(script: string, key: string, args: readonly string[]): Promise<unknown> {
    return this.#store.run(script, [key], args);
  }
}

const decoder = new TextDecoder();

/** Clients answer strings as text or as bytes. */
function textOf(answer: unknown): string {
  return answer instanceof Uint8Array ? decoder.decode(answer) : String(answer);
}
