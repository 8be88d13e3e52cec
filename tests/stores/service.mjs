// A payment service behind the middleware, and a client that knows only the wire.

import { once } from "node:events";
import express from "express";
import { idempotencyMiddleware } from "once-again";

/** Serves `POST /pay` until the test ends; `ask(key)` answers `{ status, text, replayed }`. */
export async function serve(t, options, pay) {
  const app = express();
  app.use(idempotencyMiddleware(options), express.json());
  app.post("/pay", (request, response, next) => Promise.resolve(pay(request, response)).catch(next));
  app.use((error, _request, response, _next) => response.status(500).json({ error: error.message }));
  const server = app.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${server.address().port}/pay`;
  return async (key, amount = 5) => {
    const headers = { "content-type": "application/json", "idempotency-key": key };
    const response = await fetch(url, { method: "POST", headers, body: JSON.stringify({ amount }) });
    const { status } = response;
    return { status, text: await response.text(), replayed: response.headers.get("x-idempotency-replay") === "true" };
  };
}
