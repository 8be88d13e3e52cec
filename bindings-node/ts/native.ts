// Loads the binary made for this platform and gives it to the driver. Every entry of the package imports this file first.
// A package may carry binaries for one platform only, so another kind of machine gets a clear answer.

import { createRequire } from "node:module";
import { bind } from "@once-again/driver/binding";
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

/** The binary's functions. */
export const native = load();

/**
 * The mailbox of this thread, never handed out: if somebody detached it, core would read freed memory. It is kept beside the
 * binary because a test runner may evaluate this file again in the same thread, which must not get a second one.
 */
const MAILBOX = Symbol.for("once-again.mailbox");
const kept = native as typeof Native & { [MAILBOX]?: Float64Array };
if (kept[MAILBOX] === undefined) {
  const words = new Float64Array(64);
  native.mailboxAttach(words);
  Object.defineProperty(kept, MAILBOX, { value: words });
}
const words = kept[MAILBOX] as Float64Array;

bind({
  ...native,
  host: "node",
  mailbox: () => words,
  // Bytes cross without a copy, a string would be measured and copied.
  fingerprintJson: (request, text) => native.fingerprintJson(request, Buffer.from(text)),
});
