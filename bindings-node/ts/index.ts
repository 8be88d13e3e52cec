import "./native.js";

export * from "@once-again/driver/index";
export type { JointAnswer } from "./express/joint.js";
export { idempotencyMiddleware, type Middleware, type RequestIdempotency } from "./express/middleware.js";
export type { IdempotencyOptions } from "./http/guard.js";
