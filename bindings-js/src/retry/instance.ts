// Who this process is among its like.

import { core } from "../binding.js";

let own: string | undefined;

/** A name drawn once for this process, worker or page: the `instance` of a policy that was given none. */
export function instanceName(): string {
  own ??= core.generateKey(crypto.getRandomValues(new Uint8Array(16)));
  return own;
}
