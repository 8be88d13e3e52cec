// A real server for tests and the demo: a program that this machine has, in a temporary folder, on free ports of 127.0.0.1.
// It dies with the process that has started it.

import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const START_LIMIT = 60_000;

/** The file of a program: in `PATH`, else in one of `folders`; undefined when it is nowhere. */
export function findProgram(name, folders = []) {
  const places = [...process.env.PATH.split(delimiter), ...folders];
  return places.map((folder) => join(folder, name)).find((file) => existsSync(file));
}

/** `count` different ports that nobody listens on now. */
export async function freePorts(count) {
  const holders = await Promise.all(Array.from({ length: count }, holdPort));
  return Promise.all(holders.map(({ port, release }) => release().then(() => port)));
}

function holdPort() {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const release = () => new Promise((done) => server.close(done));
      resolve({ port: server.address().port, release });
    });
  });
}

/** A new folder for a server's files. */
export const temporaryFolder = () => mkdtemp(join(tmpdir(), "once-again-server-"));

/** A program that is started, killed and started again over the same files. */
export class Server {
  #command;
  #options;
  #isReady;
  #folder;
  #child;
  #output = "";

  /** `isReady(pid)` resolves to true once the server answers, and is the process with that number and no other on its port. */
  constructor(command, { folder, isReady, ...options }) {
    this.#command = command;
    this.#folder = folder;
    this.#isReady = isReady;
    this.#options = options;
  }

  get pid() {
    return this.#child.pid;
  }

  /** The end of what it has printed. */
  get output() {
    return this.#output;
  }

  async start() {
    const [program, ...args] = dyingWithParent(this.#command);
    this.#output = "";
    const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"], cwd: this.#folder, ...this.#options });
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (chunk) => {
        this.#output = (this.#output + chunk).slice(-10_000);
      });
    }
    // A server that a test forgot to stop must not keep the test's process alive.
    for (const handle of [child, child.stdout, child.stderr]) handle.unref();
    const limit = Date.now() + START_LIMIT;
    while (!(await this.#isReady(child.pid))) {
      if (child.exitCode !== null) throw new Error(`${program} ended with ${child.exitCode}:\n${this.#output}`);
      if (Date.now() > limit) throw new Error(`${program} is not ready after a minute:\n${this.#output}`);
      await sleep(20);
    }
    return this;
  }

  /** Ends it at once, as a crash does; its files stay. */
  async kill(signal = "SIGKILL") {
    const child = this.#child;
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once("exit", resolve));
    child.ref();
    child.kill(signal);
    await gone;
  }

  /** Sends a signal to it and its children: `SIGSTOP` makes it hang, `SIGCONT` lets it go on. */
  signal(name) {
    const { pid } = this.#child;
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ").filter(Boolean);
    for (const one of [pid, ...children]) process.kill(Number(one), name);
  }

  /** Ends it and removes its files. */
  async stop() {
    await this.kill();
    await rm(this.#folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Linux can end a child with its parent, however that ends. */
function dyingWithParent(command) {
  const setpriv = findProgram("setpriv");
  if (process.platform !== "linux" || setpriv === undefined) return command;
  return command[0] === "setpriv"
    ? [setpriv, "--pdeathsig", "KILL", ...command.slice(1)]
    : [setpriv, "--pdeathsig", "KILL", ...command];
}
