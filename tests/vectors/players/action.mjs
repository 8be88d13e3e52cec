// Plays `idempotency.action.json`: calls of a function that runs once, one after another.

import { configOf, refusal, ScriptClock } from "./script.mjs";

export async function play({ options, calls }, api) {
  const clock = new ScriptClock();
  let call;
  let ran;
  const work = () => {
    ran = true;
    if (call.throws !== undefined) throw new Error(call.throws);
    return call.answer;
  };
  let run;
  try {
    run = api.idempotent(work, { ...configOf(options, () => false), input: (about) => about, clock });
  } catch (error) {
    return refusal(error, api);
  }
  const seen = [];
  for (call of calls) {
    ran = false;
    clock.at = call.at ?? 0;
    const came = await make(run, call, api);
    seen.push({ ran, ...came });
  }
  return { calls: seen };
}

async function make(run, { input, key }, { OnceAgainError }) {
  try {
    const result = await (key === undefined ? run : run.with({ key })).execute(input);
    return { output: result.output, replay: result.isReplay, key: result.key };
  } catch (error) {
    return error instanceof OnceAgainError ? { error: error.code } : { threw: error.message };
  }
}
