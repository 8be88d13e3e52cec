// What of a configuration only the host understands: that it is an object at all, functions, clocks, loggers. They are called
// when something has failed or happened, where a wrong one would be found too late. Everything else is core's to check.

import type { Clock } from "./clock.js";
import { ConfigError } from "./errors.js";

const CLOCK_PARTS = ["now", "wallNow", "sleep"] as const satisfies readonly (keyof Clock)[];
const LOGGER = "a function, or an object with debug, info, warn and error";

/** A value in a short word, for an error. */
export function shown(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === "object") return "an object";
  if (typeof value === "function") return "a function";
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}

/**
 * `options` as the object of fields it must be; undefined is one without fields.
 * @throws ConfigError when it is anything else, naming `what`.
 */
export function fieldsOf<T extends object>(options: T | undefined, what: string): T {
  if (options === undefined) return {} as T;
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    throw new ConfigError(what, shown(options), "an object of fields");
  }
  return options;
}

/** What `make` makes of the fields below `path`; a refusal names them by their whole path. */
export function below<T>(path: string, make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw new ConfigError(`${path}.${error.field}`, error.value, error.expected);
  }
}

/** @throws ConfigError when `rest`, which is what nobody has read of some options, has a field that is given. */
export function refuseUnknown(rest: object, known: readonly string[], path = ""): void {
  for (const [field, value] of Object.entries(rest)) {
    if (value !== undefined) throw new ConfigError(path + field, shown(value), `a known field: ${known.join(", ")}`);
  }
}

/** @throws ConfigError when `value` is none of `names`. */
export function checkOneOf(field: string, value: unknown, names: readonly string[]): void {
  if (typeof value === "string" && names.includes(value)) return;
  throw new ConfigError(field, shown(value), `one of ${names.join(", ")}`);
}

/** Functions whose every answer is an object, which would agree to everything. */
const NEVER_AT_ONCE = /^\[object (Async|Generator|AsyncGenerator)Function\]$/;

/** @throws ConfigError when `given` is a function that cannot answer at once. What is no function is another matter. */
export function checkAtOnce(field: string, given: unknown, expected: string): void {
  const tag: string = Object.prototype.toString.call(given);
  if (NEVER_AT_ONCE.test(tag)) throw new ConfigError(field, tag.slice(8, -1), expected);
}

/** @throws ConfigError when `given` is no function. */
export function checkFunction(field: string, given: unknown): void {
  if (typeof given !== "function") throw new ConfigError(field, typeof given, "a function");
}

/** @throws ConfigError when one of `given` is there and no function. */
export function checkFunctions(given: Readonly<Record<string, unknown>>): void {
  for (const [field, value] of Object.entries(given)) if (value != null) checkFunction(field, value);
}

/** @throws ConfigError when `clock` is there and cannot tell the time. */
export function checkClock(clock: Clock | null | undefined): void {
  if (clock == null) return;
  if (typeof clock !== "object" && typeof clock !== "function") {
    throw new ConfigError("clock", typeof clock, "an object with now, wallNow and sleep");
  }
  for (const part of CLOCK_PARTS) checkFunction(`clock.${part}`, clock[part]);
}

/** @throws ConfigError when `logger` is there and takes no lines. */
export function checkLogger(logger: unknown): void {
  if (logger != null && typeof logger !== "function" && typeof logger !== "object") {
    throw new ConfigError("logger", typeof logger, LOGGER);
  }
}
