// What the outbox's tests have in common: a scripted service, a browser, and pages that post to the one through an outbox.

import assert from "node:assert/strict";
import { startServer } from "../clients/server.mjs";
import { emptyPage, folders, openBrowser, openPage, serve } from "./harness.mjs";

/**
 * `open` makes a page with `outbox`, `heard` (its events) and `post(id, body, init)`; `prepare` does the same to a page that
 * was loaded again. Options are those of `createFetch`.
 */
export async function setUp(t, routes = {}) {
  const service = await startServer();
  t.after(service.close);
  const origin = await serve(t, { ...folders, "/page": emptyPage, ...routes });
  const browser = await openBrowser(t);
  const script = async (id, ...steps) => {
    const made = await fetch(`${service.url}/_script/${id}`, { method: "POST", body: JSON.stringify(steps) });
    assert.equal(made.status, 204, await made.text());
  };
  const log = async (id) => (await fetch(`${service.url}/_log/${id}`)).json();
  const prepare = (page, options = {}) => page.evaluate(inPage, [service.url, options]);
  const open = async (options) => {
    const { page } = await openPage(browser, `${origin}/page`);
    await prepare(page, options);
    return page;
  };
  return { service, browser, origin, script, log, open, prepare };
}

async function inPage([service, { outbox = {}, ...options }]) {
  const { createFetch, queuedId } = await import("once-again-web");
  const policy = { maxAttempts: 1, attemptTimeout: 5_000 };
  const send = createFetch({ policy, idempotency: { keyOrigins: [service] }, outbox, ...options });
  const opened = await send.outbox;
  const heard = [];
  for (const event of ["queued", "sent", "givenUp", "discarded"]) {
    opened.on(event, ({ write, status }) => heard.push([event, write.id, status ?? write.givenUp ?? null]));
  }
  const post = async (id, body = "x", more = {}) => {
    const response = await send(`${service}/r/${id}`, { method: "POST", body, ...more });
    return { status: response.status, queued: queuedId(response) ?? null, body: await response.text() };
  };
  Object.assign(globalThis, { service, send, outbox: opened, heard, post });
}

/** Asks until the answer is `wanted`, for at most 20 seconds. */
export async function until(ask, wanted) {
  const deadline = Date.now() + 20_000;
  for (;;) {
    const answer = await ask();
    if (JSON.stringify(answer) === JSON.stringify(wanted) || Date.now() > deadline) {
      return assert.deepEqual(answer, wanted);
    }
    await new Promise((done) => setTimeout(done, 50));
  }
}

/** How many writes wait. */
export const pending = (page) => page.evaluate(async () => (await outbox.pending()).length);
