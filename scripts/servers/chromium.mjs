// The Chromium of this machine, with an empty profile and without anything that it does by itself.

import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { findProgram } from "./server.mjs";

const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
const QUIET = [
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Where the browser is: `CHROMIUM`, else the first known name in `PATH`. */
function findChromium() {
  const named = process.env.CHROMIUM ?? "";
  if (named !== "" && existsSync(named)) return named;
  for (const name of NAMES) {
    const found = findProgram(name);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Why no browser can be started here; false when one can. Fits the `skip` of a test. */
export const chromiumMissing = findChromium() === undefined && "no Chromium on this machine: set CHROMIUM";

/**
 * Opens the browser with a new profile; `close` ends it and removes that.
 *
 * @returns {Promise<{ browser: import("playwright-core").BrowserContext, close(): Promise<void> }>}
 */
export async function openChromium() {
  const executablePath = findChromium();
  if (executablePath === undefined)
    throw new Error("no Chromium on this machine: run scripts/setup.sh, or set CHROMIUM");
  const profile = await mkdtemp(join(tmpdir(), "once-again-browser-"));
  const browser = await chromium.launchPersistentContext(profile, { executablePath, headless: true, args: QUIET });
  const close = async () => {
    await browser.close();
    await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  };
  return { browser, close };
}
