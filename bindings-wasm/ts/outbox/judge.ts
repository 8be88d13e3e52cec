// How a sending ended, and what the policy thinks of it.

import { RetryExhaustedError } from "@once-again/driver/errors";
import { isProblem, problemTypeOf } from "@once-again/driver/fetch/problem";
import { isReplay } from "@once-again/driver/fetch/sender";
import { Plan } from "@once-again/driver/retry/plan";
import { type HttpSignals, httpSignals } from "@once-again/driver/retry/signals";
import type { RetryOptions } from "@once-again/driver/retry/types";

/** How a sending ended: with a response, or with an error. */
export interface Ended {
  readonly response?: Response;
  readonly error?: unknown;
  /** Core's verdict, as bits. */
  readonly verdict: number;
  /** Milliseconds; -1 when nobody asked to wait. */
  readonly retryAfter: number;
}

export class Judge {
  readonly #plan: Plan;

  constructor(policy: RetryOptions | string) {
    this.#plan = new Plan(policy);
  }

  /** How long the policy lets an attempt take, milliseconds. */
  get attemptTimeout(): number | undefined {
    return this.#plan.attemptTimeout;
  }

  /** Sends, and judges what came of it. */
  async ended(send: () => Promise<Response>, method: string): Promise<Ended> {
    const about = { method, hasKey: true, replayed: false };
    let response: Response;
    try {
      response = await send();
    } catch (error) {
      const last = error instanceof RetryExhaustedError ? error.cause : error;
      return { error, ...this.#judged(last, about) };
    }
    if (response.status < 400) return { response, verdict: 0, retryAfter: -1 };
    const answered = { ...about, replayed: isReplay(response.headers), problemType: await problemOf(response) };
    return { response, ...this.#judged({ status: response.status, response, [httpSignals]: answered }, answered) };
  }

  close(): void {
    this.#plan.close();
  }

  #judged(failure: unknown, about: HttpSignals): { readonly verdict: number; readonly retryAfter: number } {
    return { verdict: this.#plan.judge(failure, about), retryAfter: this.#plan.retryAfter(failure) };
  }
}

/** The type of a problem; the answer stays unread for whoever gets it. */
async function problemOf(response: Response): Promise<string | undefined> {
  if (!isProblem(response.headers)) return undefined;
  try {
    return problemTypeOf(await response.clone().json());
  } catch {
    return undefined;
  }
}
