// What must hold whoever died when: the books are compared with what was told and what is replayed.

import assert from "node:assert/strict";

/** Items by what `of` says of each. */
function groups(items, of) {
  const found = new Map();
  for (const item of items) found.set(of(item), [...(found.get(of(item)) ?? []), item]);
  return found;
}

/** The effects of each key in the books, and by which claim each was; and the list of all. */
export async function booksOf(mode, { effects, rows }) {
  const written = effects();
  const begun = mode === "joint" ? await rows() : written.filter(({ effect }) => effect === "begun");
  const done = mode === "joint" ? begun : written.filter(({ effect }) => effect === "done");
  return { begun: groups(begun, ({ key }) => key), done: groups(done, ({ key }) => key), list: begun };
}

/**
 * One key that ended in `receipt`: the recorded outcome has its effect, no claim had two, and there are no more effects than
 * the mode allows.
 */
export function checkKey(mode, receipt, books) {
  const { key, epoch, attempt } = receipt;
  const begun = books.begun.get(key) ?? [];
  const done = books.done.get(key) ?? [];
  const what = `${key}: ${JSON.stringify({ receipt, begun, done })}`;
  assert.ok(
    done.some((effect) => effect.epoch === epoch),
    `what is recorded was done: ${what}`,
  );
  assert.equal(new Set(begun.map((effect) => effect.epoch)).size, begun.length, `one effect a claim: ${what}`);
  const most = mode === "reexecute" ? attempt : 1;
  assert.ok(begun.length <= most, `at most ${most}: ${what}`);
}

/** Whoever was told of an outcome was told of the same one. */
export function checkTold(lines, receipts) {
  const told = lines.filter(({ at, confirmed }) => at === "ended" && confirmed);
  for (const { key, output } of told) assert.deepEqual(output, receipts.get(key), "told and recorded");
  return told.length;
}
