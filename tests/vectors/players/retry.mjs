// Plays `time`, `draw`, `backoff`, `jitter`, `retry.machine` and `slots`: one call of an operation that fails by script.

import { configOf, ScriptClock, scriptRandom } from "./script.mjs";

const DURATIONS = new Set([
  "base",
  "initial_delay",
  "max_delay",
  "schedule",
  "custom_backoff",
  "attempt_timeout",
  "total_timeout",
  "max_retry_after",
  "slot_width",
  "retention",
  "idempotency_ttl",
]);
const OF_A_KIND = /^per_kind\.\w+\.(base|max_delay|schedule)$/;

/** A retry configuration as JavaScript writes it. Tags have the user's own names. */
export function retryConfig(config) {
  const isDuration = (path) => DURATIONS.has(path) || OF_A_KIND.test(path);
  const options = configOf(config, isDuration, (path) => path === "tags");
  if (Array.isArray(options.customBackoff)) {
    const delays = options.customBackoff;
    options.customBackoff = (attempt) => delays[attempt - 1];
  }
  return options;
}

/** An error that carries what a script says, the way errors in JavaScript do. */
export function errorOf({ names = [], message = "by script", headers, ...facts }) {
  const own = (parent, name) => ({ [name]: class extends parent {} })[name];
  const known = (name) => (globalThis[name]?.prototype instanceof Error ? globalThis[name] : undefined);
  const type = names.toReversed().reduce((parent, name) => known(name) ?? (name === "Error" ? Error : own(parent, name)), Error);
  delete facts.takes;
  return Object.assign(new type(message), facts, headers === undefined ? {} : { headers });
}

export async function play({ config, attempts, draws = [0], start = 0, conditions, ...caller }, api) {
  const clock = new ScriptClock();
  clock.at = start;
  const handler = new api.RetryHandler({
    ...retryConfig(config),
    clock,
    random: scriptRandom(draws),
    ...(caller.instance === undefined ? {} : { instance: caller.instance, tags: { service: caller.service } }),
    customConditions: conditions?.map(
      ({ up_to_attempt }) =>
        (_, attempt) =>
          attempt <= up_to_attempt,
    ),
  });
  const delays = [];
  let made = 0;
  let ended = start;

  const operation = () => {
    if (made > 0) delays.push(clock.at - ended);
    const what = attempts[Math.min(made++, attempts.length - 1)];
    const cutShort = clock.pass(what.takes ?? 0);
    ended = clock.at;
    if (cutShort) return new Promise(() => {});
    if (what !== "ok") throw errorOf(what);
    return what;
  };
  return { delays, result: await handler.execute(operation, caller.operation && { name: caller.operation }).catch(nameOf), attempts: made };

  function nameOf(error) {
    return error instanceof api.RetryExhaustedError ? error.reason.toLowerCase() : "not_retryable";
  }
}
