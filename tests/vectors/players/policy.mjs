// Plays `retry.policy.json`, `retry.presets.json` and `retry.sources.json`: what a configuration means.

import { retryConfig } from "./retry.mjs";
import { micros, refusal, snake } from "./script.mjs";

/** Core's names of the fields that JavaScript shows under another. */
const CORE_NAMES = {
  baseDelay: "base",
  jitterType: "jitter",
  jitterMaxDeviation: "deviation",
  timeout: "total_timeout",
  retryableErrors: "retry_on",
  permanentErrors: "never_on",
  retryableStatusCodes: "retry_statuses",
  operationName: "name",
  operationType: "type",
  idempotencyTtl: "retention",
};
const TIMES = new Set([
  "baseDelay",
  "maxDelay",
  "schedule",
  "attemptTimeout",
  "timeout",
  "maxRetryAfter",
  "slotWidth",
  "idempotencyTtl",
]);

export function play(given, api, { module }) {
  const { config, preset, choose } = given;
  try {
    if (module === "retry.sources") return { effective: effective(sourced(given, api)) };
    if (choose !== undefined) return chosen(choose, api);
    const handler = new api.RetryHandler(preset ?? retryConfig(config));
    return { effective: effective(handler.config), warnings: handler.warnings.length };
  } catch (error) {
    return refusal(error, api);
  }
}

/** The policy of a level, of the environment, or of a pool's manager. */
function sourced({ levels, level, variables, config, preset, operation }, api) {
  if (levels !== undefined) return api.loadPolicies(levels)[level];
  if (operation !== undefined) return new api.RetryManagerPool().getManager(operation).config;
  return api.RetryPolicyManager.fromEnv(variables, config && retryConfig(config), preset);
}

/** Which preset a choice amounts to: the one with the same fields, but for the total time-out. */
function chosen({ retry_policy, real_time, user_facing, module, criticality }, { RetryHandler, RetryPolicyManager }) {
  const policy = RetryPolicyManager.choose({
    module,
    criticality,
    realTime: real_time,
    userFacing: user_facing,
    retryPolicy: typeof retry_policy === "object" ? retryConfig(retry_policy) : retry_policy,
  });
  const { total_timeout, ...fields } = effective(policy);
  const same = (name) => {
    const { total_timeout: _, ...others } = effective(new RetryHandler(name).config);
    return JSON.stringify(others) === JSON.stringify(fields);
  };
  const names = ["q.conservative", "q.standard", "q.aggressive", "q.fast", "q.no_retry"];
  return { preset: names.find(same), total_timeout, effective: { ...fields, total_timeout } };
}

function effective(config) {
  return Object.fromEntries(
    Object.entries(config).map(([name, value]) => [
      CORE_NAMES[name] ?? snake(name),
      TIMES.has(name) ? (Array.isArray(value) ? value.map(micros) : micros(value)) : value,
    ]),
  );
}
