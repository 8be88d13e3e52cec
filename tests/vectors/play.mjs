// Plays vector files through a JavaScript package, in Node and in a page alike: nothing here belongs to one of them.

import { play as action } from "./players/action.mjs";
import { play as breaker } from "./players/breaker.mjs";
import { play as budget } from "./players/budget.mjs";
import { play as classify } from "./players/classify.mjs";
import { play as deadLetter } from "./players/dead_letter.mjs";
import { play as fingerprint } from "./players/fingerprint.mjs";
import { play as policy } from "./players/policy.mjs";
import { play as retry } from "./players/retry.mjs";
import { play as store } from "./players/store.mjs";

/** What plays a module's cases: `(given, api, { module, expect }) => answer`. */
const players = {
  backoff: retry,
  breaker,
  budget,
  classify,
  dead_letter: deadLetter,
  draw: retry,
  fingerprint,
  "idempotency.action": action,
  "idempotency.record": store,
  jitter: retry,
  "retry.machine": retry,
  "retry.policy": policy,
  "retry.presets": policy,
  "retry.sources": policy,
  slots: retry,
  store,
  time: retry,
};

/** The player of a module, by its own name or by that of the module it is a part of; `more` are those of one host. */
export function playerOf(module, more = {}) {
  const all = { ...players, ...more };
  const player = all[module] ?? all[module.split(".")[0]];
  if (player === undefined) throw new Error(`no player for ${module}`);
  return player;
}

/**
 * Plays one case.
 *
 * @returns undefined when the answer holds, else where it does not
 */
export async function check(module, { given, expect }, api, more) {
  const answer = await playerOf(module, more)(given, api, { module, expect });
  return difference(expect, answer, "");
}

/** The text of a vector file with `a1*32` spelled out. */
export function spelled(text) {
  return text.replace(/([0-9a-f]{2})\*(\d+)/gi, (_, byte, times) => byte.repeat(Number(times)));
}

/** The first place where `answer` does not have what `expect` names. */
function difference(expect, answer, path) {
  if (Array.isArray(expect)) {
    if (!Array.isArray(answer) || answer.length !== expect.length) return wrong(path, expect, answer);
    return first(expect.map((item, i) => difference(item, answer[i], `${path}[${i}]`)));
  }
  if (typeof expect === "object" && expect !== null) {
    if (typeof answer !== "object" || answer === null) return wrong(path, expect, answer);
    return first(Object.entries(expect).map(([name, item]) => difference(item, answer[name], `${path}.${name}`)));
  }
  return Object.is(expect, answer ?? null) ? undefined : wrong(path, expect, answer);
}

const first = (found) => found.find((one) => one !== undefined);
const wrong = (path, expect, answer) => `${path}: expected ${JSON.stringify(expect)}, got ${JSON.stringify(answer)}`;
