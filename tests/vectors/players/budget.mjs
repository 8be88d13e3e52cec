// Plays `budget`: calls that share a retry budget, and what its rules are.

import { errorOf, retryConfig } from "./retry.mjs";
import { configOf, refusal, ScriptClock, snake } from "./script.mjs";

/** A clock whose sleeps are called off. */
class Cancelling extends ScriptClock {
  controller = new AbortController();

  async sleep(_, signal) {
    this.controller.abort(new Error("called off"));
    signal.throwIfAborted();
  }
}

export async function play({ rules, events }, api) {
  let budget;
  const clock = new ScriptClock();
  try {
    const named = typeof rules !== "object";
    if (named || events === undefined) budget = budgetOf(rules, api);
    if (events !== undefined) budget = new api.RetryBudget({ ...(named ? { preset: rules } : jsRules(rules)), clock });
  } catch (error) {
    return refusal(error, api);
  }
  if (events === undefined) {
    return { effective: Object.fromEntries(Object.entries(budget.config).map(([name, value]) => [snake(name), value])) };
  }
  const replies = [];
  for (const event of events) {
    clock.at = event.at;
    replies.push(event.do === "stats" ? stats(budget) : await calls(event, budget, clock, api));
  }
  return { replies };
}

const jsRules = (rules) => configOf(rules, () => false);

/** Rules as a user hands them over; `true` is something that only the option `budget` takes. */
function budgetOf(rules, api) {
  if (rules !== true) return new api.RetryBudget(typeof rules === "object" ? jsRules(rules) : rules);
  return api.RetryPolicyManager.createCustom({ budget: true }).budget;
}

function stats(budget) {
  const { tokens, capacity, deposits, retries, refused, returned } = budget.stats();
  return `${tokens}/${capacity} deposits ${deposits} retries ${retries} refused ${refused} returned ${returned}`;
}

async function calls({ times = 1, ...event }, budget, clock, api) {
  let reply;
  for (let i = 0; i < times; i++) reply = await call(event, budget, clock, api);
  return `${reply} ${budget.tokens}`;
}

async function call({ at, attempts, config = {}, cancelled = false }, budget, clock, api) {
  const own = cancelled ? new Cancelling() : new ScriptClock();
  own.at = at;
  const policy = { max_attempts: 3, base: 0, max_delay: 0, jitter: "none", ...config };
  const handler = new api.RetryHandler({ ...retryConfig(policy), budget, clock: own, random: () => 0 });
  let made = 0;
  const operation = () => {
    const what = attempts[Math.min(made++, attempts.length - 1)];
    if (what !== "ok") throw errorOf(what);
    return what;
  };
  const options = cancelled ? { signal: own.controller.signal } : undefined;
  const result = await handler.execute(operation, options).catch((error) => {
    if (cancelled && error === own.controller.signal.reason) return "cancelled";
    return error instanceof api.RetryExhaustedError ? error.reason.toLowerCase() : "not_retryable";
  });
  return `${result} ${made}`;
}
