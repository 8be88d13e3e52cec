// Starts the three clients: a Node process, a Python process and a page in headless Chromium.

import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const script = (name) => fileURLToPath(new URL(`../clients/${name}`, import.meta.url));

/** Quiet flags: no first-run pages, no background traffic, an empty profile. */
const CHROMIUM_FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

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

/** The browser, opened on the shop's page before the faults begin. */
export async function openPage(base, executablePath) {
  const profile = await mkdtemp(join(tmpdir(), "once-again-demo-profile-"));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath,
    headless: true,
    args: CHROMIUM_FLAGS,
  });
  const page = await context.newPage();
  page.on("pageerror", (error) => console.error(`page: ${error}`));
  await page.goto(base);
  await page.waitForFunction(() => typeof window.payAll === "function");
  const close = async () => {
    await context.close();
    await rm(profile, { recursive: true, force: true });
  };
  return { page, close };
}

/** The page pays; each result comes back through `window.report`. */
export async function pageClient({ page }, { count, inFlight, naive }, onResult) {
  await page.exposeFunction("report", onResult);
  await page.evaluate(([count, inFlight, naive]) => window.payAll(count, inFlight, naive), [count, inFlight, naive]);
}
