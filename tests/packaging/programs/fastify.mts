import fastify, { type FastifyRequest } from "fastify";
import { idempotencyPlugin, type RequestIdempotency } from "once-again";

declare module "fastify" {
  interface FastifyRequest {
    idempotency?: RequestIdempotency;
  }
}

const app = fastify();
await app.register(idempotencyPlugin);
await app.register(idempotencyPlugin, {
  prefix: "/v1",
  ttl: 60,
  conflict: { wait: 500 },
  principal: (request) => request.headers["x-user"]?.toString(),
});
await app.register(idempotencyPlugin, { principal: (request: FastifyRequest) => request.ip });
app.post("/pay", async (request) => request.idempotency?.key);
// @ts-expect-error a missing key is derived, passed or required
await app.register(idempotencyPlugin, { missingKey: "ask" });
