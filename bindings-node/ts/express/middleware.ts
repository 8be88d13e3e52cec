// `idempotencyMiddleware` for Express 4 and 5. It carries bytes: what is guarded, refused, kept and replayed is core's
// decision.

import type { IncomingMessage, ServerResponse } from "node:http";
import { Guard, type IdempotencyOptions } from "../http/guard.js";
import type { Header, HttpAnswer } from "../http/run.js";
import { bodyBytes, type ParsedRequest } from "./body.js";
import { capture, setHeaders } from "./capture.js";
import { completeIn, type JointAnswer } from "./joint.js";

/** What a handler finds at `req.idempotency`. */
export interface RequestIdempotency {
  /** The key as the client sent it, or `derived:` and a digest. */
  readonly key: string;
  /** 1 for the first run of this key; more when an earlier owner died or failed. */
  readonly attempt: number;
  /** Grows with every claim of this key: a fence for systems that can check one. */
  readonly epoch: number;
  /** Fires when the claim cannot be kept and the handler must stop. */
  readonly signal: AbortSignal;
  /**
   * Joint mode: records `answer` inside **your** transaction on `db`, so that the effect and its record are committed
   * together. Throws when another owner has taken over; let it roll the transaction back. Send the same answer afterwards. To
   * be awaited with a store that answers later, PostgreSQL for instance.
   */
  completeIn(db: object, answer: JointAnswer): void | Promise<void>;
}

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
interface GuardedRequest extends ParsedRequest {
  originalUrl?: string;
  idempotency?: RequestIdempotency;
}

/**
 * Runs each request at most once per key: the first answer is recorded and replayed to every later request with the same
 * key and the same content. Mount it after authentication, before or after `express.json()`.
 */
export function idempotencyMiddleware<Request extends IncomingMessage = IncomingMessage>(
  options: IdempotencyOptions<Request> = {},
): Middleware {
  // What reaches the middleware is what the framework hands over: the caller knows its type better.
  const guard = new Guard<IncomingMessage>(options as IdempotencyOptions<IncomingMessage>);
  return (request, response, next) => {
    if (!guard.guards(request.method ?? "")) next();
    else handle(guard, request, response, next).catch(next);
  };
}

async function handle(
  guard: Guard<IncomingMessage>,
  request: GuardedRequest,
  response: ServerResponse,
  next: (error?: unknown) => void,
): Promise<void> {
  const head = {
    method: request.method ?? "",
    target: request.originalUrl ?? request.url ?? "",
    headers: wantedLines(request, guard.wantedHeaders),
    principal: callerOf(guard, request),
    remote: request.socket.remoteAddress ?? "",
  };
  let examined = guard.examine(head);
  if (examined.action === "needBody") examined = guard.examine(head, await bodyBytes(request));
  if (examined.action === "refuse") return send(response, examined);
  if (examined.action !== "guard") return next();

  const { run, key } = examined;
  const beginning = await run.begin();
  if (beginning.action === "replay" || beginning.action === "refuse") return send(response, beginning);
  if (beginning.action === "execute") {
    request.idempotency = {
      key,
      attempt: beginning.attempts,
      epoch: beginning.epoch,
      signal: run.signal,
      completeIn: (db, answer) => completeIn(guard.store, run, db, answer),
    };
  }
  capture(response, guard.maxBodyBytes, {
    // An unprotected answer must not promise that it can be had again.
    mark: (own) => (beginning.action === "execute" ? run.firstAnswerHeaders(own) : []),
    record: (answer, body) => run.answered(answer, body),
  });
  next();
}

/** The lines of the wanted headers, each line by itself: two key lines must not look like one. */
function wantedLines(request: IncomingMessage, wanted: readonly string[]): Header[] {
  const lines: Header[] = [];
  for (let at = 0; at < request.rawHeaders.length; at += 2) {
    const name = (request.rawHeaders[at] as string).toLowerCase();
    if (wanted.includes(name)) lines.push([name, request.rawHeaders[at + 1] as string]);
  }
  return lines;
}

/** Who asks: what the option answers, or what a verifying middleware has left on the request. */
function callerOf(guard: Guard<IncomingMessage>, request: IncomingMessage): string | undefined {
  if (guard.principal !== undefined) return guard.principal(request) ?? undefined;
  const { user, auth } = request as { user?: { id?: unknown; sub?: unknown }; auth?: { sub?: unknown } };
  for (const candidate of [user?.id, user?.sub, auth?.sub]) {
    if (typeof candidate === "string" || typeof candidate === "number") return String(candidate);
  }
  return undefined;
}

function send(response: ServerResponse, answer: HttpAnswer): void {
  response.statusCode = answer.status;
  setHeaders(response, answer.headers);
  response.end(answer.body);
}
