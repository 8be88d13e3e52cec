// RetryPolicyManager: policies with a name. A policy is plain frozen data, so it can be read, logged and spread.

import { core } from "../binding.js";
import { frozen, readAnswer, specText } from "../spec.js";
import { STANDARD, split } from "./plan.js";
import { fromEnv, loadPolicies } from "./sources.js";
import type { PolicyWishes, RetryConfig, RetryOptions } from "./types.js";

interface Described {
  readonly config: RetryConfig;
  readonly warnings: readonly string[];
}

/** The policies handed out so far, by their text: equal ones are one object. There are as many as there are presets. */
const known = new Map<string, RetryConfig>();

function policy(answer: string): RetryConfig {
  let found = known.get(answer);
  if (found === undefined) {
    found = frozen(readAnswer<Described>(answer).config);
    known.set(answer, found);
  }
  return found;
}

const preset = (name: string): RetryConfig => policy(core.retryComplete(specText(name), STANDARD));

/** The named policies of the Q ecosystem, and how one is chosen. */
export const RetryPolicyManager = {
  /** As few retries as possible, for payments and other critical calls: 2 attempts, 1 s to 30 s. */
  get CONSERVATIVE(): RetryConfig {
    return preset("q.conservative");
  },
  /** For most calls: 3 attempts, 100 ms to 10 s. */
  get STANDARD(): RetryConfig {
    return preset("q.standard");
  },
  /** For calls that may as well be made again: 5 attempts, 50 ms to 10 s. */
  get AGGRESSIVE(): RetryConfig {
    return preset("q.aggressive");
  },
  /** For real-time calls: 3 attempts, 25 ms to 1 s. */
  get FAST(): RetryConfig {
    return preset("q.fast");
  },
  /** One attempt. */
  get NO_RETRY(): RetryConfig {
    return preset("q.no_retry");
  },
  /** The policy for a module of the Q ecosystem (`qwallet`, `qdrive`…); an unknown one gets STANDARD. */
  forModule(module: string): RetryConfig {
    return policy(core.retryChoose(specText({ module })));
  },
  /** The policy for CRITICAL, HIGH, MEDIUM or LOW. */
  forCriticality(criticality: string): RetryConfig {
    return policy(core.retryChoose(specText({ criticality })));
  },
  /**
   * The policy for all that is said about a call. First wins: `retryPolicy`, criticality CRITICAL or HIGH, a module that is
   * CONSERVATIVE, `realTime` (FAST), criticality MEDIUM or LOW, `module`, STANDARD.
   */
  choose(wishes: PolicyWishes): RetryConfig & RetryOptions {
    const retryPolicy = wishes?.retryPolicy;
    if (typeof retryPolicy !== "object" || retryPolicy === null) {
      return frozen(readAnswer<Described>(core.retryChoose(specText(wishes))).config);
    }
    const [spec, host] = split(retryPolicy);
    const answer = core.retryChoose(specText({ ...wishes, retryPolicy: spec }));
    return Object.freeze({ ...readAnswer<Described>(answer).config, ...host });
  },
  /** STANDARD with other fields. Throws a `ConfigError` when one is unknown or out of its range. */
  createCustom(fields: RetryOptions): RetryConfig & RetryOptions {
    const [spec, host] = split(fields);
    return Object.freeze({ ...readAnswer<Described>(core.retryComplete(specText(spec), STANDARD)).config, ...host });
  },
  /** What is accepted in these fields but has no effect. Throws a `ConfigError` when one is unknown or out of its range. */
  validate(fields: RetryOptions | string): readonly string[] {
    const spec = typeof fields === "string" ? fields : split(fields)[0];
    return readAnswer<Described>(core.retryComplete(specText(spec), STANDARD)).warnings;
  },
  /** As the exported `loadPolicies`. */
  loadPolicies,
  fromEnv,
};
