// A client that knows only the wire: it writes a request's bytes to a socket and reads the answer's, and leaves nothing to a
// library that would mend either.

import { connect } from "node:net";

/**
 * Asks `port` of this machine. `headers` are lines, `[name, value][]`; `raw` are header lines as they are, in Latin-1.
 * `signal` cuts the connection off.
 *
 * @returns {Promise<Answer>}
 */
export function ask(
  port,
  { method = "POST", path = "/echo", headers = [], raw = "", body = "", signal, limit = 20_000 },
) {
  const bytes = Buffer.from(body);
  const lines = [["Host", `127.0.0.1:${port}`], ["Connection", "close"], ...headers];
  if (bytes.length > 0 || method === "POST") lines.push(["Content-Length", bytes.length]);
  const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1");
    const received = [];
    const answer = new Answer();
    const give = (settle, value) => {
      clearTimeout(patience);
      socket.destroy();
      settle(value);
    };
    const patience = setTimeout(() => give(reject, new Error(`${method} ${path}: no answer in ${limit} ms`)), limit);
    signal?.addEventListener("abort", () => give(reject, new Error("cut off")), { once: true });
    socket.on("connect", () => {
      // In one piece: a server that refuses the head and hangs up must not find a body after it, and reset the connection.
      const start = Buffer.from(`${method} ${path} HTTP/1.1\r\n${head}${raw}\r\n`, "latin1");
      socket.write(Buffer.concat([start, bytes]));
    });
    socket.on("data", (chunk) => {
      received.push(chunk);
      answer.arrivals.push(performance.now());
      // Small answers are looked at as they come; a server that keeps the connection open must not make us wait.
      if (answer.read(Buffer.concat(received), method, false)) give(resolve, answer);
    });
    socket.on("end", () => {
      if (answer.read(Buffer.concat(received), method, true)) give(resolve, answer);
      else give(reject, new Error(`${method} ${path}: the answer ended early: ${Buffer.concat(received)}`));
    });
    socket.on("error", (error) => give(reject, error));
  });
}

/** One answer, as its lines and bytes. */
export class Answer {
  status = 0;
  /** Every header line in its order. @type {[string, string][]} */
  lines = [];
  body = Buffer.alloc(0);
  /** When each piece of it arrived, milliseconds. @type {number[]} */
  arrivals = [];

  /** The values of a header, one for each line. */
  all(name) {
    return this.lines.filter(([other]) => other.toLowerCase() === name.toLowerCase()).map(([, value]) => value);
  }

  /** The one value of a header; undefined when it is absent. */
  header(name) {
    return this.all(name)[0];
  }

  json() {
    return JSON.parse(this.body.toString());
  }

  /** Takes `bytes` for the whole answer; false when more must come. */
  read(bytes, method, ended) {
    const end = bytes.indexOf("\r\n\r\n");
    if (end < 0) return false;
    const [first, ...lines] = bytes.subarray(0, end).toString("latin1").split("\r\n");
    this.status = Number(first.split(" ")[1]);
    this.lines = lines.map((line) => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon), line.slice(colon + 1).trim()];
    });
    const body = this.#body(bytes.subarray(end + 4), method, ended);
    if (body === undefined) return false;
    this.body = body;
    return true;
  }

  #body(rest, method, ended) {
    if (method === "HEAD" || this.status === 204 || this.status === 304) return rest;
    if (this.header("transfer-encoding") === "chunked") return unchunked(rest);
    const length = this.header("content-length");
    if (length === undefined) return ended ? rest : undefined;
    return rest.length >= Number(length) ? rest : undefined;
  }
}

/** The bytes inside chunks; undefined when the last one is missing. */
function unchunked(rest) {
  const chunks = [];
  for (let at = 0; ; ) {
    const end = rest.indexOf("\r\n", at);
    if (end < 0) return undefined;
    const size = Number.parseInt(rest.subarray(at, end).toString("latin1"), 16);
    const next = end + 2 + size + 2;
    if (rest.length < next) return undefined;
    if (size === 0) return Buffer.concat(chunks);
    chunks.push(rest.subarray(end + 2, end + 2 + size));
    at = next;
  }
}
