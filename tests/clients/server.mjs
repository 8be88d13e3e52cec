// The scripted server that HTTP clients of every language are tested against:
//
//   node tests/clients/server.mjs          prints `listening on PORT`; ends with its parent
//
//   POST /_script/ID   a JSON list of steps; forgets what was logged under ID. Requests to /r/ID… (any method) take the
//                      steps in order, and the last one repeats
//   GET  /_log/ID      {"requests": [{"method","url","headers","bodySha256","at","connection"}], "preflights": […],
//                      "effects": {key: count}}; `at` is in ms since the epoch, `connection` numbers the TCP connections
//   GET  /_page        an empty HTML page
//
// A step is one of
//
//   {"do": "answer", "status": 200, "headers": {…}, "body": "…"}   all three optional; a header's value may be a list of lines
//   {"do": "effect", …as answer}           the effect happens, once per idempotency key (without one: each time), then answers
//   {"do": "resetBefore"}                  the connection is reset, nothing has happened
//   {"do": "resetAfter"}                   the effect happens, then the connection is reset
//   {"do": "slowHeaders", "ms": 50, …as answer}
//   {"do": "truncate", "body": "…", …}     announces a longer body than it sends, then ends the connection
//   {"do": "hang"}                         never answers
//
// Every answer closes its connection, unless the step says `"connection": "keep-alive"` among its headers: browsers and some
// clients send a request again by themselves when a connection that was used before breaks, and scripts are to be exact.
// Any origin may read everything; preflights are answered, and logged apart.

import { createHash } from "node:crypto";
import http from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const STEPS = new Set(["answer", "effect", "resetBefore", "resetAfter", "slowHeaders", "truncate", "hang"]);

/** What goes on under one name: the steps to take, and what was seen. */
class Story {
  requests = [];
  preflights = [];
  effects = {};
  #steps;
  #taken = 0;

  constructor(steps) {
    const wrong = Array.isArray(steps) ? steps.find((step) => !STEPS.has(step?.do)) : steps;
    if (wrong !== undefined || steps.length === 0) throw new Error(`not a step: ${JSON.stringify(wrong)}`);
    this.#steps = steps;
  }

  next() {
    this.#taken += 1;
    return this.#steps[Math.min(this.#taken, this.#steps.length) - 1];
  }

  /** A keyed effect happens once; what nobody named happens each time. */
  takeEffect(key = "") {
    this.effects[key] = key === "" ? (this.effects[key] ?? 0) + 1 : 1;
  }
}

/** Starts a server on a free port of 127.0.0.1; answers its address and how to end it. */
export async function startServer() {
  const stories = new Map();
  const connections = new WeakMap();
  let connected = 0;
  const server = http.createServer((request, response) => {
    handle(stories, connections.get(request.socket), request, response).catch((error) => {
      if (!response.headersSent) answer(response, { status: 500, body: String(error?.message) });
    });
  });
  server.on("connection", (socket) => {
    connected += 1;
    connections.set(socket, connected);
    socket.on("error", () => {}); // the client has gone
  });
  server.listen(0, "127.0.0.1");
  await new Promise((resolve, reject) => server.once("listening", resolve).once("error", reject));
  const { port } = server.address();
  const close = () => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  };
  return { port, url: `http://127.0.0.1:${port}`, close };
}

async function handle(stories, connection, request, response) {
  const body = await bodyOf(request);
  const { method, url, headers } = request;
  const [, place, id] = /^\/(\w+)(?:\/([^/?]*))?/.exec(url) ?? [];
  const seen = { method, url, headers, at: Date.now(), connection };
  if (method === "OPTIONS" && headers["access-control-request-method"] !== undefined) {
    stories.get(id)?.preflights.push(seen);
    const allowed = { "access-control-allow-methods": headers["access-control-request-method"] };
    const asked = headers["access-control-request-headers"];
    if (asked !== undefined) allowed["access-control-allow-headers"] = asked;
    return answer(response, { status: 204, headers: allowed });
  }
  if (place === "_page") return answer(response, { headers: { "content-type": "text/html" }, body: "<!doctype html>" });
  if (place === "_script" && method === "POST") {
    try {
      stories.set(id, new Story(JSON.parse(body)));
    } catch (error) {
      return answer(response, { status: 400, body: error.message });
    }
    return answer(response, { status: 204 });
  }
  const story = stories.get(id);
  if (story === undefined) return answer(response, { status: 404, body: `no script ${id}` });
  if (place === "_log") return answerJson(response, story);
  if (place !== "r") return answer(response, { status: 404, body: `no such place: ${place}` });
  story.requests.push({ ...seen, bodySha256: createHash("sha256").update(body).digest("hex") });
  await play(story.next(), story, request, response);
}

async function play(step, story, request, response) {
  switch (step.do) {
    case "answer":
      return answer(response, step);
    case "effect":
      story.takeEffect(request.headers["idempotency-key"]);
      return answer(response, step);
    case "resetAfter":
      story.takeEffect(request.headers["idempotency-key"]);
      return request.socket.resetAndDestroy();
    case "resetBefore":
      return request.socket.resetAndDestroy();
    case "slowHeaders":
      await sleep(step.ms, undefined, { ref: false });
      return answer(response, step);
    case "truncate":
      return truncate(response, step);
    case "hang":
      return undefined;
    default:
      throw new Error(`unknown step ${step.do}`);
  }
}

const headersOf = (headers) => ({
  connection: "close",
  "cache-control": "no-store",
  "access-control-allow-origin": "*",
  "access-control-expose-headers": "*",
  ...Object.fromEntries(Object.entries(headers ?? {}).map(([name, value]) => [name.toLowerCase(), value])),
});

function answer(response, { status = 200, headers, body = "" }) {
  response.writeHead(status, headersOf(headers)).end(body);
}

function answerJson(response, value) {
  answer(response, { headers: { "content-type": "application/json" }, body: JSON.stringify(value) });
}

function truncate(response, { status = 200, headers, body = "" }) {
  const announced = Buffer.byteLength(body) + 10;
  response.writeHead(status, { ...headersOf(headers), "content-length": announced });
  response.write(body, () => response.socket?.end());
}

async function bodyOf(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { port } = await startServer();
  console.log(`listening on ${port}`);
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent) process.exit();
  }, 500);
}
