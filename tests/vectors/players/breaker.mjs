// Plays `breaker.*.json`: a script of calls against a `CircuitBreaker`.

import { configOf, micros, refusal, ScriptClock } from "./script.mjs";

const DURATIONS = new Set([
  "recovery_timeout",
  "monitoring_window",
  "window",
  "window.time",
  "slow_call_duration",
  "open_wait",
  "open_wait.base",
  "open_wait.max",
  "probe_lease",
  "half_open_max_wait",
  "health_check.interval",
  "health_check.timeout",
]);

/** A draw at which jitter changes nothing. */
const MIDDLE = 2 ** 31;

export function play({ config, events = [] }, api) {
  const clock = new ScriptClock();
  let draw = MIDDLE;
  let breaker;
  try {
    const options = configOf(config, (path) => DURATIONS.has(path));
    breaker = new api.CircuitBreaker({ ...options, clock, random: () => draw / 2 ** 32 });
  } catch (error) {
    return refusal(error, api);
  }
  const permits = new Map();
  let changes = [];
  breaker.on("stateChange", ({ from, to }) => changes.push(`${from}>${to}`));

  function admit(name) {
    try {
      permits.set(name, breaker.admit());
      return "admitted";
    } catch (error) {
      if (!(error instanceof api.CircuitOpenError)) throw error;
      return `rejected ${error.state} ${micros(error.retryAfter)}`;
    }
  }

  function once(event) {
    switch (event.do) {
      case "state":
        return breaker.state;
      case "admit":
        return admit(event.as);
      case "settle":
        return breaker.settle(permits.get(event.permit), event.outcome);
      case "call": {
        const admitted = admit("call");
        if (admitted !== "admitted") return admitted;
        changes = [];
        clock.at += event.took ?? 0;
        return breaker.settle(permits.get("call"), event.outcome);
      }
      default:
        throw new Error(`no such event: ${event.do}`);
    }
  }

  const replies = events.map((event) => {
    let reply = "";
    for (let n = 0; n < (event.times ?? 1); n++) {
      clock.at = event.at + n * (event.every ?? 0);
      draw = event.draw ?? MIDDLE;
      changes = [];
      reply = [once(event), ...changes].join(" ");
    }
    return reply;
  });
  return { replies };
}
