// A dead letter: a call that was given up, as plain data.

import { facts } from "../retry/signals.js";
import type { ErrorKind } from "../retry/types.js";

/** What a dead letter says about the last failure. */
export interface DeadLetterError {
  readonly kind: ErrorKind;
  readonly name: string;
  readonly code?: string;
  /** The HTTP status. */
  readonly status?: number;
  readonly message?: string;
}

/** A call that was given up (advanced retry, dead letter queue). It is plain JSON, so that any store can keep it. */
export interface DeadLetter {
  readonly id: string;
  /** The operation's name, and its type. */
  readonly operation: string;
  readonly type: string;
  readonly error: DeadLetterError;
  readonly attempts: number;
  /** When the call began, milliseconds since the Unix epoch. */
  readonly firstAt: number;
  /** When it was given up. */
  readonly lastAt: number;
  /** The policy's tags. */
  readonly tags: Readonly<Record<string, string>>;
  /** The tags, and what the call itself said, as far as JSON can hold it. */
  readonly metadata: Readonly<Record<string, unknown>>;
  /** The idempotency key of the call, which every redrive carries again; without one that is the letter's id. */
  readonly key?: string;
  /** What the operation needs to be run again, as the call gave it. */
  readonly payload?: unknown;
  /** True when the call gave a payload that is no JSON. */
  readonly payloadOmitted?: true;
}

/** An error as a letter has it: longer messages are cut. */
export function errorOf(error: unknown, kind: ErrorKind): DeadLetterError {
  const { name, code, status, message } = facts(error);
  return {
    kind,
    name,
    ...(code === undefined ? {} : { code }),
    ...(status === undefined ? {} : { status }),
    ...(message === undefined ? {} : { message: message.slice(0, 4_000) }),
  };
}

/** Whether JSON can hold it. What JSON leaves out without a word (a function) it cannot. */
export function isJson(value: unknown): boolean {
  try {
    return JSON.stringify(value) !== undefined;
  } catch {
    return false;
  }
}

/** The payload's fields of a letter. */
export function payloadOf(payload: unknown): Pick<DeadLetter, "payload" | "payloadOmitted"> {
  if (payload === undefined) return {};
  return isJson(payload) ? { payload } : { payloadOmitted: true };
}
