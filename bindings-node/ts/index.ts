import "./native.js";

export * from "@once-again/driver/index";
export { idempotencyMiddleware, type Middleware } from "./express/middleware.js";
export {
  type FastifyLike,
  type FastifyPluginLike,
  type FastifyReplyLike,
  type FastifyRequestLike,
  idempotencyPlugin,
} from "./fastify/plugin.js";
export type { RequestIdempotency } from "./http/admit.js";
export type { IdempotencyOptions } from "./http/guard.js";
export { type GuardedMessage, idempotencyHandler, type PlainHandler } from "./http/handler.js";
export type { JointAnswer } from "./http/joint.js";
