// An answer in place of the handler's.

import type { ServerResponse } from "node:http";
import { setHeaders } from "./head.js";
import type { HttpAnswer } from "./run.js";

/** Sends `answer`; headers that others have set beside its own go out with it. */
export function send(response: ServerResponse, answer: HttpAnswer): void {
  response.statusCode = answer.status;
  setHeaders(response, answer.headers);
  response.end(answer.body);
}
