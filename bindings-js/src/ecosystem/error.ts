// QError: what a request that came to nothing rejects with. Which code an answer has, and whether the same call may succeed
// later, is core's table.

import { core } from "../binding.js";
import { type ErrorCode, type ErrorFacts, OnceAgainError } from "../errors.js";
import { type HttpSignals, httpSignals } from "../retry/signals.js";
import type { ErrorKind } from "../retry/types.js";
import type { HttpResponse } from "./body.js";

/** The base class of all our errors, under its name in the Q ecosystem. */
export const QError = OnceAgainError;
export type QError = OnceAgainError;

interface Named {
  readonly code: ErrorCode;
  readonly retryable: boolean;
}

/** What core's table reads of an answer that refuses a request, or of none. */
export interface Refused {
  readonly status?: number;
  readonly timedOut?: boolean;
  readonly problemType?: string | undefined;
  readonly code?: string | undefined;
  readonly replayed?: boolean;
}

interface HttpFacts extends ErrorFacts {
  readonly response?: HttpResponse | undefined;
  /** How many attempts were made. */
  readonly attempts: number;
  /** What core's classifier should know of the request. */
  readonly signals?: HttpSignals | undefined;
  /** What kind of failure it was, where nothing was answered. */
  readonly kind?: ErrorKind | undefined;
}

/** A request that was refused (a status of 400 or more), that got no answer, or none in time. */
export class HttpError extends OnceAgainError {
  /** What the service answered; undefined where nothing came. */
  readonly response: HttpResponse | undefined;
  /** How many attempts were made. */
  readonly attempts: number;
  /** What kind of failure it was, where nothing was answered. */
  readonly kind: ErrorKind | undefined;
  /** What the classifier should know of the request. */
  readonly [httpSignals]: HttpSignals | undefined;
  readonly #named: Named;
  readonly #message: string;

  private constructor(named: Named, message: string, facts: HttpFacts) {
    super(named.code, message, facts);
    this.#named = named;
    this.#message = message;
    this.response = facts.response;
    this.attempts = facts.attempts;
    this.kind = facts.kind;
    this[httpSignals] = facts.signals;
  }

  /** The error of a request that came to nothing in this way. */
  static of(refused: Refused, message: string, facts: HttpFacts): HttpError {
    return new HttpError(JSON.parse(core.clientFailure(JSON.stringify(refused))) as Named, message, facts);
  }

  /** The status that was answered; where nothing was, the one its code stands for. */
  override get statusCode(): number {
    return this.response?.status ?? super.statusCode;
  }

  /** Whether the same call may succeed later. */
  override get retryable(): boolean {
    return this.#named.retryable;
  }

  /** The same error as the end of a call that was given up. */
  because(cause: unknown, details: Readonly<Record<string, unknown>>): HttpError {
    const { response, attempts, requestId, kind } = this;
    return new HttpError(this.#named, this.#message, { cause, details, response, attempts, requestId, kind });
  }
}
Object.defineProperty(HttpError.prototype, "name", { value: "QError", configurable: true, writable: true });
