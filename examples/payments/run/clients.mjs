// Starts the three clients: a Node process, a Python process and a page in headless Chromium.

import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { openChromium } from "../../../scripts/servers/chromium.mjs";
import { paymentsOf } from "../clients/shared.mjs";

const script = (name) => fileURLToPath(new URL(`../clients/${name}`, import.meta.url));

/** A client that is a process: one JSON line on its standard output per payment. */
export function processClient(command, name, { base, count, inFlight, naive }, onResult) {
  const args = [script(name), base, String(count), String(inFlight), ...(naive ? ["--naive"] : [])];
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "inherit"] });
  const ended = new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => (code === 0 ? resolve() : reject(new Error(`${name} ended with code ${code}`))));
  });
  const lines = (async () => {
    for await (const line of createInterface({ input: child.stdout })) onResult(JSON.parse(line));
  })();
  return Promise.all([ended, lines]);
}

/** The client that is a page. Its tab is opened before the faults begin, closed in the middle of the work, and opened again. */
export class PageClient {
  #base;
  #chromium;
  #tab;
  #reopened;
  closed = 0;

  static async open(base) {
    const client = new PageClient();
    client.#base = base;
    client.#chromium = await openChromium();
    await client.#openTab();
    return client;
  }

  async #openTab() {
    const tab = await this.#chromium.browser.newPage();
    tab.on("pageerror", (error) => console.error(`page: ${error}`));
    this.#tab = tab;
    await tab.goto(this.#base);
    await tab.waitForFunction(() => typeof window.payUnpaid === "function");
  }

  /** Pays; `closeAt` is the share of its work after which the tab is closed with payments on their way. */
  async pay({ count, inFlight, naive, closeAt }, onResult) {
    const { browser } = this.#chromium;
    const payments = paymentsOf("browser", count);
    const ended = new Set();
    await browser.exposeFunction("unpaid", () => payments.filter(({ payment }) => !ended.has(payment)));
    await browser.exposeFunction("report", (result) => {
      if (ended.has(result.payment)) return;
      ended.add(result.payment);
      onResult(result);
      if (ended.size >= closeAt * count && this.closed === 0) {
        this.closed += 1;
        this.#reopened = this.#tab.close().then(() => this.#openTab());
      }
    });
    const work = () => this.#tab.evaluate(([inFlight, naive]) => window.payUnpaid(inFlight, naive), [inFlight, naive]);
    await work().catch((error) => {
      if (this.closed === 0) throw error;
    });
    await this.#reopened;
    await work();
  }

  close() {
    return this.#chromium.close();
  }
}
