// A client's options, read once: the numbers and names by core, functions and clocks here.

import { core } from "../binding.js";
import type { BreakerChoice } from "../fetch/breakers.js";
import type { SenderOptions } from "../fetch/sender.js";
import { checkClock, checkLogger, fieldsOf } from "../host.js";
import type { IdempotencyManagerOptions } from "../idempotency/manager.js";
import { split } from "../retry/plan.js";
import type { RetryConfig, RetryOptions } from "../retry/types.js";
import { readAnswer, specText } from "../spec.js";
import type { HttpClientOptions } from "./options.js";

/** Core's reading of a client's options. */
interface Read {
  /** Without a slash at its end. */
  readonly baseUrl: string;
  readonly policy: RetryConfig;
  /** Headers of every request. */
  readonly identity: readonly (readonly [name: string, value: string])[];
  readonly autoKey: boolean;
}

export interface Settings extends Read {
  readonly policy: RetryConfig & RetryOptions;
  readonly breaker: BreakerChoice | false | undefined;
  readonly idempotency: IdempotencyManagerOptions | undefined;
  readonly sending: Pick<SenderOptions, "budget" | "refreshAuth" | "fetch">;
}

/** @throws ConfigError when an option is unknown or out of its range. */
export function settingsOf(options: HttpClientOptions): Settings {
  const { circuitBreaker, idempotency, budget, refreshAuth, fetch, logger, clock, random, ...spec } = fieldsOf(
    options,
    "options",
  );
  checkClock(clock);
  checkLogger(logger);
  const { retryPolicy } = spec;
  const [wished, host] =
    typeof retryPolicy === "object" && retryPolicy !== null ? split(retryPolicy) : [retryPolicy, {}];
  const read = readAnswer<Read>(core.clientConfig(specText({ ...spec, retryPolicy: wished })));
  const own = Object.entries({ clock, random, logger }).filter(([, value]) => value != null);
  return {
    ...read,
    policy: { ...read.policy, ...host, ...Object.fromEntries(own) },
    breaker: circuitBreaker ?? undefined,
    idempotency: idempotency == null ? undefined : fieldsOf(idempotency, "idempotency"),
    sending: { budget, refreshAuth, fetch },
  };
}
