// ClientFactory: clients of the Q ecosystem, by what is known of the service they call.

import { fieldsOf } from "../host.js";
import type { IdempotencyStats } from "../idempotency/stats.js";
import { IdempotentHttpClient } from "./client.js";
import type { HttpClientOptions } from "./options.js";
import { globalStats, type RetryStats } from "./stats.js";

/** Makes clients, and knows what all clients of this process have done. */
export const ClientFactory = {
  /**
   * A client with the policy that its options mean.
   * @throws ConfigError when an option is unknown or out of its range.
   */
  createHttpClient(options: HttpClientOptions): IdempotentHttpClient {
    return new IdempotentHttpClient(options);
  },

  /**
   * A client of a module of the Q ecosystem (`qwallet`, `qdrive`…): the module's policy, and a breaker that opens after 5
   * failures within 60 s, waits 30 s, and closes after 3 probes.
   * @throws ConfigError when an option is unknown or out of its range.
   */
  createModuleClient(
    module: string,
    baseUrl: string,
    options: Omit<HttpClientOptions, "module" | "baseUrl"> = {},
  ): IdempotentHttpClient {
    return new IdempotentHttpClient({ circuitBreaker: "threshold", ...fieldsOf(options, "options"), module, baseUrl });
  },

  /** Operations, attempts, durations and errors of all clients of this process. */
  getGlobalRetryStats(): RetryStats {
    return globalStats.retries();
  },

  /** Keyed operations of all clients of this process, and how many of them were duplicates. */
  getGlobalIdempotencyStats(): IdempotencyStats {
    return globalStats.idempotency();
  },
} as const;
