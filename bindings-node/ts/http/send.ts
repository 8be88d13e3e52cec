// An answer in place of the handler's.

import type { ServerResponse } from "node:http";
import { setLines } from "./head.js";
import type { HttpAnswer } from "./run.js";

/** Sends `answer`; headers that others have set beside its own go out with it. */
export function send(response: ServerResponse, answer: HttpAnswer): void {
  response.statusCode = answer.status;
  setLines(response, answer.lines);
  response.end(answer.body);
}
