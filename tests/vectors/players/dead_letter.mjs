// Plays `dead_letter.json`: which calls become dead letters, and how a box of them answers.

import { errorOf, retryConfig } from "./retry.mjs";
import { camel, ScriptClock } from "./script.mjs";

export function play(given, api) {
  return given.events === undefined ? call(given, api) : { replies: letters(given, api) };
}

/** One call, and the letter it leaves. */
async function call({ config, attempts, veto, cancelled_in_attempt }, api) {
  const clock = new ScriptClock();
  const letters = new api.DeadLetterQueue({ clock });
  const handler = new api.RetryHandler({
    ...retryConfig(config),
    clock,
    random: () => 0,
    deadLetterStore: letters,
    customConditions: veto ? [() => false] : undefined,
  });
  const caller = new AbortController();
  const operation = ({ attempt }) => {
    const what = attempts[Math.min(attempt, attempts.length) - 1];
    if (attempt === cancelled_in_attempt) caller.abort();
    clock.pass(what.takes ?? 0);
    if (what !== "ok") throw errorOf(what);
    return what;
  };
  await handler.execute(operation, { signal: caller.signal }).catch(() => {});
  const [letter = null] = await letters.list();
  return { letter: letter && { kind: letter.error.kind, attempts: letter.attempts } };
}

function letters({ config, events }, api) {
  const letters = new api.MemoryDeadLetterStore(Object.fromEntries(Object.entries(config).map(([k, v]) => [camel(k), v])));
  let held = new Set();
  return events.map(({ do: what, id, attempts = 1, limit }) => {
    switch (what) {
      case "put": {
        if (!letters.put({ id, attempts })) return "full";
        const before = held;
        held = new Set(letters.list().map((letter) => letter.id));
        return before.has(id) ? "replaced" : "kept";
      }
      case "get":
        return read(letters.get(id));
      case "list":
        return letters.list(limit).map(read);
      case "remove":
        return letters.remove(id);
      case "stats":
        return letters.stats;
      default:
        throw new Error(`no event ${what}`);
    }
  });
}

const read = (letter) => (letter === undefined ? null : [letter.id, letter.attempts]);
