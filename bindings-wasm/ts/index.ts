import { attachCore, coreVersion } from "@once-again/driver/core";
import initWasm, * as wasm from "../wasm/once_again.js";

export { coreVersion };

let ready: Promise<void> | undefined;

/**
 * Loads the wasm that lies beside this file, once; every later call gives the same promise.
 *
 * @param source where to take it from instead: a URL, a `Response`, or its bytes.
 */
export function init(source?: string | URL | Response | BufferSource): Promise<void> {
  ready ??= initWasm({ module_or_path: source ?? new URL("once_again_bg.wasm", import.meta.url) }).then(() =>
    attachCore(wasm),
  );
  return ready;
}
