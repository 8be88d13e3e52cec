// One document has one fingerprint, whoever takes it and however it is spelled.

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { test } from "node:test";
import { fingerprint } from "once-again";
import * as web from "once-again-web";
import { documents } from "./documents.mjs";
import { python, rust, withoutPython } from "./peers.mjs";

await web.init();

const COUNT = 10_000;
const source = documents(1);
const drawn = Array.from({ length: COUNT }, () => source.next().value);
const texts = drawn.map(({ text }) => Buffer.from(text));
const respelled = drawn.map((document) => Buffer.from(document.respelled));
const values = drawn.filter(({ value }) => value !== undefined);
const taken = texts.map((text) => fingerprint(text));

/** The first document whose answer is another one; equality of long lists says less. */
function same(answers, expected, of) {
  assert.equal(answers.length, expected.length);
  const at = answers.findIndex((answer, index) => answer !== expected[index]);
  assert.equal(at, -1, `document ${at} is ${answers[at]}, not ${expected[at]}: ${of[at]}`);
}

test("ten thousand documents are JSON, and those that differ have different fingerprints", () => {
  assert.ok(taken.every((answer) => /^jcs:[0-9a-f]{64}$/.test(answer)));
  // What Node's own parser makes of a document where doubles hold all its numbers, its keys sorted: equal if and only if.
  const sorted = (value) =>
    typeof value !== "object" || value === null || Array.isArray(value)
      ? Array.isArray(value)
        ? value.map(sorted)
        : value
      : Object.entries(value)
          .sort(([a], [b]) => (a < b ? -1 : 1))
          .map(([name, inner]) => [`.${name}`, sorted(inner)])
          .concat([["object"]]);
  const byValue = new Map(
    values.map(({ text, value }) => [JSON.stringify(sorted(value)), fingerprint(Buffer.from(text))]),
  );
  assert.ok(byValue.size > COUNT / 4, `${byValue.size} different documents`);
  assert.equal(new Set(byValue.values()).size, byValue.size);
});

test("another order of keys and another spelling change nothing", () => {
  same(
    respelled.map((text) => fingerprint(text)),
    taken,
    respelled,
  );
});

test("a parsed value has the fingerprint of its text", () => {
  const expected = values.map(({ text }) => fingerprint(Buffer.from(text)));
  same(
    values.map(({ value }) => fingerprint(value)),
    expected,
    values.map(({ text }) => text),
  );
});

test("a whole number beyond doubles is not its neighbour", () => {
  const [one, other] = ["9007199254740992", "9007199254740993"].map((text) => fingerprint(Buffer.from(text)));
  assert.notEqual(one, other);
});

test("the web package takes the same fingerprints", () => {
  same(
    texts.map((text) => web.fingerprint(text)),
    taken,
    texts,
  );
});

test("Rust takes the same fingerprints", async () => {
  same(await rust(texts), taken, texts);
});

test("Python takes the same fingerprints, of texts and of what it parses", { skip: withoutPython }, async () => {
  same(await python("bodies", respelled), taken, respelled);
  const exact = values.map(({ text }) => Buffer.from(text));
  same(
    await python("values", exact),
    exact.map((text) => fingerprint(text)),
    exact,
  );
});
