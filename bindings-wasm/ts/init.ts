// Loads the decision core into this page, worker or process.

import { bind } from "@once-again/driver/binding";
import initWasm, * as wasm from "../wasm/once_again.js";

/** How many numbers a mailbox holds. */
const WORDS = 64;

let ready: Promise<void> | undefined;
let loaded = false;

/** Whether `init` has resolved. */
export const isReady = (): boolean => loaded;

/**
 * Loads the wasm that lies beside this file, once; every later call gives the same promise. Classes made before it has
 * resolved throw `NOT_READY`.
 *
 * @param source where to take it from instead: a URL, a `Response`, its bytes, or a compiled module.
 */
export function init(source?: string | URL | Response | BufferSource | WebAssembly.Module): Promise<void> {
  ready ??= load(source ?? new URL("once_again_bg.wasm", import.meta.url)).catch((error: unknown) => {
    // The next call may have better luck, when it was the network.
    ready = undefined;
    throw error;
  });
  return ready;
}

async function load(source: string | URL | Response | BufferSource | WebAssembly.Module): Promise<void> {
  const { memory } = await initWasm({ module_or_path: await readable(source) });
  const address = wasm.mailboxAddress();
  bind({ ...wasm, host: "browser", mailbox: () => new Float64Array(memory.buffer, address, WORDS) });
  loaded = true;
}

declare const process: { versions?: { node?: string } } | undefined;

/** Node's fetch cannot read a file; everybody else's can, or has none to read. */
async function readable<T>(source: T): Promise<T | BufferSource> {
  const inNode = typeof process !== "undefined" && process.versions?.node !== undefined;
  if (!inNode || !(source instanceof URL) || source.protocol !== "file:") return source;
  // Not a literal, so that bundlers for browsers do not look for it.
  const fs = "node:fs/promises";
  const { readFile } = (await import(/* webpackIgnore: true */ /* @vite-ignore */ fs)) as {
    readFile(path: URL): Promise<Uint8Array<ArrayBuffer>>;
  };
  return readFile(source);
}
