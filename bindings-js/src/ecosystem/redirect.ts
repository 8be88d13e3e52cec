// Redirects of a client that sends in the name of somebody: to another origin goes what the request is, and not who asks.
// The platform's own takes only `Authorization` and `Cookie` away there.

import { core } from "../binding.js";
import type { Redirected, Repeatable } from "../fetch/request.js";

const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308];

/** As many as the fetch standard follows. */
const MOST = 20;

/** Headers that say nothing about who asks. */
const HARMLESS = /^(?:accept(?:-.+)?|content-.+|traceparent|tracestate|user-agent)$/;

/** Headers of a body that a redirect to GET leaves behind. */
const OF_BODY = /^content-/;

const KEY = "idempotency-key";

/** The request, sent along its redirects; browsers do not let a page see them, and ask the other origin by CORS. */
export function following(request: Repeatable): Repeatable {
  if (core.host === "browser") return request;
  return { ...request, send: (fetch, signal) => sent(request, fetch, signal) };
}

async function sent(request: Repeatable, fetch: typeof globalThis.fetch, signal: AbortSignal): Promise<Response> {
  const { url, method, headers, body } = request;
  let at: Redirected = { url, method, headers, body, redirect: "manual" };
  for (let followed = 0; ; followed++) {
    const response = await request.send(fetch, signal, at);
    const location = REDIRECTS.includes(response.status) ? response.headers.get("location") : null;
    if (location === null) return response;
    response.body?.cancel().catch(() => {});
    if (followed === MOST) throw broken("redirect count exceeded");
    at = next(at, response.status, location);
  }
}

/** What the fetch standard makes of a redirect, but for the headers. */
function next(from: Redirected, status: number, location: string): Redirected {
  if (!URL.canParse(location, from.url)) throw broken("the redirect's location is no URL");
  const to = new URL(location, from.url);
  if (!/^https?:$/.test(to.protocol)) throw broken("the redirect leads out of HTTP");
  const { method } = from;
  const toGet = status === 303 ? method !== "GET" && method !== "HEAD" : status < 303 && method === "POST";
  const elsewhere = to.origin !== new URL(from.url).origin;
  const headers = new Headers();
  for (const [name, value] of from.headers) {
    // The same write in another place still needs its key: each attempt comes by there.
    if (elsewhere && !HARMLESS.test(name) && (toGet || name !== KEY)) continue;
    if (!toGet || !OF_BODY.test(name)) headers.append(name, value);
  }
  return { ...from, url: to.href, headers, ...(toGet && { method: "GET", body: undefined }) };
}

/** As the platform's own fetch says it, so that it is classified like that. */
const broken = (why: string): TypeError => new TypeError("fetch failed", { cause: new Error(why) });
