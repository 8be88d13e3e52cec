// The network between the clients and the services: it carries payments to one service after the other, and loses what the
// fault plan tells it to lose.

import http from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

export class Network {
  #plan;
  #routes = [];
  #turn = 0;
  #server;
  #closed = false;
  #arrivals = new Map();
  counts = { unavailable: 0, dropped: 0, delayed: 0, refused: 0, crossed: 0 };
  /** How many requests to pay each client has sent. */
  attempts = new Map();
  /** No fault before the clients are ready, and none while the audit asks. */
  faults = false;

  constructor(plan) {
    this.#plan = plan;
  }

  /** The way to one more service: its `port` is where it listens now, `undefined` while it is down. */
  addRoute(service) {
    const route = { service, port: undefined };
    this.#routes.push(route);
    return route;
  }

  async listen() {
    this.#server = http.createServer((request, response) =>
      this.#carry(request, response).catch(() => response.destroy()),
    );
    await new Promise((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${this.#server.address().port}`;
  }

  close() {
    this.#closed = true;
    this.#server.closeAllConnections();
    this.#server.close();
  }

  async #carry(request, response) {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    if (request.method !== "POST") return this.#page(request, response);
    const fault = this.#fault(body);

    if (fault.kind === "unavailable") {
      this.counts.unavailable += 1;
      response.writeHead(503, { "retry-after": "0", "content-type": "text/plain" }).end("try again");
      return;
    }
    if (fault.kind === "latency") {
      this.counts.delayed += 1;
      await sleep(fault.ms);
    }

    // A balancer that knows nothing of health: to each service in turn.
    const route = this.#routes[this.#turn++ % this.#routes.length];
    const answer = await forward(route.port, request, body).catch(() => undefined);
    if (answer === undefined) {
      this.counts.refused += 1;
      response.destroy();
    } else if (fault.kind === "drop-answer") {
      // The service did its work; the client will never know from this connection.
      this.counts.dropped += 1;
      response.destroy();
    } else {
      if (isReplayOfAnother(answer, route)) this.counts.crossed += 1;
      response.writeHead(answer.status, answer.headers).end(answer.body);
    }
  }

  /** The page comes from the first service, and waits for it: what is lost here is payments. */
  async #page(request, response) {
    while (!this.#closed) {
      const answer = await forward(this.#routes[0].port, request).catch(() => undefined);
      if (answer !== undefined) return response.writeHead(answer.status, answer.headers).end(answer.body);
      await sleep(20);
    }
  }

  #fault(body) {
    if (!this.faults) return { kind: "none" };
    const { payment, client } = JSON.parse(body);
    this.attempts.set(client, (this.attempts.get(client) ?? 0) + 1);
    const arrival = (this.#arrivals.get(payment) ?? 0) + 1;
    this.#arrivals.set(payment, arrival);
    return this.#plan.fault(payment, arrival);
  }
}

function forward(port, request, body) {
  return new Promise((resolve, reject) => {
    if (port === undefined) return reject(new Error("the service is down"));
    const { host, connection, ...headers } = request.headers;
    const onward = http.request(
      { host: "127.0.0.1", port, method: request.method, path: request.url, headers, agent: false },
      async (incoming) => {
        try {
          const chunks = [];
          for await (const chunk of incoming) chunks.push(chunk);
          const { connection: _, "transfer-encoding": __, ...kept } = incoming.headers;
          resolve({ status: incoming.statusCode, headers: kept, body: Buffer.concat(chunks) });
        } catch (error) {
          reject(error);
        }
      },
    );
    onward.on("error", reject);
    onward.end(body);
  });
}

/** Whether a service has answered from the record of what another one did. */
const isReplayOfAnother = ({ headers, body }, { service }) =>
  headers["x-idempotency-replay"] === "true" && JSON.parse(body).service !== service;
