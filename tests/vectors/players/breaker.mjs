// Plays `breaker.*.json`: a script of calls against a `CircuitBreaker`. Each is played twice: once in halves (`admit` and
// `settle`), once with every whole call through `execute`, which asks and tells core only where it must.

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

/** What an operator does, by the name of the mode. */
const MODES = { NORMAL: "enable", DISABLED: "disable", METRICS_ONLY: "monitor" };

export async function play({ config, events = [] }, api) {
  try {
    const halves = await new Player(config, api, byHalves).play(events);
    const whole = await new Player(config, api, asWhole).play(events);
    const differs = halves.findIndex((reply, i) => reply !== whole[i]);
    if (differs >= 0) throw new Error(`event ${differs}: "${halves[differs]}" in halves, "${whole[differs]}" whole`);
    return { replies: halves };
  } catch (error) {
    return refusal(error, api);
  }
}

/** A whole call as its two halves. */
function byHalves(player, { outcome, took }) {
  const admitted = player.admit("call");
  if (admitted !== "admitted") return admitted;
  player.announced = [];
  player.clock.at += took ?? 0;
  return player.breaker.settle(player.permits.get("call"), outcome);
}

/** A whole call through `execute`, which tells what became of the result by events only. */
async function asWhole(player, event) {
  // Who abandons a call settles it by hand, and what is ignored is the caller's own `isFailure`.
  if (event.outcome !== "success" && event.outcome !== "failure") return byHalves(player, event);
  let verdict = "counted";
  const off = player.breaker.on("stale", () => {
    verdict = "stale";
  });
  const failure = new Error("scripted");
  const end = await player.breaker
    .execute(() => {
      player.announced = [];
      player.clock.at += event.took ?? 0;
      if (event.outcome === "failure") throw failure;
    })
    .then(() => undefined, (error) => error);
  off();
  return end === undefined || end === failure ? verdict : player.rejected(end);
}

class Player {
  clock = new ScriptClock();
  permits = new Map();
  isolations = [];
  /** What listeners heard during the last event. */
  announced = [];
  #draw = MIDDLE;
  #api;
  #options;
  #call;

  constructor(config, api, call) {
    const options = configOf(config, (path) => DURATIONS.has(path));
    this.#api = api;
    this.#options = { ...options, clock: this.clock, random: () => this.#draw / 2 ** 32 };
    this.#call = call;
    this.#watch(new api.CircuitBreaker(this.#options));
  }

  async play(events) {
    const replies = [];
    for (const event of events) {
      let reply = "";
      for (let n = 0; n < (event.times ?? 1); n++) {
        this.clock.at = event.at + n * (event.every ?? 0);
        this.#draw = event.draw ?? MIDDLE;
        this.announced = [];
        reply = [await this.#once(event), ...this.announced].join(" ");
      }
      replies.push(reply);
    }
    return replies;
  }

  admit(name) {
    try {
      this.permits.set(name, this.breaker.admit());
      return "admitted";
    } catch (error) {
      return this.rejected(error);
    }
  }

  rejected(error) {
    if (!(error instanceof this.#api.CircuitOpenError)) throw error;
    return `rejected ${error.state} ${micros(error.retryAfter)}`;
  }

  #watch(breaker) {
    this.breaker = breaker;
    breaker.on("stateChange", ({ from, to }) => this.announced.push(`${from}>${to}`));
    breaker.on("wouldOpen", () => this.announced.push("would_open"));
  }

  #once(event) {
    const { breaker } = this;
    switch (event.do) {
      case "state":
        return breaker.state;
      case "admit":
        return this.admit(event.as);
      case "settle":
        return breaker.settle(this.permits.get(event.permit), event.outcome);
      case "call":
        return this.#call(this, event);
      case "isolate":
        this.isolations.push(breaker.isolate());
        return "done";
      case "release":
        this.isolations.pop()?.release();
        return "done";
      case "reset":
        breaker.reset();
        return "done";
      case "mode":
        breaker[MODES[event.mode]]();
        return "done";
      case "health":
        breaker.health(event.ok);
        return "done";
      case "restart": {
        const snapshot = JSON.parse(JSON.stringify(breaker.snapshot()));
        this.clock.at = event.clock;
        this.#watch(this.#api.CircuitBreaker.restore(snapshot, this.#options));
        this.isolations = [];
        return this.breaker.state;
      }
      default:
        throw new Error(`no such event: ${event.do}`);
    }
  }
}
