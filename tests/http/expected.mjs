// What core decides, written by hand: the same bytes whichever framework carries them. Titles are those of
// draft-ietf-httpapi-idempotency-key-header; the shape is RFC 9457's.

import assert from "node:assert/strict";

const problems = {
  "key-missing": [400, "IDEMPOTENCY_KEY_INVALID", "Idempotency-Key is missing"],
  "key-invalid": [400, "IDEMPOTENCY_KEY_INVALID", "Idempotency-Key is invalid"],
  "key-reused": [422, "IDEMPOTENCY_KEY_REUSED", "Idempotency-Key is already used"],
  "in-progress": [409, "IDEMPOTENCY_IN_PROGRESS", "A request is outstanding for this Idempotency-Key"],
  "outcome-unknown": [409, "IDEMPOTENCY_OUTCOME_UNKNOWN", "The outcome of the first request is unknown"],
  "response-not-replayable": [409, "IDEMPOTENCY_NOT_REPLAYABLE", "The response was not kept"],
  "about:blank": [413, undefined, "Content Too Large"],
  "store-unavailable": [503, "STORE_UNAVAILABLE", "The idempotency store is unavailable"],
};

/** Which refusals pass by themselves, and so say when to come back. */
const passing = new Set(["in-progress", "store-unavailable"]);

const marks = ["idempotent-replayed", "x-idempotency-replay", "x-idempotency-key", "x-original-timestamp"];
const marksOf = (answer) => answer.lines.map(([name]) => name.toLowerCase()).filter((name) => marks.includes(name));

/** That `answer` is this refusal, to the byte. `detail` may be a pattern where it tells of the occurrence. */
export function isProblem(answer, type, detail) {
  const [status, code, title] = problems[type];
  assert.equal(answer.status, status, answer.body.toString());
  assert.deepEqual(answer.all("content-type"), ["application/problem+json"]);
  assert.deepEqual(answer.all("cache-control"), ["no-store"]);
  assert.deepEqual(answer.all("retry-after"), passing.has(type) ? ["1"] : []);
  assert.deepEqual(answer.all("content-length"), [String(answer.body.length)]);
  assert.deepEqual(marksOf(answer), []);
  const said = answer.json().detail;
  if (detail instanceof RegExp) assert.match(said, detail);
  else assert.equal(said, detail);
  assert.equal(answer.body.toString(), JSON.stringify({ type, title, status, detail: said, code }));
}

/** That `answer` comes from a handler that has just run under `key`, which may be a pattern. */
export function isFirst(answer, key) {
  assert.deepEqual(answer.all("x-idempotency-replay"), ["false"], `${answer.status} ${answer.body}`);
  assert.deepEqual(answer.all("idempotent-replayed"), []);
  assert.deepEqual(answer.all("x-original-timestamp"), []);
  isKey(answer, key);
}

/** That `answer` replays `first`: its status, its body and its headers but those of one answer only. */
export function isReplayOf(first, answer, key) {
  assert.deepEqual(answer.all("x-idempotency-replay"), ["true"], `${answer.status} ${answer.body}`);
  assert.deepEqual(answer.all("idempotent-replayed"), ["true"]);
  assert.equal(answer.all("x-original-timestamp").length, 1);
  assert.match(answer.header("x-original-timestamp"), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z$/);
  isKey(answer, key);
  assert.equal(answer.status, first.status);
  assert.deepEqual(answer.body, first.body);
  assert.deepEqual(answer.all("set-cookie"), []);
  assert.deepEqual(lasting(answer), lasting(first));
}

function isKey(answer, key) {
  if (key instanceof RegExp) assert.match(answer.header("x-idempotency-key"), key);
  else if (key !== undefined) assert.deepEqual(answer.all("x-idempotency-key"), [key]);
  assert.equal(answer.all("x-idempotency-key").length, 1);
}

/** That the middleware has left no trace on `answer`. */
export const isUntouched = (answer) => assert.deepEqual(marksOf(answer), []);

/** Headers of one connection or one answer: the server makes them, not the handler. */
const passingHeaders = new Set([
  "connection",
  "content-length",
  "date",
  "keep-alive",
  "server",
  "set-cookie",
  "transfer-encoding",
  ...marks,
]);

/** The headers that a replay keeps, every line, by name. */
const lasting = (answer) =>
  answer.lines
    .map(([name, value]) => [name.toLowerCase(), value])
    .filter(([name]) => !passingHeaders.has(name))
    .sort(([one], [other]) => (one < other ? -1 : one > other ? 1 : 0));
