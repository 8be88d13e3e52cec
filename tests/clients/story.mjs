// What the suites of the JavaScript clients share: both packages, one scripted server, and one script for each test.

import { after, before, test } from "node:test";
import * as node from "once-again";
import * as web from "once-again-web";
import { startServer } from "./server.mjs";

/** Real delays, but short ones. */
export const quick = { maxAttempts: 4, baseDelay: 5, maxDelay: 20, jitter: false };

let server;
let scripts = 0;

/** Starts the server for the tests of one file. */
export function useServer() {
  before(async () => {
    await web.init();
    server = await startServer();
  });
  after(() => server.close());
}

/** One test for each package; it is given what that package exports. */
export function eachPackage(name, run) {
  for (const [packageName, api] of Object.entries({ "once-again": node, "once-again-web": web })) {
    test(`${packageName}: ${name}`, (context) => run(api, context));
  }
}

/** A script of its own: `base` and `path` for a client, `url` for fetch, `log()` for what the server saw. */
export async function scripted(...steps) {
  const id = `s${scripts++}`;
  const script = (list) => fetch(`${server.url}/_script/${id}`, { method: "POST", body: JSON.stringify(list) });
  await script(steps);
  return {
    base: server.url,
    path: `/r/${id}`,
    url: `${server.url}/r/${id}`,
    script: (...list) => script(list),
    log: async () => (await fetch(`${server.url}/_log/${id}`)).json(),
  };
}

export const answer = (status, headers, body) => ({ do: "answer", status, headers, body });
export const json = (status, value, headers) =>
  answer(status, { "content-type": "application/json", ...headers }, JSON.stringify(value));
export const problem = (status, type, headers) =>
  answer(status, { "content-type": "application/problem+json", ...headers }, JSON.stringify({ type }));

/** The keys of what the server saw, which is one for a logical call. */
export const keysOf = ({ requests }) => [...new Set(requests.map(({ headers }) => headers["idempotency-key"]))];

/** What a promise rejects with. */
export async function rejection(promise) {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error("it did not reject");
}
