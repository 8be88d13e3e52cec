// Loads the binary made for this platform and gives it to the driver. Every entry of the package imports this file first.
// A package may carry binaries for one platform only, so another kind of machine gets a clear answer.

import { createRequire } from "node:module";
import { attachCore } from "@once-again/driver/core";
import type * as Native from "../native/index.js";

/** The names napi-rs gives the file it builds; which C library a Linux has shows only by trying. */
function candidates(): string[] {
  const name = `${process.platform}-${process.arch}`;
  const abis: Partial<Record<NodeJS.Platform, string[]>> = { linux: ["-gnu", "-musl"], win32: ["-msvc"] };
  return (abis[process.platform] ?? [""]).map((abi) => `../native/once-again.${name}${abi}.node`);
}

function load(): typeof Native {
  const require = createRequire(import.meta.url);
  const failures: unknown[] = [];
  for (const file of candidates()) {
    try {
      return require(file) as typeof Native;
    } catch (failure) {
      failures.push(failure);
    }
  }
  const machine = `${process.platform}-${process.arch}, Node ${process.version}`;
  throw new AggregateError(
    failures,
    `once-again has no binary that runs here (${machine}); tried ${candidates().join(", ")}`,
  );
}

attachCore(load());
