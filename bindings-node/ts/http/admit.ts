// The way of a request past its guard, the same for every framework of Node: it passes, it is answered, or it runs.

import type { IncomingMessage, ServerResponse } from "node:http";
import type { Execution } from "@once-again/driver/idempotency/run";
import { parsedBytes, rawBytes } from "./body.js";
import { capture } from "./capture.js";
import type { Guard } from "./guard.js";
import { wantedLines } from "./head.js";
import { completeIn, type JointAnswer } from "./joint.js";
import type { HttpAnswer, HttpRun } from "./run.js";

/** What a handler finds of its claim at `req.idempotency`. */
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

/** A request as a framework hands it over. */
export interface Arrived<Request> {
  /** The framework's own: what `principal` is asked about. */
  readonly request: Request;
  /** Node's. */
  readonly message: IncomingMessage;
  /** Path and query as on the request line, before any mounting. */
  readonly target: string;
  /** What a body parser has left. */
  readonly parsed: unknown;
}

/** What becomes of a request. */
export type Admitted =
  | { readonly action: "pass" }
  | { readonly action: "answer"; readonly answer: HttpAnswer }
  | {
      readonly action: "run";
      /** Undefined when it runs unprotected, because its store is away and `failOpen` is set. */
      readonly idempotency: RequestIdempotency | undefined;
      /**
       * Records what the handler will answer. `began` is called when the answer begins before its end. The function it returns
       * ends the run without an answer; an answer that is whole by then stands.
       */
      watch(response: ServerResponse, began?: () => void): () => void;
    };

/** Asks core, and the store, what becomes of a request whose method is guarded. */
export async function admit<Request>(guard: Guard<Request>, arrived: Arrived<Request>): Promise<Admitted> {
  const { message, target, parsed } = arrived;
  const head = {
    method: message.method ?? "",
    target,
    headers: wantedLines(message, guard.wantedHeaders),
    principal: callerOf(guard, arrived.request),
    remote: message.socket.remoteAddress ?? "",
  };
  // A body that is there already saves core a question.
  let examined = guard.examine(head, parsedBytes(message, parsed));
  if (examined.action === "needBody") {
    examined = guard.examine(head, await rawBytes(message, guard.maxRequestBytes));
  }
  if (examined.action === "replay" || examined.action === "refuse") return { action: "answer", answer: examined };
  if (examined.action !== "guard") return { action: "pass" };

  const { run } = examined;
  const beginning = examined.beginning instanceof Promise ? await examined.beginning : examined.beginning;
  if (beginning.action === "replay" || beginning.action === "refuse") return { action: "answer", answer: beginning };
  const idempotency = beginning.action === "execute" ? claimOf(guard, run, beginning) : undefined;
  const watch = (response: ServerResponse, began?: () => void): (() => void) =>
    capture(response, guard.maxBodyBytes, {
      began,
      // An unprotected answer must not promise that it can be had again.
      mark: (own) => (idempotency === undefined ? [] : run.firstAnswerHeaders(own)),
      record: (answer, body) => run.answered(answer, body),
      cutShort: () => void run.thrown(),
    });
  return { action: "run", idempotency, watch };
}

function claimOf(
  guard: Pick<Guard, "store">,
  run: HttpRun,
  { attempts, epoch }: Extract<Execution, { action: "execute" }>,
): RequestIdempotency {
  return {
    key: run.key,
    attempt: attempts,
    epoch,
    get signal() {
      return run.signal;
    },
    completeIn: (db, answer) => completeIn(guard.store, run, db, answer),
  };
}

/** Who asks: what the option answers, or what a verifying middleware has left on the request. */
function callerOf<Request>(guard: Guard<Request>, request: Request): string | undefined {
  if (guard.principal !== undefined) return guard.principal(request) ?? undefined;
  const { user, auth } = request as { user?: { id?: unknown; sub?: unknown }; auth?: { sub?: unknown } };
  for (const candidate of [user?.id, user?.sub, auth?.sub]) {
    if (typeof candidate === "string" || typeof candidate === "number") return String(candidate);
  }
  return undefined;
}
