// Retry and breaker rows: the same work done by once-again and by what people use today.

import retry from "async-retry";
import {
  ConsecutiveBreaker,
  circuitBreaker,
  retry as cockatielRetry,
  wrap as cockatielWrap,
  ExponentialBackoff,
  handleAll,
  SamplingBreaker,
} from "cockatiel";
import { backOff } from "exponential-backoff";
import { CircuitBreaker, RetryHandler, wrap } from "once-again";
import Opossum from "opossum";
import pRetry from "p-retry";

const work = async () => 1;
const fail = async () => {
  throw new Error("down");
};

/** An open breaker of each kind: tripped once, and not due for an hour. */
async function tripped(execute) {
  for (let i = 0; i < 10; i += 1) await execute(fail).catch(() => {});
  return execute;
}
const swallow = (promise) => promise.catch(() => {});

const HOUR = 3_600_000;

export async function rows() {
  const handler = new RetryHandler({ maxAttempts: 3, baseDelay: 100 });
  const breaker = new CircuitBreaker();
  const cockatielRetryPolicy = cockatielRetry(handleAll, { maxAttempts: 3, backoff: new ExponentialBackoff() });
  const consecutive = circuitBreaker(handleAll, { halfOpenAfter: 30_000, breaker: new ConsecutiveBreaker(5) });
  const sampling = circuitBreaker(handleAll, {
    halfOpenAfter: 30_000,
    breaker: new SamplingBreaker({ threshold: 0.5, duration: 30_000, minimumRps: 1 }),
  });
  const opossum = new Opossum(async (run) => run(), { timeout: false });
  const both = wrap(handler, new CircuitBreaker());
  const cockatielBoth = cockatielWrap(
    cockatielRetryPolicy,
    circuitBreaker(handleAll, { halfOpenAfter: 30_000, breaker: new ConsecutiveBreaker(5) }),
  );

  const open = new CircuitBreaker({
    failureThreshold: 5,
    recoveryTimeout: HOUR,
    monitoringWindow: HOUR,
    halfOpenMaxCalls: 1,
  });
  const openCockatiel = circuitBreaker(handleAll, { halfOpenAfter: HOUR, breaker: new ConsecutiveBreaker(5) });
  const openOpossum = new Opossum(async (run) => run(), {
    timeout: false,
    resetTimeout: HOUR,
    errorThresholdPercentage: 1,
  });
  await tripped((run) => open.execute(run));
  await tripped((run) => openCockatiel.execute(run));
  await tripped((run) => openOpossum.fire(run));

  return [
    {
      id: "node-retry-happy",
      work: "retry, first attempt succeeds",
      goal: 0.9,
      ours: async () => handler.execute(work),
      peers: {
        cockatiel: async () => cockatielRetryPolicy.execute(work),
        "async-retry": async () => retry(work, { retries: 2 }),
        "exponential-backoff": async () => backOff(work, { numOfAttempts: 3 }),
        "p-retry": async () => pRetry(work, { retries: 2 }),
      },
    },
    {
      id: "node-breaker-closed",
      work: "closed breaker",
      goal: 0.95,
      ours: async () => breaker.execute(work),
      peers: {
        "cockatiel consecutive": async () => consecutive.execute(work),
        "cockatiel sampling": async () => sampling.execute(work),
        opossum: async () => opossum.fire(work),
      },
    },
    {
      id: "node-breaker-reject",
      work: "open breaker rejects",
      goal: 0.4,
      ours: async () => swallow(open.execute(work)),
      peers: {
        cockatiel: async () => swallow(openCockatiel.execute(work)),
        opossum: async () => swallow(openOpossum.fire(work)),
      },
    },
    {
      id: "node-retry-breaker",
      work: "retry + breaker, first attempt succeeds",
      goal: 0.5,
      ours: async () => both.execute(work),
      peers: { cockatiel: async () => cockatielBoth.execute(work) },
    },
  ];
}
