// Whatever comes over the wire gets an answer or a typed error, the same in every language; nothing crashes.

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { fingerprint, IdempotencyManager } from "once-again";
import * as web from "once-again-web";
import { documents, mutated } from "./documents.mjs";
import { python, rust, withoutPython } from "./peers.mjs";

await web.init();

const folder = process.env.ONCE_AGAIN_TESTDATA ?? fileURLToPath(new URL("../../../shared/testdata", import.meta.url));
const parsing = `${folder}/json-parsing/test_parsing`;
const absent = existsSync(parsing) ? false : `no third-party test data at ${parsing}`;

/** The same answers from all four; a `raw:` is an answer too, of a text that is not strict JSON. */
async function everywhere(bodies) {
  const answers = bodies.map((body) => fingerprint(body));
  for (const answer of answers) assert.match(answer, /^(jcs|raw):[0-9a-f]{64}$/);
  assert.deepEqual(
    bodies.map((body) => web.fingerprint(body)),
    answers,
  );
  assert.deepEqual(await rust(bodies), answers);
  if (!withoutPython) assert.deepEqual(await python("bodies", bodies), answers);
  return answers;
}

test("each of the 318 texts of JSONTestSuite", { skip: absent }, async () => {
  const names = readdirSync(parsing)
    .filter((name) => name.endsWith(".json"))
    .sort();
  assert.equal(names.length, 318);
  const answers = await everywhere(names.map((name) => readFileSync(`${parsing}/${name}`)));
  const wrong = names.filter((name, at) => {
    // `y_` must be read. What is read of it has one meaning, but for an object that says one name twice.
    const twice = name.startsWith("y_object_duplicated_key");
    if (name.startsWith("y_")) return answers[at].startsWith("raw:") !== twice;
    // `n_` is no JSON at all; `i_` may be either.
    return name.startsWith("n_") && !answers[at].startsWith("raw:");
  });
  assert.deepEqual(wrong, []);
});

test("ten thousand mutated bodies", async () => {
  const source = documents(2);
  const texts = Array.from({ length: 500 }, () => Buffer.from(source.next().value.text));
  const answers = await everywhere(mutated(texts, 10_000, 3));
  const json = answers.filter((answer) => answer.startsWith("jcs:")).length;
  assert.ok(json > 500 && json < 9_500, `${json} of them were JSON, so both sides were met`);
});

describe("keys from the whole of Unicode", () => {
  // Every character of the first planes' alphabets, and one in 61 of the rest; Rust's own test takes all.
  const characters = Array.from({ length: 0x11_0000 }, (_, point) => point).filter(
    (point) => (point < 0x3000 || point % 61 === 0) && (point < 0xd800 || point > 0xdfff),
  );
  const lone = ["\ud800", "a\udfffb", "\udbff\udbff"];
  let expected;
  before(() => {
    // RFC 9110's visible ASCII, and nothing else.
    expected = characters.map((point) => (point > 0x20 && point < 0x7f ? "accepted" : "IDEMPOTENCY_KEY_INVALID"));
  });

  const answerOf = (manager, key) =>
    manager.peek(key).then(
      () => "accepted",
      (error) => error.code,
    );

  for (const [name, Manager] of [
    ["Node", IdempotencyManager],
    ["the web", web.IdempotencyManager],
  ]) {
    test(`in ${name}`, async () => {
      const manager = new Manager();
      const answers = [];
      for (const point of characters) answers.push(await answerOf(manager, String.fromCodePoint(point)));
      assert.deepEqual(
        answers.findIndex((answer, at) => answer !== expected[at]),
        -1,
      );
      for (const key of ["", "a".repeat(256), "a b", ...lone]) {
        assert.equal(await answerOf(manager, key), "IDEMPOTENCY_KEY_INVALID", JSON.stringify(key));
      }
      assert.equal(await answerOf(manager, "a".repeat(255)), "accepted");
    });
  }

  test("in Python", { skip: withoutPython }, async () => {
    const keys = [...characters.map((point) => String.fromCodePoint(point)), ...lone, "", "a".repeat(256)];
    const answers = await python(
      "keys",
      keys.map((key) => JSON.stringify(key)),
    );
    const refused = answers.splice(characters.length);
    assert.deepEqual(
      answers.findIndex((answer, at) => answer !== expected[at]),
      -1,
    );
    assert.deepEqual(refused, Array(lone.length + 2).fill("IDEMPOTENCY_KEY_INVALID"));
  });
});
