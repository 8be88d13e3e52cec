// Plays `store*.json`: operations on a `MemoryStore`, and what it answers.

import { configOf, hexOf, ofHex, ScriptClock } from "./script.mjs";

export function play({ config = {}, events }, { MemoryStore }) {
  const clock = new ScriptClock();
  const store = new MemoryStore({ ...configOf(config, (path) => path === "cleanup_interval"), clock });
  const replies = events.map(({ at, op, payload }) => {
    clock.at = at;
    const reply = store.apply(payload === undefined ? op : { ...op, payload: ofHex(payload) });
    return reply.payload === undefined ? reply : { ...reply, payload: hexOf(reply.payload) };
  });
  store.close();
  return { replies };
}
