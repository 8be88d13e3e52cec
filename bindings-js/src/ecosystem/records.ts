// A client's own records: a write under a key that is under way is joined, one that has ended is answered from memory. They
// spare requests; that a repeated one changes nothing is the service's promise, by its key.

import { cancellable } from "../abort.js";
import { OnceAgainError } from "../errors.js";
import { IdempotencyManager, type IdempotencyManagerOptions } from "../idempotency/manager.js";
import { Received } from "./body.js";

/** What a request came to. */
export interface Outcome {
  /** What the service answered, or, beside a `fallback`, what stood in for it. */
  readonly answer: unknown;
  readonly fallback?: "CACHE" | "FALLBACK" | "QUEUE";
}

/** What a call under a key came to. */
export interface Recorded {
  readonly outcome: Outcome;
  /** Whether it was answered without a request of its own: by a record, or by a call under way. */
  readonly how: "sent" | "joined" | "record";
}

interface UnderWay {
  readonly fingerprint: string;
  readonly outcome: Promise<Outcome>;
  /** Its own caller has called it off, which is no answer for those who joined it. */
  calledOff: boolean;
}

/** As a record keeps it: plain JSON. */
interface Kept {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Latin-1: one character for each byte. */
  readonly bytes: string;
}

export class Records {
  readonly #manager: IdempotencyManager;
  readonly #underWay = new Map<string, UnderWay>();

  constructor(options: IdempotencyManagerOptions) {
    this.#manager = new IdempotencyManager(options);
  }

  fingerprint(method: string, url: string, headers: Readonly<Record<string, string>>, body: unknown): string {
    return this.#manager.createRequestFingerprint(method, url, headers, body);
  }

  /**
   * Answers the call under `key`, which is sent only if nobody has sent it.
   * @throws OnceAgainError IDEMPOTENCY_KEY_REUSED when the key came with another request.
   */
  async once(
    key: string,
    fingerprint: string,
    signal: AbortSignal | undefined,
    send: () => Promise<Outcome>,
  ): Promise<Recorded> {
    for (;;) {
      const other = this.#underWay.get(key);
      if (other === undefined) return this.#begin(key, fingerprint, signal, send);
      if (other.fingerprint !== fingerprint) throw reused();
      try {
        return { outcome: await cancellable(other.outcome, signal), how: "joined" };
      } catch (error) {
        if (!other.calledOff || signal?.aborted) throw error;
      }
    }
  }

  async close(): Promise<void> {
    await this.#manager.close();
  }

  async #begin(
    key: string,
    fingerprint: string,
    signal: AbortSignal | undefined,
    send: () => Promise<Outcome>,
  ): Promise<Recorded> {
    let how: Recorded["how"] = "sent";
    const outcome = this.#outcome(key, fingerprint, send, () => {
      how = "record";
    });
    const entry = { fingerprint, outcome, calledOff: false };
    this.#underWay.set(key, entry);
    try {
      return { outcome: await outcome, how };
    } catch (error) {
      entry.calledOff = signal?.aborted === true;
      throw error;
    } finally {
      this.#underWay.delete(key);
    }
  }

  async #outcome(
    key: string,
    fingerprint: string,
    send: () => Promise<Outcome>,
    fromRecord: () => void,
  ): Promise<Outcome> {
    const { isDuplicate, record } = await this.#manager.checkDuplicate(key, fingerprint);
    if (record.state === "completed") {
      fromRecord();
      return { answer: thaw(record.response as Kept) };
    }
    // Under way in another process that shares the store: the service joins or refuses the second request by its key.
    if (isDuplicate) return send();
    let kept = false;
    try {
      const outcome = await send();
      if (outcome.answer instanceof Received && outcome.fallback === undefined) {
        // The service has answered; that nobody could write it down is no reason to keep it from the caller.
        const stored = this.#manager.storeResponse(key, freeze(outcome.answer));
        kept = await stored.then(
          () => true,
          () => false,
        );
      }
      return outcome;
    } finally {
      if (!kept) await this.#manager.release(key).catch(() => {});
    }
  }
}

function reused(): OnceAgainError {
  return new OnceAgainError("IDEMPOTENCY_KEY_REUSED", "this key was used with another request");
}

function freeze({ status, headers, bytes }: Received): Kept {
  let text = "";
  for (let at = 0; at < bytes.length; at += 0x8000) text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return { status, headers, bytes: text };
}

const thaw = ({ status, headers, bytes }: Kept): Received =>
  new Received(
    status,
    headers,
    Uint8Array.from(bytes, (char) => char.charCodeAt(0)),
  );
