// `idempotencyMiddleware` for Express 4 and 5, and for whatever takes connect's middleware. It carries bytes: what is guarded,
// refused, kept and replayed is core's decision.

import type { IncomingMessage, ServerResponse } from "node:http";
import { ConfigError } from "@once-again/driver/errors";
import { shown } from "@once-again/driver/host";
import type { Counted } from "@once-again/driver/idempotency/stats";
import { type Admitted, type Arrived, admit, type RequestIdempotency, record } from "../http/admit.js";
import { Guard, type IdempotencyOptions } from "../http/guard.js";
import { send } from "../http/send.js";
import { onDestroyed } from "./destroyed.js";

declare global {
  namespace Express {
    interface Request {
      /** Set by `idempotencyMiddleware` on requests it guards. */
      idempotency?: RequestIdempotency;
    }
  }
}

/** The shape that Express 4, Express 5 and connect share. */
export type Middleware = (request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void) => void;

/** A request as this middleware sees it: Express adds the path as it stood before mounting, a body, and what we add. */
interface GuardedRequest extends IncomingMessage {
  originalUrl?: string;
  body?: unknown;
  idempotency?: RequestIdempotency;
}

/**
 * Runs each request at most once per key: the first answer is recorded and replayed to every later request with the same
 * key and the same content. Mount it after authentication, before or after `express.json()`.
 */
export function idempotencyMiddleware<Request extends IncomingMessage = IncomingMessage>(
  options: IdempotencyOptions<Request> = {},
): Middleware & Counted {
  // What reaches the middleware is what the framework hands over: the caller knows its type better.
  const guard = new Guard<IncomingMessage>(options as IdempotencyOptions<IncomingMessage>);
  const middleware: Middleware = (request, response, next) => {
    if (!guard.guards(request.method ?? "")) {
      // Fastify registers whatever takes three arguments, and would guard nothing by it.
      if (request.method === undefined) next(new ConfigError("request", shown(request), "one of Express or of Node"));
      else next();
      return;
    }
    const go = (admitted: Admitted): void => goOn(guard, admitted, request, response, next);
    let admitted: Admitted | Promise<Admitted>;
    try {
      admitted = admit(guard, arrived(request));
    } catch (error) {
      next(error);
      return;
    }
    if (admitted instanceof Promise) admitted.then(go).catch(next);
    else go(admitted);
  };
  return Object.assign(middleware, { stats: () => guard.stats() });
}

function arrived(request: GuardedRequest): Arrived<IncomingMessage> {
  const target = request.originalUrl ?? request.url ?? "";
  return { request, message: request, target, parsed: request.body };
}

function goOn(
  guard: Guard<IncomingMessage>,
  admitted: Admitted,
  request: GuardedRequest,
  response: ServerResponse,
  next: (error?: unknown) => void,
): void {
  if (admitted.action === "answer") {
    send(response, admitted.answer);
    return;
  }
  if (admitted.action === "run") {
    if (admitted.idempotency !== undefined) request.idempotency = admitted.idempotency;
    record(guard, admitted, response, onDestroyed);
  }
  next();
}
