// `idempotencyHandler`: a guard around one function of a request and a response, for Node's own servers and for frameworks
// that hand both out.

import type { IncomingMessage, ServerResponse } from "node:http";
import { checkFunction } from "@once-again/driver/host";
import type { Counted } from "@once-again/driver/idempotency/stats";
import { type Arrived, admit, type RequestIdempotency, record } from "./admit.js";
import type { Capture } from "./capture.js";
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
 * The promise fulfils when the handler has returned. Where it throws, a 500 goes out; an answer that has begun is cut off, so
 * that nobody takes it for a whole one, and its key is free again. Then the promise rejects with the error, which is the
 * caller's to log.
 */
export function idempotencyHandler<
  Request extends IncomingMessage = GuardedMessage,
  Response extends ServerResponse = ServerResponse,
>(
  options: IdempotencyOptions<Request>,
  handler: PlainHandler<Request, Response>,
): ((request: Request, response: Response) => Promise<void>) & Counted {
  const guard = new Guard<Request>(options);
  checkFunction("handler", handler);
  const guarded = async (request: Request, response: Response): Promise<void> => {
    let capture: Capture | undefined;
    try {
      if (guard.guards(request.method ?? "")) {
        const admitted = await admit(guard, arrived(request));
        if (admitted.action === "answer") return send(response, admitted.answer);
        if (admitted.action === "run") {
          if (admitted.idempotency !== undefined) (request as GuardedMessage).idempotency = admitted.idempotency;
          capture = record(guard, admitted, response);
        }
      }
      await handler(request, response);
    } catch (error) {
      if (!response.headersSent) {
        response.statusCode = 500;
        response.end();
      } else if (!response.writableEnded) {
        capture?.cut();
        response.destroy();
      }
      throw error;
    }
  };
  return Object.assign(guarded, { stats: () => guard.stats() });
}

function arrived<Request extends IncomingMessage>(request: Request): Arrived<Request> {
  const { body, originalUrl } = request as { body?: unknown; originalUrl?: string };
  return { request, message: request, target: originalUrl ?? request.url ?? "", parsed: body };
}
