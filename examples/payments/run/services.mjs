// Runs the services as processes of their own, kills them with SIGKILL as planned, in turn, and starts them again.

import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { Server, temporaryFolder } from "../../../scripts/servers/server.mjs";

const script = (name) => fileURLToPath(new URL(`../service/${name}`, import.meta.url));

class Service {
  #server;
  #route;

  static async start(command, route) {
    const service = new Service();
    service.#route = route;
    service.#server = new Server(command, {
      folder: await temporaryFolder(),
      isReady: async () => service.#port !== undefined,
    });
    await service.restart();
    return service;
  }

  get #port() {
    return /^listening on (\d+)$/m.exec(this.#server.output)?.[1];
  }

  /** What it has said, for when something went wrong. */
  get output() {
    return this.#server.output;
  }

  async restart() {
    await this.#server.start();
    this.#route.port = Number(this.#port);
  }

  /** SIGKILL: no handler runs, nothing is flushed, sockets break. */
  async kill() {
    this.#route.port = undefined;
    await this.#server.kill();
  }

  async stop() {
    await this.kill();
    await this.#server.stop();
  }
}

export class Services {
  #all;
  #plan;
  /** One after the other: a service that is starting is not killed before it listens. */
  #restarts = Promise.resolve();
  kills = 0;

  /** Starts the services of these names; the network gets a route to each. */
  static async start(names, { records, ledger }, network, { naive, kills, python }) {
    const programs = { express: [process.execPath, script("server.mjs")], fastapi: [python, script("server.py")] };
    const args = [records, ledger, ...(naive ? ["--naive"] : [])];
    const services = new Services();
    services.#plan = [...kills];
    services.#all = await Promise.all(
      names.map((name) => Service.start([...programs[name], ...args], network.addRoute(name))),
    );
    return services;
  }

  /** Tells how much of the work is done; kills and restarts a service when that is due. */
  progress(share) {
    while (this.#plan.length > 0 && share >= this.#plan[0].share) {
      const { laterMs } = this.#plan.shift();
      this.#restarts = this.#restarts.then(() => sleep(laterMs)).then(() => this.#restart());
    }
  }

  async #restart() {
    const service = this.#all[this.kills % this.#all.length];
    this.kills += 1;
    await service.kill();
    await service.restart();
  }

  get output() {
    return this.#all.map(({ output }) => output).join("");
  }

  async stop() {
    await this.#restarts;
    await Promise.all(this.#all.map((service) => service.stop()));
  }
}
