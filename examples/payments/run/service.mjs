// Runs the service as a process of its own, kills it with SIGKILL as planned, and starts it again.

import { fork } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const script = fileURLToPath(new URL("../service/server.mjs", import.meta.url));

export class Service {
  #child;
  #network;
  #args;
  #plan;
  /** One after the other: a service that is starting is not killed before it listens. */
  #restarts = Promise.resolve();
  kills = 0;

  constructor(file, network, { naive, kills }) {
    this.#plan = [...kills];
    this.#network = network;
    this.#args = naive ? [file, "--naive"] : [file];
  }

  async start() {
    const child = fork(script, this.#args, { stdio: ["ignore", "inherit", "inherit", "ipc"] });
    this.#child = child;
    const port = await new Promise((resolve, reject) => {
      child.once("message", (message) => resolve(message.port));
      child.once("exit", (code, signal) =>
        reject(new Error(`the payment service ended before it listened (${signal ?? code})`)),
      );
    });
    this.#network.target = port;
  }

  /** SIGKILL: no handler runs, nothing is flushed, sockets break. */
  async kill() {
    const child = this.#child;
    this.#network.target = undefined;
    const gone = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await gone;
  }

  /** Tells how much of the work is done; kills and restarts the service when that is due. */
  progress(share) {
    while (this.#plan.length > 0 && share >= this.#plan[0].share) {
      const { laterMs } = this.#plan.shift();
      this.#restarts = this.#restarts.then(() => sleep(laterMs)).then(() => this.#restart());
    }
  }

  async #restart() {
    this.kills += 1;
    await this.kill();
    await this.start();
  }

  async stop() {
    await this.#restarts;
    await this.kill();
  }
}
