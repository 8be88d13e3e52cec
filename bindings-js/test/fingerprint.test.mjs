import assert from "node:assert/strict";
import test from "node:test";
import { api } from "./package.mjs";

const { ConfigError, fingerprint } = api;
const utf8 = (text) => new TextEncoder().encode(text);

test("a value has the fingerprint of its JSON text, however that is written", () => {
  const value = { amount: 1.0, note: "Grüße 🎉", nested: [{ b: null, a: true }] };
  const expected = fingerprint(value);
  assert.match(expected, /^jcs:[0-9a-f]{64}$/);
  for (const text of [
    JSON.stringify(value),
    JSON.stringify(value, null, 2),
    '{"nested":[{"a":true,"b":null}],"note":"Gr\\u00fc\\u00dfe \\ud83c\\udf89","amount":1.0}',
  ]) {
    assert.equal(fingerprint(utf8(text)), expected);
  }
  assert.notEqual(fingerprint({ ...value, amount: 2 }), expected);
});

test("a string is a value, bytes are a body", () => {
  assert.equal(fingerprint("hello"), fingerprint(utf8('"hello"')));
  assert.match(fingerprint(utf8("hello")), /^raw:/);
});

test("bytes may come in any view", () => {
  const bytes = utf8('{"a":1}');
  const expected = fingerprint(bytes);
  assert.equal(fingerprint(bytes.buffer), expected);
  assert.equal(fingerprint(new DataView(bytes.buffer)), expected);
  assert.equal(fingerprint(new Uint8Array([0, ...bytes, 0]).subarray(1, 8)), expected);
});

test("what JSON.stringify would leave out or rename is left out and renamed", () => {
  assert.equal(fingerprint({ a: 1, b: undefined, c: () => {} }), fingerprint({ a: 1 }));
  assert.equal(fingerprint({ at: new Date(0) }), fingerprint({ at: "1970-01-01T00:00:00.000Z" }));
});

test("headers come as an object, as lines or as Headers", () => {
  const of = (headers) => fingerprint({}, { headers });
  const expected = of({ "X-Squid-Id": "user", accept: "a, b" });
  assert.equal(
    of([
      ["x-squid-id", "user"],
      ["accept", "a"],
      ["accept", "b"],
    ]),
    expected,
  );
  assert.equal(of({ accept: ["a", "b"], "x-squid-id": "user" }), expected);
  assert.equal(of(new Headers({ accept: "a, b", "x-squid-id": "user" })), expected);
});

test("fields can be chosen, and the body left out", () => {
  const body = { id: 1, at: 5 };
  assert.equal(fingerprint(body, { exclude: ["/at"] }), fingerprint({ id: 1, at: 6 }, { exclude: ["/at"] }));
  assert.equal(fingerprint(body, { include: ["/id"] }), fingerprint({ id: 1 }, { include: ["/id"] }));
  assert.equal(fingerprint(body, { includeBody: false }), fingerprint("other", { includeBody: false }));
});

test("what has no fingerprint is refused by name", () => {
  const circular = {};
  circular.self = circular;
  const refused = [
    [() => fingerprint(undefined), "body"],
    [() => fingerprint(() => {}), "body"],
    [() => fingerprint(10n), "body"],
    [() => fingerprint(circular), "body"],
    [() => fingerprint(new Uint8Array(2), { mediaType: "multipart/form-data; boundary=x" }), "mediaType"],
    [() => fingerprint(1, { exclude: ["id"] }), "exclude"],
    [() => fingerprint(1, { pth: "/pay" }), "pth"],
    [() => fingerprint(1, { headers: { accept: 5 } }), "headers"],
    [() => fingerprint(1, { method: 5 }), "method"],
  ];
  for (const [take, field] of refused) {
    assert.throws(take, (error) => error instanceof ConfigError && error.field === field, field);
  }
});
