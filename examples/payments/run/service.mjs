// Runs the service as a process of its own, kills it with SIGKILL at the planned instants, and starts it again.

import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";

const script = fileURLToPath(new URL("../service/server.mjs", import.meta.url));

export class Service {
  #child;
  #network;
  #args;
  #timers = [];
  kills = 0;

  constructor(file, network, { naive }) {
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

  /** Kills and restarts the service at each of these instants (milliseconds from now). */
  killAt(instants) {
    for (const instant of instants) {
      this.#timers.push(
        setTimeout(async () => {
          this.kills += 1;
          await this.kill();
          await this.start();
        }, instant),
      );
    }
  }

  async stop() {
    this.#timers.forEach(clearTimeout);
    await this.kill();
  }
}
