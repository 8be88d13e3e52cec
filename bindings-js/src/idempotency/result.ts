// What a function returned or threw, as the text under which every language keeps it.

import { OnceAgainError } from "../errors.js";

/** Writes and reads results that JSON would not return equal: dates, maps, classes. */
export interface Codec<T> {
  encode(value: T): string;
  decode(text: string): T;
}

/** `undefined`, which JSON cannot say. */
const NOTHING = "";

/** The text of a result; undefined when reading it back would give something else. */
export function resultText<T>(value: T, codec: Codec<T> | undefined): string | undefined {
  if (codec !== undefined) return codec.encode(value);
  if (value === undefined) return NOTHING;
  return isJson(value, 0) ? JSON.stringify(value) : undefined;
}

export function readResult<T>(text: string, codec: Codec<T> | undefined): T {
  if (codec !== undefined) return codec.decode(text);
  return (text === NOTHING ? undefined : JSON.parse(text)) as T;
}

/** Deeper than any result, and where a cycle ends. */
const DEEPEST = 128;

function isJson(value: unknown, depth: number): boolean {
  switch (typeof value) {
    case "string":
    case "boolean":
      return true;
    case "number":
      return Number.isFinite(value) && !Object.is(value, -0);
    case "object":
      return value === null || (depth < DEEPEST && isJsonObject(value, depth + 1));
    default:
      return false;
  }
}

function isJsonObject(value: object, depth: number): boolean {
  if (Array.isArray(value)) return value.every((item) => isJson(item, depth));
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return false;
  // A property that is undefined is left out, and reads as undefined again.
  return Object.values(value).every((item) => item === undefined || isJson(item, depth));
}

/** An error as it is kept: what its catcher may look at. */
export function errorText(error: unknown): string {
  try {
    return shown(error);
  } catch {
    // A getter that throws, an object without a text: the run must hear of its end all the same.
    return JSON.stringify({ message: "an error that cannot be written" });
  }
}

function shown(error: unknown): string {
  if (!(error instanceof Error)) return JSON.stringify({ message: String(error) });
  const { name, message } = error;
  const { code } = error as { code?: unknown };
  return JSON.stringify({
    name,
    message,
    code: typeof code === "string" || typeof code === "number" ? code : undefined,
  });
}

/** The error that an earlier call threw. */
export function readError(text: string): Error {
  const { name = "Error", message, code } = JSON.parse(text) as { name?: string; message: string; code?: unknown };
  const error = Object.assign(new Error(message), code === undefined ? {} : { code });
  Object.defineProperty(error, "name", { value: name, configurable: true, writable: true });
  return error;
}

/** The caller's word for a call that was refused, with when to come back. */
export function refusalError({ code, detail, retryAfter }: Refused): OnceAgainError {
  return new OnceAgainError(code, detail, retryAfter === undefined ? undefined : { details: { retryAfter } });
}

/** A call that has no end to tell of. `retryAfter` is milliseconds. */
export interface Refused {
  readonly how: "refused";
  readonly code: ConstructorParameters<typeof OnceAgainError>[0];
  readonly detail: string;
  readonly retryAfter?: number;
}
