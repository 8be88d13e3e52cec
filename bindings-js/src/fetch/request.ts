// One logical call of `fetch`: what the caller asked for, made repeatable. Every attempt sends the same bytes.

import { cancellable } from "../abort.js";

/** What can be sent as a body. Not by its name of the web, which Node's own declarations lack. */
export type Body = NonNullable<RequestInit["body"]>;

/** A request that can be sent any number of times. */
export interface Repeatable {
  readonly url: string;
  readonly method: string;
  readonly headers: Headers;
  readonly mode: Request["mode"];
  /** The bytes of every attempt; undefined for a request without a body. */
  readonly body: Body | undefined;
  /** Sends it once, or what a redirect makes of it. */
  send(fetch: typeof globalThis.fetch, signal: AbortSignal, redirected?: Redirected): Promise<Response>;
}

/** A request after a redirect. */
export interface Redirected {
  readonly url: string;
  readonly method: string;
  readonly headers: Headers;
  readonly body: Body | undefined;
  /** `manual`: a further redirect is an answer like any other. */
  readonly redirect: "manual";
}

/** Reads `input` and `init` as `fetch` would; a body is read once, and kept. */
export async function repeatable(
  input: Parameters<typeof globalThis.fetch>[0],
  init: RequestInit | undefined,
): Promise<Repeatable> {
  const request = new Request(input, init);
  const headers = new Headers(request.headers);
  request.signal.throwIfAborted();
  const body = request.body === null && request.method === "GET" ? undefined : await bodyOf(request, init);
  const { url, method, mode } = request;
  const options = { ...hostsOwn(init), ...optionsOf(request), method, headers };
  return {
    url,
    method,
    headers,
    mode,
    body,
    send(fetch, signal, redirected) {
      const { url: to, body: bytes, ...changed } = redirected ?? { url, body };
      return fetch(to, { ...options, ...changed, signal, ...(bytes === undefined ? {} : { body: bytes }) });
    },
  };
}

/** Strings and buffers need no copy; whatever else there is (a stream, a form, a blob) is read into one buffer. */
async function bodyOf(request: Request, init: RequestInit | undefined): Promise<Body | undefined> {
  if (typeof init?.body === "string") return init.body;
  // A stream may never end, and reading it does not end with the signal.
  const buffer = await cancellable(request.arrayBuffer(), request.signal);
  return buffer.byteLength === 0 ? undefined : buffer;
}

/** What a `Request` does not show: a host's own options, Node's `dispatcher` for instance. */
function hostsOwn({ body: _, signal: __, ...rest }: RequestInit = {}): RequestInit {
  return rest;
}

/** What else a request says; a host that lacks one of these answers undefined, and then it is left to its default. */
function optionsOf(request: Request): RequestInit {
  const { cache, credentials, integrity, keepalive, redirect, referrer, referrerPolicy } = request;
  const mode = request.mode === "navigate" ? undefined : request.mode;
  const options = { cache, credentials, integrity, keepalive, mode, redirect, referrer, referrerPolicy };
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined && value !== ""));
}
