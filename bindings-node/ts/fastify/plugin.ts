// `idempotencyPlugin` for Fastify 4 and 5. It stands between validation and the handler: the caller is known by then and the
// body parsed. Fastify's types are described as far as they are used, so that nobody needs Fastify to compile.

import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from "node:http";
import type { Counted } from "@once-again/driver/idempotency/stats";
import { admit, type RequestIdempotency, record } from "../http/admit.js";
import { Guard, type IdempotencyOptions } from "../http/guard.js";
import type { HttpAnswer } from "../http/run.js";
import { send } from "../http/send.js";

/** What is used of a Fastify request. */
export interface FastifyRequestLike {
  readonly raw: IncomingMessage;
  readonly headers: IncomingMessage["headers"];
  readonly originalUrl?: string;
  readonly body?: unknown;
}

/** What is used of a Fastify reply. */
export interface FastifyReplyLike {
  readonly raw: ServerResponse;
  hijack(): unknown;
  getHeaders(): OutgoingHttpHeaders;
}

/** A Fastify instance, by what is used of it. */
export interface FastifyLike {
  hasRequestDecorator(name: string): boolean;
  /** Overloaded for every kind of hook and decorator, which no shorter type describes. */
  readonly addHook: object;
  readonly decorate: object;
  readonly decorateRequest: object;
}

/** The overloads that are used. */
interface Instance extends FastifyLike {
  decorate(name: string, value: Counted): unknown;
  decorateRequest(name: string, value: null): unknown;
  addHook(
    name: "preHandler",
    hook: (request: FastifyRequestLike, reply: FastifyReplyLike) => Promise<unknown>,
  ): unknown;
}

/** A plugin as `fastify.register` takes it. */
export type FastifyPluginLike = (
  fastify: FastifyLike,
  options: IdempotencyOptions<FastifyRequestLike>,
) => Promise<void>;

/**
 * Runs each request at most once per key: the first answer is recorded and replayed to every later request with the same
 * key and the same content. It guards the routes of the instance it is registered on, and of those below; register it after
 * authentication. A handler finds its claim at `request.idempotency` ({@link RequestIdempotency}); the instance has the counts at
 * `fastify.idempotency.stats()` ({@link Counted}), those of the plugin that it was registered with first.
 *
 * ```js
 * await app.register(idempotencyPlugin, { store, ttl: 86400 });
 * ```
 */
export const idempotencyPlugin: FastifyPluginLike = async (fastify, options) => {
  const guard = new Guard<FastifyRequestLike>(own(options));
  const instance = fastify as Instance;
  if (!instance.hasRequestDecorator("idempotency")) instance.decorateRequest("idempotency", null);
  if (!Object.hasOwn(instance, "idempotency")) instance.decorate("idempotency", { stats: () => guard.stats() });
  instance.addHook("preHandler", async (request, reply) => {
    const { raw, body } = request;
    if (!guard.guards(raw.method ?? "")) return;
    const target = request.originalUrl ?? raw.url ?? "";
    const admitted = await admit(guard, { request, message: raw, target, parsed: body });
    if (admitted.action === "answer") answerWith(reply, admitted.answer);
    if (admitted.action === "run") {
      (request as { idempotency?: RequestIdempotency | undefined }).idempotency = admitted.idempotency;
      record(guard, admitted, reply.raw);
    }
  });
};

// What the package fastify-plugin would set: the routes beside this plugin are guarded, not only those it adds itself.
Object.assign(idempotencyPlugin, {
  [Symbol.for("skip-override")]: true,
  [Symbol.for("fastify.display-name")]: "once-again",
  [Symbol.for("plugin-meta")]: { fastify: "4.x || 5.x", name: "once-again" },
});

/** The options but for those that Fastify itself reads off a plugin's. */
function own(options: IdempotencyOptions<FastifyRequestLike>): IdempotencyOptions<FastifyRequestLike> {
  const rest = { ...options } as Record<string, unknown>;
  for (const name of ["prefix", "logLevel", "logSerializers"]) delete rest[name];
  return rest;
}

/**
 * Sends an answer beside Fastify: a replay has been through all `onSend` hooks already, and must leave byte for byte as it did
 * then. Headers that earlier hooks have set, those of CORS for instance, go out with it.
 */
function answerWith(reply: FastifyReplyLike, answer: HttpAnswer): void {
  reply.hijack();
  for (const [name, value] of Object.entries(reply.getHeaders())) {
    if (value !== undefined) reply.raw.setHeader(name, value);
  }
  send(reply.raw, answer);
}
