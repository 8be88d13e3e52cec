// The way of a request past its guard, the same for every framework of Node: it passes, it is answered, or it runs.

import type { IncomingMessage, ServerResponse } from "node:http";
import { ConfigError } from "@once-again/driver/errors";
import { shown } from "@once-again/driver/host";
import type { Execution } from "@once-again/driver/idempotency/run";
import type { Store } from "@once-again/driver/store/store";
import { parsedBytes, rawBytes } from "./body.js";
import { type Began, Capture } from "./capture.js";
import type { Examined, Guard } from "./guard.js";
import { wantedLines } from "./head.js";
import { completeIn, type JointAnswer } from "./joint.js";
import type { Beginning, HttpAnswer, HttpRun } from "./run.js";

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
      readonly run: HttpRun;
      /** Undefined when it runs unprotected, because its store is away and `failOpen` is set. */
      readonly idempotency: RequestIdempotency | undefined;
    };

const pass: Admitted = { action: "pass" };

/**
 * Asks core, and the store, what becomes of a request whose method is guarded. Answers at once where the body is there and the
 * store lies in this thread.
 */
export function admit<Request>(guard: Guard<Request>, arrived: Arrived<Request>): Admitted | Promise<Admitted> {
  const { message, target, parsed } = arrived;
  Claim.refuseSecond(guard.store, arrived.request);
  const head = {
    method: message.method ?? "",
    target,
    lines: wantedLines(message, guard.wantedHeaders),
    principal: callerOf(guard, arrived.request),
    remote: message.socket.remoteAddress ?? "",
  };
  // A body that is there already saves core a question.
  const examined = guard.examine(head, parsedBytes(message, parsed));
  if (examined.action !== "needBody") return admitted(guard, examined);
  return rawBytes(message, guard.maxRequestBytes).then((body) => admitted(guard, guard.examine(head, body)));
}

function admitted(guard: Pick<Guard, "store">, examined: Examined): Admitted | Promise<Admitted> {
  if (examined.action === "replay" || examined.action === "refuse") return { action: "answer", answer: examined };
  if (examined.action !== "guard") return pass;
  const { run, beginning } = examined;
  if (beginning instanceof Promise) return beginning.then((begun) => running(guard, run, begun));
  return running(guard, run, beginning);
}

function running(guard: Pick<Guard, "store">, run: HttpRun, begun: Beginning): Admitted {
  if (begun.action === "replay" || begun.action === "refuse") return { action: "answer", answer: begun };
  const idempotency = begun.action === "execute" ? new Claim(run, guard.store, begun) : undefined;
  return { action: "run", run, idempotency };
}

/** Records what the handler of a request that runs will answer. */
export function record(
  guard: Pick<Guard, "maxBodyBytes">,
  { run, idempotency }: Extract<Admitted, { action: "run" }>,
  response: ServerResponse,
  began?: Began,
): Capture {
  // An unprotected answer must not promise that it can be had again.
  return new Capture(response, guard.maxBodyBytes, run, idempotency !== undefined, began);
}

class Claim implements RequestIdempotency {
  readonly key: string;
  readonly attempt: number;
  readonly epoch: number;
  readonly #run: HttpRun;
  readonly #store: Store;

  constructor(run: HttpRun, store: Store, { attempts, epoch }: Extract<Execution, { action: "execute" }>) {
    this.key = run.key;
    this.attempt = attempts;
    this.epoch = epoch;
    this.#run = run;
    this.#store = store;
  }

  /** A request that is guarded twice over one store would wait for itself. */
  static refuseSecond(store: Store, request: unknown): void {
    const { idempotency: claim } = request as { idempotency?: unknown };
    if (claim instanceof Claim && claim.#store === store) {
      throw new ConfigError(
        "store",
        "that of a guard this request has passed",
        "one guard over each store: mount it once",
      );
    }
  }

  get signal(): AbortSignal {
    return this.#run.signal;
  }

  completeIn(db: object, answer: JointAnswer): void | Promise<void> {
    return completeIn(this.#store, this.#run, db, answer);
  }
}

/** A caller's name. Any other object's text may be the same for every caller, or another each time. */
function named(caller: unknown): string | undefined {
  if (typeof caller === "string") return caller;
  if (caller === undefined || caller === null) return undefined;
  if (typeof caller === "number" || typeof caller === "bigint") return String(caller);
  const given = `one that answers ${caller instanceof Promise ? "a Promise" : shown(caller)}`;
  throw new ConfigError("principal", given, "a function that answers a string, a number, null or undefined at once");
}

/** Who asks: what the option answers, or what a verifying middleware has left on the request. */
function callerOf<Request>(guard: Guard<Request>, request: Request): string | undefined {
  if (guard.principal !== undefined) return named(guard.principal(request));
  const { user, auth } = request as { user?: { id?: unknown; sub?: unknown }; auth?: { sub?: unknown } };
  for (const candidate of [user?.id, user?.sub, auth?.sub]) {
    if (typeof candidate === "string" || typeof candidate === "number") return String(candidate);
  }
  return undefined;
}
