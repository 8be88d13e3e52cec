// The network between the clients and the service: it carries requests, and loses what the fault plan tells it to lose.

import http from "node:http";

/** Where the service listens now; `undefined` while it is down. */
export class Network {
  #plan;
  #target;
  #server;
  #arrivals = new Map();
  counts = { unavailable: 0, dropped: 0, delayed: 0, refused: 0 };
  /** No fault before the clients are ready, and none while the audit asks. */
  faults = false;

  constructor(plan) {
    this.#plan = plan;
  }

  set target(port) {
    this.#target = port;
  }

  async listen() {
    this.#server = http.createServer((request, response) =>
      this.#carry(request, response).catch(() => response.destroy()),
    );
    await new Promise((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${this.#server.address().port}`;
  }

  close() {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  async #carry(request, response) {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const fault = this.#fault(request, body);

    if (fault.kind === "unavailable") {
      this.counts.unavailable += 1;
      response.writeHead(503, { "retry-after": "0", "content-type": "text/plain" }).end("try again");
      return;
    }
    if (fault.kind === "latency") {
      this.counts.delayed += 1;
      await new Promise((resolve) => setTimeout(resolve, fault.ms));
    }

    const answer = await this.#forward(request, body).catch(() => undefined);
    if (answer === undefined) {
      this.counts.refused += 1;
      response.destroy();
    } else if (fault.kind === "drop-answer") {
      // The service did its work; the client will never know from this connection.
      this.counts.dropped += 1;
      response.destroy();
    } else {
      response.writeHead(answer.status, answer.headers).end(answer.body);
    }
  }

  #fault(request, body) {
    if (!this.faults || request.method !== "POST") return { kind: "none" };
    const { payment } = JSON.parse(body);
    const arrival = (this.#arrivals.get(payment) ?? 0) + 1;
    this.#arrivals.set(payment, arrival);
    return this.#plan.fault(payment, arrival);
  }

  #forward(request, body) {
    return new Promise((resolve, reject) => {
      if (this.#target === undefined) return reject(new Error("the service is down"));
      const { host, connection, ...headers } = request.headers;
      const onward = http.request(
        { host: "127.0.0.1", port: this.#target, method: request.method, path: request.url, headers, agent: false },
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
}
