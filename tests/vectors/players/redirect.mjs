// Plays `http.redirect.json`: one request of a client over a fetch whose answers lead elsewhere. Not in browsers, which show no
// redirect to a page.

const WRITES = ["POST", "PUT", "PATCH"];

export async function play({ method, url, headers, redirects, times = 1 }, { IdempotentHttpClient }) {
  const answers = Array(times).fill(redirects).flat();
  const seen = [];
  const fetch = async (to, init) => {
    seen.push({ to, ...init });
    const next = answers[seen.length - 1];
    if (next === undefined) return new Response(null);
    return new Response(null, { status: next.status, headers: { location: next.location } });
  };
  const { origin, pathname } = new URL(url);
  const client = new IdempotentHttpClient({ baseUrl: origin, autoKey: false, retryPolicy: { maxAttempts: 1 }, fetch });
  const given = Object.fromEntries(headers.map((name) => [name, "given"]));
  const write = WRITES.includes(method);
  const ended = await client[method.toLowerCase()](pathname, ...(write ? ["body"] : []), given).then(
    ({ status }) => status,
    () => "broken",
  );
  const last = seen.at(-1);
  const names = headers.filter((name) => last.headers.get(name) === "given");
  return { requests: seen.length, ended, method: last.method, body: last.body !== undefined, headers: names };
}
