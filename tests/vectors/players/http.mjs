// Plays `idempotency.key.json` and `http.*.json`: requests over a real connection to one Express application that has one
// idempotency middleware. Node only: the package for browsers serves nothing.

import { once } from "node:events";
import { request as connect } from "node:http";
import express from "express";
import { idempotencyMiddleware, MemoryStore } from "once-again";
import { configOf, refusal, ScriptClock } from "./script.mjs";

/** 2024-01-01T00:00:00Z, in milliseconds. */
const START = 1_704_067_200_000;
const DURATIONS = new Set(["retention", "derived_window", "lease", "conflict.wait"]);

export async function play({ options = {}, store = "own", requests = [] }, api) {
  const clock = new ScriptClock();
  clock.wallNow = () => START + clock.now();
  let middleware;
  try {
    const config = configOf(options, (path) => DURATIONS.has(path));
    middleware = idempotencyMiddleware({ ...config, ...storeOf(store, clock), clock, random: () => 0 });
  } catch (error) {
    return refusal(error, api);
  }
  const site = await open(middleware);
  const seen = {};
  try {
    for (const one of requests) {
      clock.at += one.after ?? 0;
      const answer = await site.send(one);
      if (answer !== undefined) seen[one.as] = answer;
    }
  } finally {
    site.close();
  }
  return seen;
}

function storeOf(store, clock) {
  if (store === "own") return {};
  if (store === "down") return { store: { apply: () => Promise.reject(new Error("no route to the store")) } };
  return { store: new MemoryStore({ maxRecords: store.max_records, clock }) };
}

/** One application on a free port. `send` answers what the client sees; undefined when the handler stays busy. */
async function open(middleware) {
  let current;
  const app = express().set("env", "test").disable("x-powered-by");
  app.use((request, _, next) => {
    if (current.principal !== undefined) request.user = { id: current.principal };
    next();
  });
  app.use(middleware, (_, response) => {
    current.ran();
    answer(response, current.answer ?? {});
  });
  const server = app.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();

  return {
    async send(one) {
      let hasRun = false;
      const busy = new Promise((resolve) => {
        const ran = () => {
          hasRun = true;
          if (one.answer?.pending) resolve();
        };
        current = { ...one, ran };
      });
      const answered = exchange(port, one);
      answered.catch(() => {}); // a busy one is cut off at the end
      const got = await Promise.race([answered, busy]);
      return got === undefined ? undefined : { ran: hasRun, ...got };
    },
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** What the scripted handler does. */
function answer(response, { status = 200, headers = [], body = [], hex, throws, pending }) {
  if (pending) return;
  if (throws) throw new Error("by script");
  response.statusCode = status;
  for (const [name, value] of headers) response.appendHeader(name, value);
  if (hex !== undefined) response.write(Buffer.from(hex, "hex"));
  for (const piece of body) response.write(piece);
  response.end();
}

/** Sends a request, each header line as a line of its own, and reads the answer. */
async function exchange(port, { method = "POST", target = "/orders", headers = [], body = "", remote }) {
  const bytes = Buffer.from(body);
  const lines = [["Host", "server"], ["Connection", "close"], ["Content-Length", String(bytes.length)], ...headers];
  const client = connect({ port, method, path: target, headers: lines, localAddress: remote ?? "127.0.0.1", host: "127.0.0.1" });
  client.end(bytes);
  const [response] = await once(client, "response");
  const chunks = await response.toArray();
  return shown(response.statusCode, response.rawHeaders, Buffer.concat(chunks));
}

function shown(status, raw, bytes) {
  const headers = {};
  for (let at = 0; at < raw.length; at += 2) {
    const name = raw[at].toLowerCase();
    headers[name] = name in headers ? `${headers[name]}, ${raw[at + 1]}` : raw[at + 1];
  }
  const text = bytes.toString("utf8");
  const isText = Buffer.from(text).equals(bytes);
  const problem = headers["content-type"] === "application/problem+json" ? { problem: JSON.parse(text) } : {};
  return { status, headers, ...(isText ? { body: text } : { hex: bytes.toString("hex") }), ...problem };
}
