// `idempotencyHandler`: a guard around one function of a request and a response, for Node's own servers and for frameworks
// that hand both out.

import type { IncomingMessage, ServerResponse } from "node:http";
import { admit, type RequestIdempotency } from "./admit.js";
import { Guard, type IdempotencyOptions } from "./guard.js";
import { send } from "./send.js";

/** A request as a handler of {@link idempotencyHandler} finds it. */
export interface GuardedMessage extends IncomingMessage {
  /** Set on requests that run under a claim. */
  idempotency?: RequestIdempotency;
}

/** A handler, of Node's or of another framework's request and response. */
export type PlainHandler<Request, Response> = (request: Request, response: Response) => unknown;

/**
 * Guards `handler`: it runs at most once per key, and its answer is recorded and replayed to every later request with the same
 * key and the same content.
 *
 * ```js
 * http.createServer(idempotencyHandler({ store }, async (req, res) => res.end(await createOrder(req))));
 * ```
 *
 * The promise fulfils when the handler has returned; where it throws, a 500 goes out unless an answer has begun, and the
 * promise rejects with the error, which is the caller's to log.
 */
export function idempotencyHandler<
  Request extends IncomingMessage = GuardedMessage,
  Response extends ServerResponse = ServerResponse,
>(
  options: IdempotencyOptions<Request>,
  handler: PlainHandler<Request, Response>,
): (request: Request, response: Response) => Promise<void> {
  const guard = new Guard<Request>(options);
  return async (request, response) => {
    try {
      if (guard.guards(request.method ?? "") && (await isAnswered(guard, request, response))) return;
      await handler(request, response);
    } catch (error) {
      if (!response.headersSent) {
        response.statusCode = 500;
        response.end();
      }
      throw error;
    }
  };
}

/** Whether the request has its answer already, and the handler must not run. */
async function isAnswered<Request extends IncomingMessage>(
  guard: Guard<Request>,
  request: Request,
  response: ServerResponse,
): Promise<boolean> {
  const { body, originalUrl } = request as { body?: unknown; originalUrl?: string };
  const target = originalUrl ?? request.url ?? "";
  const admitted = await admit(guard, { request, message: request, target, parsed: body });
  if (admitted.action === "answer") send(response, admitted.answer);
  if (admitted.action === "run") {
    if (admitted.idempotency !== undefined) (request as GuardedMessage).idempotency = admitted.idempotency;
    admitted.watch(response);
  }
  return admitted.action === "answer";
}
