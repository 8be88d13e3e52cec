// Who this process is among its like.

import { newId } from "../id.js";

let own: string | undefined;

/** A name drawn once for this process, worker or page: the `instance` of a policy that was given none. */
export function instanceName(): string {
  own ??= newId();
  return own;
}
