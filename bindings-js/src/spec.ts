// Configuration crosses once, as one JSON text, and is read by core: aliases, units, ranges and defaults exist only there.
// JSON cannot say NaN, Infinity or "a function", so two escapes do; core can then refuse them by name.

import { ConfigError, type ErrorCode, OnceAgainError } from "./errors.js";

/** Deeper than any configuration; a cycle ends here. */
const DEEPEST = 64;

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

function toJson(value: unknown, path: string, depth: number): Json | undefined {
  switch (typeof value) {
    case "undefined":
      return undefined;
    case "boolean":
    case "string":
      return value;
    case "number":
      return Number.isFinite(value) ? value : { $number: String(value) };
    case "object":
      return value === null ? null : objectToJson(value, path, depth);
    default:
      return { $opaque: typeof value };
  }
}

function objectToJson(value: object, path: string, depth: number): Json {
  if (depth > DEEPEST) throw new ConfigError(path, "an object that is too deep", `at most ${DEEPEST} levels`);
  if (Array.isArray(value) || value instanceof Set) {
    return Array.from(value as Iterable<unknown>, (item) => toJson(item, path, depth + 1) ?? null);
  }
  const tag = Object.prototype.toString.call(value).slice(8, -1);
  if (tag !== "Object") return { $opaque: tag };
  const out: { [key: string]: Json } = {};
  for (const [key, item] of Object.entries(value)) {
    const json = toJson(item, path === "" ? key : `${path}.${key}`, depth + 1);
    if (json !== undefined) out[key] = json;
  }
  return out;
}

/** A configuration object as the text that core reads. */
export function specText(config: unknown): string {
  return JSON.stringify(toJson(config, "", 0) ?? null);
}

interface Refusal {
  readonly error: {
    readonly code: ErrorCode;
    readonly field: string;
    readonly value: string;
    readonly expected: string;
  };
}

/** What core answered to what a user wrote; throws when it refused it. */
export function readAnswer<T extends object>(text: string): T {
  const answer = JSON.parse(text) as T | Refusal;
  if (!("error" in answer)) return answer;
  const { code, field, value, expected } = answer.error;
  if (code === "CONFIG_INVALID") throw new ConfigError(field, value, expected);
  const details = { field, value, expected };
  throw new OnceAgainError(code, `${field}: got ${value}, expected ${expected}`, { details });
}

/** Data that stays as it is, all the way down. */
export function frozen<T extends object>(data: T): Readonly<T> {
  for (const item of Object.values(data) as unknown[]) if (typeof item === "object" && item !== null) frozen(item);
  return Object.freeze(data);
}
