// Redirects of a client that sends in the name of somebody. What is followed, and what goes along, core says: the platform's own
// fetch takes only `Authorization` and `Cookie` away from another origin.

import { core } from "../binding.js";
import type { Redirected, Repeatable } from "../fetch/request.js";

/** Core's word on an answer that names another place. */
type Led =
  | { readonly is: "answer" }
  | { readonly is: "follow"; readonly method: string; readonly body: boolean; readonly headers: readonly string[] }
  | { readonly is: "broken"; readonly why: string };

/** A redirect that cannot be followed: the same request would come to the same end. */
export class RedirectError extends TypeError {
  override name = "RedirectError";
  readonly kind = "Permanent";
}

/** The request, sent along its redirects; browsers do not let a page see them, and ask the other origin by CORS. */
export function following(request: Repeatable, keyHeader: string): Repeatable {
  const { clientRedirect } = core;
  if (clientRedirect === undefined) return request;
  const led = (given: object): Led => JSON.parse(clientRedirect(JSON.stringify({ keyHeader, ...given })));
  return { ...request, send: (fetch, signal) => sent(request, fetch, signal, led) };
}

async function sent(
  request: Repeatable,
  fetch: typeof globalThis.fetch,
  signal: AbortSignal,
  led: (given: object) => Led,
): Promise<Response> {
  const { url, method, headers, body } = request;
  let at: Redirected = { url, method, headers, body, redirect: "manual" };
  for (let followed = 0; ; followed++) {
    const response = await request.send(fetch, signal, at);
    const { status } = response;
    const location = response.headers.get("location");
    if (location === null || status < 300 || status > 399) return response;
    const to = URL.canParse(location, at.url) ? new URL(location, at.url).href : null;
    const next = led({ status, method: at.method, from: at.url, to, followed, headers: [...at.headers.keys()] });
    if (next.is === "answer") return response;
    response.body?.cancel().catch(() => {});
    if (next.is === "broken") throw new RedirectError(next.why);
    const lines = new Headers([...at.headers].filter(([name]) => next.headers.includes(name)));
    // Core follows no location that is no URL.
    at = { ...at, url: to as string, method: next.method, headers: lines, body: next.body ? at.body : undefined };
  }
}
