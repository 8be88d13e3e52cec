// One running fixture server.

import { readFileSync } from "node:fs";
import { Server, temporaryFolder } from "../../scripts/servers/server.mjs";
import { ask } from "./client.mjs";

export class Fixture {
  #server;
  #port;

  /** What of `frameworks.mjs` this is a server of. */
  framework;

  /** Starts `framework`'s fixture; `options` are its middleware's. */
  static async start(framework, { store = "memory", options = {}, principal } = {}) {
    const fixture = new Fixture();
    fixture.framework = framework;
    const env = { ...process.env, STORE: store, OPTIONS: JSON.stringify(options) };
    if (principal !== undefined) env.PRINCIPAL = principal;
    fixture.#server = new Server(framework.command, {
      folder: await temporaryFolder(),
      isReady: () => {
        fixture.#port = /^listening on (\d+)$/m.exec(fixture.#server.output)?.[1];
        return fixture.#port !== undefined;
      },
      env,
    });
    await fixture.#server.start();
    return fixture;
  }

  /** The same server again after `kill`: another process, and another port. */
  async restart() {
    await this.#server.start();
  }

  /** Ends it at once, in the middle of whatever it does. */
  kill() {
    return this.#server.kill();
  }

  stop() {
    return this.#server.stop();
  }

  get port() {
    return Number(this.#port);
  }

  /** One request; see `client.mjs`. */
  ask(request) {
    return ask(this.port, request);
  }

  /** How many handlers have begun. */
  async runs() {
    return (await this.ask({ method: "GET", path: "/runs" })).json().runs;
  }

  /** How much memory it really has, bytes. */
  memory() {
    const status = readFileSync(`/proc/${this.#server.pid}/status`, "utf8");
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)[1]) * 1024;
  }
}
