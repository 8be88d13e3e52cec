// Where the driver meets the decision core: each public package attaches its own binding, the driver calls it.

/** What every binding offers, under the same names. */
export interface Core {
  coreVersion(): string;
}

let attached: Core | undefined;

/** Called once by a package, when its binding is loaded. */
export function attachCore(core: Core): void {
  attached = core;
}

/** The attached binding. Throws until there is one: in a browser the wasm loads first. */
export function core(): Core {
  if (attached === undefined) {
    throw new Error("once-again is not ready: await init() first");
  }
  return attached;
}

/** The version of the decision core, the same number in every language. */
export function coreVersion(): string {
  return core().coreVersion();
}
