// Plays `store*.json` and `idempotency.record.json`: operations on stores, and the bytes that stores keep.

import { base64, bytesOf, configOf, hexOf, ScriptClock } from "./script.mjs";

export async function play(given, api, { module, expect }) {
  if (module === "idempotency.record") return record(given.record.replaceAll(" ", ""), api, expect);
  const clock = new ScriptClock();
  const memory = new api.MemoryStore({ ...configOf(given.config ?? {}, (path) => path === "cleanup_interval"), clock });
  const replies = await applied(memory, given.events, clock);
  memory.close();
  if (module === "store") {
    for (const [name, store] of Object.entries(others(api, clock))) {
      const theirs = await applied(store, given.events, clock);
      if (comparable(theirs, name) !== comparable(replies, name)) return { replies: theirs, of: name };
    }
  }
  return { replies };
}

/** What must be indistinguishable from a memory store. */
function others({ simpleStore, sqliteStore }, clock) {
  const simple = simpleStore(plainStore(new Map()), clock);
  return sqliteStore === undefined ? { simple } : { simple, sqlite: sqliteStore(clock) };
}

async function applied(store, events, clock) {
  const replies = [];
  for (const { at, op, payload } of events) {
    clock.at = at;
    const reply = await store.apply(payload === undefined ? op : { ...op, payload: bytesOf(payload) });
    replies.push({ ...reply, payload: reply.payload === undefined ? null : hexOf(reply.payload) });
  }
  return replies;
}

/** A plain store forgets by the `ttl` it was given, so its sweep has nothing to count. */
const comparable = (replies, name) =>
  JSON.stringify(replies.map((one) => (name === "simple" && one.reply === "swept" ? { ...one, count: null } : one)));

/** A `{ get, set, delete }` over a map that holds JSON texts, as a store elsewhere would. */
function plainStore(map) {
  return {
    get: async (key) => (map.has(key) ? JSON.parse(map.get(key)) : null),
    set: async (key, value) => map.set(key, JSON.stringify(value)),
    delete: async (key) => map.delete(key),
  };
}

/** A record is read by whoever finds it in a plain store, and by whoever begins anew under its key. */
async function record(hex, { simpleStore, OnceAgainError }, expect) {
  const clock = new ScriptClock();
  const key = "a1".repeat(32);
  const store = simpleStore(plainStore(new Map([[key, JSON.stringify({ record: base64(bytesOf(hex)) })]])), clock);
  let found;
  try {
    found = await store.apply({ op: "get", key });
  } catch (error) {
    if (!(error instanceof OnceAgainError && error.code === "STORE_UNAVAILABLE")) throw error;
    return { error: error.message };
  }
  if (hexOf(found.payload) !== hex) return { writtenAgain: hexOf(found.payload) };
  const { fingerprint, caller, state } = found.record;
  const owner = "ee".repeat(16);
  const begun = await store.apply({ op: "begin", key, owner, fingerprint, caller, lease: 1, retention: 1 });
  const payloadOf = (reply) => (begun.reply === reply && begun.payload ? hexOf(begun.payload) : null);
  return {
    ...found.record,
    outcome: payloadOf("replay"),
    // Once there is an outcome, nobody is shown a checkpoint any more.
    checkpoint: state === "completed" ? expect.checkpoint : payloadOf("acquired"),
  };
}
