// What people put in front of an Express handler, each in its own in-memory store and by its own documentation.

/** Each answers a `guard`, a middleware; and `isHit` where the handler itself must ask whether it is to run. */
export const guards = {
  "bare handler": async () => ({}),

  "once-again": async () => {
    const { idempotencyMiddleware } = await import("once-again");
    return { guard: idempotencyMiddleware() };
  },

  "express-idempotency": async () => {
    const peer = (await import("express-idempotency")).default;
    return { guard: peer.idempotency(), isHit: (req) => peer.getSharedIdempotencyService().isHit(req) };
  },

  /** It has no middleware for Express: this is its documented `onRequest` and `onResponse` around `res.send`. */
  "node-idempotency": async () => {
    const { Idempotency } = await import("@node-idempotency/core");
    const { MemoryStorageAdapter } = await import("@node-idempotency/storage-adapter-memory");
    const storage = new MemoryStorageAdapter();
    await storage.connect?.();
    const idempotency = new Idempotency(storage);
    const guard = async ({ headers, path, method, body }, res, next) => {
      const request = { headers, path, method, body };
      const known = await idempotency.onRequest(request);
      if (known !== undefined) return res.status(known.additional.statusCode).type("json").send(known.body);
      const send = res.send.bind(res);
      res.send = (answer) => {
        res.send = send;
        const kept = { body: answer, additional: { statusCode: res.statusCode } };
        idempotency.onResponse(request, kept).then(() => send(answer), next);
        return res;
      };
      next();
    };
    return { guard };
  },
};
