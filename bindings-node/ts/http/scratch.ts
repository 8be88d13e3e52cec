// Texts as bytes for calls that look at them and keep nothing: the same memory serves all.

import { Buffer } from "node:buffer";

/** Longer texts get memory of their own. A character takes three bytes at the most. */
const LONGEST = 16 * 1024;
const scratch = Buffer.allocUnsafeSlow(3 * LONGEST);

/** The UTF-8 of `text`, valid until this is called again. */
export function passingBytes(text: string): Uint8Array {
  return text.length > LONGEST ? Buffer.from(text) : scratch.subarray(0, scratch.write(text));
}
