// What every player needs: a clock and draws that follow a script, and configurations in this language's names and unit.

/** A clock in whole microseconds, shown as milliseconds. It may be set back. */
export class ScriptClock {
  at = 0;
  #timers = new Set();

  now = () => this.at / 1e3;
  wallNow = () => this.at / 1e3;

  async sleep(ms, signal) {
    signal?.throwIfAborted();
    this.at += micros(ms);
  }

  timer(ms, ring) {
    const timer = { due: this.at + micros(ms), ring };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** Lets `span` pass; true when a limit rang before it was over. */
  pass(span) {
    const due = [...this.#timers].filter((timer) => timer.due <= this.at + span).sort((a, b) => a.due - b.due)[0];
    this.at = due?.due ?? this.at + span;
    due?.ring();
    return due !== undefined;
  }
}

/** Exact for every time that a script can write. */
export const micros = (ms) => Math.round(ms * 1e3);

export const hexOf = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
export const bytesOf = (hex) => Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
export const base64 = (bytes) => btoa(String.fromCharCode(...bytes));

/** `Math.random` as a script of draws out of 2³²; the last one repeats. */
export function scriptRandom(draws) {
  let next = 0;
  return () => draws[Math.min(next++, draws.length - 1)] / 2 ** 32;
}

/**
 * A configuration of a vector as JavaScript writes it: camelCase, milliseconds, `{"$number": "NaN"}` as a number,
 * `{"$opaque": "function"}` as a function.
 *
 * @param isDuration whether the field at a path of core's names (`open_wait.base`) is a duration when it is a number
 * @param isData whether what is at a path has names of the user's own, which stay as they are
 */
export function configOf(value, isDuration, isData = () => false, path = "") {
  if (typeof value === "number") return isDuration(path) ? value / 1e3 : value;
  if (Array.isArray(value)) return value.map((item) => configOf(item, isDuration, isData, path));
  if (typeof value !== "object" || value === null) return value;
  if ("$number" in value) return Number(value.$number);
  if ("$opaque" in value) return () => {};
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [
      isData(path) ? name : camel(name),
      configOf(item, isDuration, isData, path === "" ? name : `${path}.${name}`),
    ]),
  );
}

export const camel = (name) => name.replace(/_([a-z])/g, (_, letter) => letter.toUpperCase());

/** A name, or a path of names, as core has it. Names that begin with a capital (kinds) stay. */
export const snake = (name) => name.replace(/(?<=[a-z])[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** What a refused configuration answers. */
export function refusal(error, { ConfigError }) {
  if (!(error instanceof ConfigError)) throw error;
  return { error: { field: error.field.split(".").map(snake).join("."), expected: error.expected } };
}
