// Circuit breaker rows: closed, open, and failing with a full window.

import { ConsecutiveBreaker, circuitBreaker, handleAll, SamplingBreaker } from "cockatiel";
import { CircuitBreaker } from "once-again";
import Opossum from "opossum";

const work = async () => 1;
const down = new Error("down"); // one for all: its stack is not what is measured
const fail = async () => {
  throw down;
};
const swallow = (promise) => promise.catch(() => {});

async function calls(count, execute, operation) {
  for (let i = 0; i < count; i += 1) await swallow(execute(operation));
}

const HOUR = 3_600_000;
const run = (operation) => operation();

function closed() {
  const ours = new CircuitBreaker({
    failureThreshold: 5,
    recoveryTimeout: 30_000,
    monitoringWindow: 60_000,
    halfOpenMaxCalls: 1,
  });
  const consecutive = circuitBreaker(handleAll, { halfOpenAfter: 30_000, breaker: new ConsecutiveBreaker(5) });
  const sampling = circuitBreaker(handleAll, {
    halfOpenAfter: 30_000,
    breaker: new SamplingBreaker({ threshold: 0.5, duration: 60_000, minimumRps: 1 }),
  });
  const opossum = new Opossum(run, { timeout: false });
  return {
    id: "node-breaker-closed",
    work: "closed breaker",
    goal: 0.95,
    peer_goals: { "cockatiel sampling": 0.85 },
    ours: () => ours.execute(work),
    peers: {
      "cockatiel consecutive": () => consecutive.execute(work),
      "cockatiel sampling": () => sampling.execute(work),
      opossum: () => opossum.fire(work),
    },
  };
}

async function rejecting() {
  const ours = new CircuitBreaker({
    failureThreshold: 5,
    recoveryTimeout: HOUR,
    monitoringWindow: HOUR,
    halfOpenMaxCalls: 1,
  });
  const cockatiel = circuitBreaker(handleAll, { halfOpenAfter: HOUR, breaker: new ConsecutiveBreaker(5) });
  const opossum = new Opossum(run, { timeout: false, resetTimeout: HOUR, errorThresholdPercentage: 1 });
  await calls(10, (operation) => ours.execute(operation), fail);
  await calls(10, (operation) => cockatiel.execute(operation), fail);
  await calls(10, (operation) => opossum.fire(operation), fail);
  return {
    id: "node-breaker-reject",
    work: "open breaker rejects",
    goal: 0.4,
    ours: () => swallow(ours.execute(work)),
    peers: {
      cockatiel: () => swallow(cockatiel.execute(work)),
      opossum: () => swallow(opossum.fire(work)),
    },
  };
}

/** None of them ever has calls enough to open. */
async function failingWithAFullWindow() {
  const ours = new CircuitBreaker({ window: 60_000, failureRate: 0.99, minimumCalls: 1_000_000 });
  const cockatiel = circuitBreaker(handleAll, {
    halfOpenAfter: HOUR,
    breaker: new SamplingBreaker({ threshold: 0.99, duration: 60_000, minimumRps: 1_000_000 }),
  });
  const opossum = new Opossum(run, {
    timeout: false,
    rollingCountTimeout: 60_000,
    rollingCountBuckets: 60,
    volumeThreshold: 1e9,
  });
  await calls(100_000, (operation) => ours.execute(operation), work);
  await calls(100_000, (operation) => cockatiel.execute(operation), work);
  await calls(100_000, (operation) => opossum.fire(operation), work);
  return {
    id: "node-breaker-failure-100k",
    work: "a failed call with 100 k calls in the window",
    goal: 1,
    ours: () => swallow(ours.execute(fail)),
    peers: {
      "cockatiel sampling": () => swallow(cockatiel.execute(fail)),
      opossum: () => swallow(opossum.fire(fail)),
    },
  };
}

export async function rows() {
  return [closed(), await rejecting(), await failingWithAFullWindow()];
}
