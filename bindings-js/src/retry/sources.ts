// Policies from a parsed file, and from the environment.

import { core } from "../binding.js";
import { ConfigError } from "../errors.js";
import { frozen, readAnswer, specText } from "../spec.js";
import { STANDARD, split } from "./plan.js";
import type { RetryConfig, RetryOptions } from "./types.js";

interface Described {
  readonly config: RetryConfig;
  readonly warnings: readonly string[];
}

/**
 * The policies of a parsed `retry_policies:` tree, by name, each with what it `extends` (another level, or a preset) filled in.
 * Reading YAML is your library's part.
 *
 * A tree in snake_case is as the retry policy standards write it, with durations in seconds; one in camelCase has
 * milliseconds. A tree with both is refused.
 *
 * @throws ConfigError with the path of the field when one is unknown or out of its range, or a level extends itself.
 */
export function loadPolicies(mapping: object): Readonly<Record<string, RetryConfig>> {
  const levels = readAnswer<Record<string, Described>>(core.retryLevels(specText(mapping)));
  return frozen(Object.fromEntries(Object.entries(levels).map(([name, { config }]) => [name, config])));
}

/** Environment variables, or what stands for them. */
export type Variables = Readonly<Record<string, string | number | undefined>>;

const processVariables = (): Variables | undefined => (globalThis as { process?: { env?: Variables } }).process?.env;

/**
 * The policy of `RETRY_MAX_ATTEMPTS`, `RETRY_INITIAL_DELAY` and `RETRY_MAX_DELAY` (seconds). `fields` win over the
 * variables, and they over the preset.
 *
 * @param variables default: the environment of the process. A page has none, so it hands a mapping over.
 * @throws ConfigError that names the variable when one is malformed.
 */
export function fromEnv(variables = processVariables(), fields: RetryOptions = {}, preset = STANDARD): RetryConfig {
  if (typeof variables !== "object" || variables === null) {
    throw new ConfigError("variables", String(variables), "a mapping: there is no environment here");
  }
  const ours = Object.entries(variables).filter(([name]) => name.startsWith("RETRY_"));
  const [spec, host] = split(fields);
  const answer = core.retryEnvironment(specText(Object.fromEntries(ours)), specText(spec), preset);
  return Object.freeze({ ...readAnswer<Described>(answer).config, ...host });
}
