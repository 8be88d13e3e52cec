// Retry rows: the same work done by once-again and by what people use today. Every contender makes up to three attempts.

import asyncRetry from "async-retry";
import {
  ConsecutiveBreaker,
  circuitBreaker,
  retry as cockatielRetry,
  wrap as cockatielWrap,
  ExponentialBackoff,
  handleAll,
  TimeoutStrategy,
  timeout,
} from "cockatiel";
import { backOff } from "exponential-backoff";
import { CircuitBreaker, RetryHandler, wrap } from "once-again";
import Opossum from "opossum";
import pRetry from "p-retry";

const work = async () => 1;

const LIMIT = 1_000;
const BREAKER = { failureThreshold: 5, recoveryTimeout: 30_000, monitoringWindow: 60_000, halfOpenMaxCalls: 1 };

export function rows() {
  const handler = new RetryHandler({ maxAttempts: 3, baseDelay: 100 });
  // Here, and in async-retry and p-retry, the first attempt is not counted.
  const cockatiel = cockatielRetry(handleAll, {
    maxAttempts: 2,
    backoff: new ExponentialBackoff({ initialDelay: 100 }),
  });
  const consecutive = () => circuitBreaker(handleAll, { halfOpenAfter: 30_000, breaker: new ConsecutiveBreaker(5) });

  const both = wrap(handler, new CircuitBreaker(BREAKER));
  const cockatielBoth = cockatielWrap(cockatiel, consecutive());
  const opossum = new Opossum((run) => run(), { timeout: false });

  const three = wrap(handler, new CircuitBreaker(BREAKER), LIMIT);
  const cockatielThree = cockatielWrap(cockatiel, consecutive(), timeout(LIMIT, TimeoutStrategy.Aggressive));

  return [
    {
      id: "node-retry-happy",
      work: "retry, first attempt succeeds",
      goal: 0.9,
      ours: () => handler.execute(work),
      peers: {
        cockatiel: () => cockatiel.execute(work),
        "async-retry": () => asyncRetry(work, { retries: 2 }),
        "exponential-backoff": () => backOff(work, { numOfAttempts: 3 }),
        "p-retry": () => pRetry(work, { retries: 2 }),
      },
    },
    {
      id: "node-retry-breaker",
      work: "retry + breaker, first attempt succeeds",
      goal: 0.5,
      ours: () => both.execute(work),
      peers: {
        cockatiel: () => cockatielBoth.execute(work),
        "p-retry + opossum": () => pRetry(() => opossum.fire(work), { retries: 2 }),
      },
    },
    {
      id: "node-retry-breaker-timeout",
      work: "retry + breaker + timeout, first attempt succeeds",
      goal: 0.12,
      ours: () => three.execute(work),
      peers: { cockatiel: () => cockatielThree.execute(work) },
    },
  ];
}
