// A real browser for tests: Chromium with an empty profile, pages from a server on this machine, and every complaint of
// the page collected. Nothing leaves 127.0.0.1.

import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, normalize, resolve, sep } from "node:path";
import { openChromium } from "../../scripts/servers/chromium.mjs";

const root = resolve(import.meta.dirname, "../..");

/**
 * Opens the browser with a new profile; both are gone after the test.
 *
 * @returns playwright's `BrowserContext`
 */
export async function openBrowser(t) {
  const { browser, close } = await openChromium();
  t.after(close);
  return browser;
}

const types = {
  ".css": "text/css",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".json": "application/json",
  ".mjs": "text/javascript",
  ".wasm": "application/wasm",
};

/** The folders every page may want: `/once-again-web/` is the built package, `/vectors/` the shared vectors. */
export const folders = {
  "/once-again-web/": join(root, "bindings-wasm/dist"),
  "/vectors/": join(root, "tests/vectors"),
};

/**
 * Serves folders (`"/prefix/"` → folder), texts and handlers (`"/path"` → HTML text or `(request, response) => …`) on a
 * free port of 127.0.0.1 until the test ends.
 *
 * @returns {Promise<string>} the origin, such as `http://127.0.0.1:40123`
 */
export async function serve(t, routes) {
  const server = createServer(async (request, response) => {
    const path = decodeURIComponent(new URL(request.url, "http://127.0.0.1").pathname);
    const exact = routes[path];
    if (typeof exact === "function") return exact(request, response);
    if (typeof exact === "string" && !path.endsWith("/")) return send(response, ".html", exact);
    const prefix = Object.keys(routes).find((route) => route.endsWith("/") && path.startsWith(route));
    const file = prefix && normalize(join(routes[prefix], path.slice(prefix.length)));
    if (!file?.startsWith(routes[prefix] + sep)) return send(response, ".html", "not found", 404);
    try {
      send(response, extname(file), await readFile(file));
    } catch {
      send(response, ".html", "not found", 404);
    }
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${server.address().port}`;
}

function send(response, extension, body, status = 200) {
  response.writeHead(status, {
    "content-type": types[extension] ?? "application/octet-stream",
    "cache-control": "no-store",
    // A browser sends again, by itself and unseen, what broke on a connection it had used before.
    connection: "close",
  });
  response.end(body);
}

/**
 * Opens a page and collects what it complains about: errors on its console, uncaught errors, requests that failed.
 *
 * @returns {Promise<{ page: import("playwright-core").Page, complaints: string[] }>}
 */
export async function openPage(browser, url) {
  const page = await browser.newPage();
  const complaints = [];
  page.on("console", (message) => message.type() === "error" && complaints.push(`console: ${message.text()}`));
  page.on("pageerror", (error) => complaints.push(`uncaught: ${error.message}`));
  page.on("requestfailed", (request) => complaints.push(`request: ${request.url()} ${request.failure()?.errorText}`));
  await page.goto(url);
  return { page, complaints };
}

/** An empty page that finds `once-again-web` by its name, as after a bundler. */
export const emptyPage = `<!doctype html><meta charset="utf-8"><title>once-again</title><link rel="icon" href="data:,">
<script type="importmap">{ "imports": {
  "once-again-web": "/once-again-web/index.js",
  "once-again-web/testing": "/once-again-web/testing.js"
} }</script>`;
