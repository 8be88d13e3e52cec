// node scripts/plot-delays.mjs
//
// Writes what docs/choosing-a-policy.md shows of the core: two plots of its delays, and the table of its presets. Everything
// comes out of the package as it was built; chance is a fixed sequence, so the same core draws the same picture.

import { readFileSync, writeFileSync } from "node:fs";
import * as Plot from "@observablehq/plot";
import { parseHTML } from "linkedom";
import { RetryHandler } from "once-again";

const GUIDE = new URL("../docs/choosing-a-policy.md", import.meta.url);
const ASSETS = new URL("../docs/assets/", import.meta.url);
const VECTORS = new URL("../tests/vectors/retry.presets.json", import.meta.url);

const RETRIES = 10;
/** Calls per jitter: enough that the tenth and the ninetieth percentile stand still. */
const CALLS = 4_000;

/** The delays of one call that fails every time, in milliseconds. Nobody sleeps. */
async function delaysOf(policy, random = () => 0.5) {
  const delays = [];
  const sleep = async (ms) => {
    delays.push(ms);
  };
  const handler = new RetryHandler({
    ...policy,
    maxAttempts: RETRIES + 1,
    random,
    clock: { now: () => 0, wallNow: () => 0, sleep },
  });
  await handler
    .execute(() => Promise.reject(Object.assign(new Error("reset"), { code: "ECONNRESET" })))
    .catch(() => {});
  if (delays.length !== RETRIES) throw new Error(`${delays.length} delays: a zero delay is not slept for`);
  return delays;
}

/** Chance that is the same in every run: a linear congruential generator (Numerical Recipes), its upper bits. */
function sequence() {
  let state = 1;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

// --- The plots --------------------------------------------------------------------------------------------------------

const { document } = parseHTML("<!doctype html><html><body></body></html>");

/** Readable on white and on black: the page's colours follow the reader's, the lines' own are in between. */
const THEME = `
  svg { color: #1f2328; background: #ffffff; font-family: system-ui, sans-serif; }
  @media (prefers-color-scheme: dark) {
    svg { color: #e6edf3; background: #0d1117; }
  }
`;
const COLOURS = ["#3b82f6", "#e5672b", "#22a06b", "#b35bd1", "#8a8f98"];

function draw(file, title, options) {
  const svg = Plot.plot({ document, className: "delays", style: { fontSize: "13px" }, ...options });
  svg.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", title);
  const own = document.createElementNS("http://www.w3.org/2000/svg", "style");
  own.textContent = THEME;
  svg.querySelector("style").after(own);
  const text = svg.outerHTML.replace(/\d+\.\d{3,}/g, (n) => String(+(+n).toFixed(2)));
  writeFileSync(new URL(file, ASSETS), `${text}\n`);
}

const seconds = (s) => (s > 0 && s < 1 ? `${s * 1_000} ms` : `${s} s`);

async function plotStrategies() {
  const bounds = { jitter: "none", baseDelay: 100, maxDelay: 30_000 };
  const strategies = {
    "exponential × 2": { ...bounds, strategy: "exponential", multiplier: 2 },
    fibonacci: { ...bounds, strategy: "fibonacci" },
    "exponential × 1.5": { ...bounds, strategy: "exponential", multiplier: 1.5 },
    "linear × 1": { ...bounds, strategy: "linear", multiplier: 1 },
    fixed: { ...bounds, strategy: "fixed" },
  };
  const points = [];
  for (const [strategy, policy] of Object.entries(strategies)) {
    const delays = await delaysOf(policy);
    points.push(...delays.map((ms, index) => ({ strategy, retry: index + 1, delay: ms / 1_000 })));
  }
  const place = { x: "retry", y: "delay", stroke: "strategy" };
  draw("strategies.svg", "Delay before each retry, by strategy, without jitter", {
    width: 780,
    height: 440,
    marginRight: 152,
    marginLeft: 62,
    marginBottom: 42,
    x: {
      label: "retry",
      labelAnchor: "center",
      labelArrow: "none",
      domain: [1, RETRIES],
      ticks: RETRIES,
      tickFormat: "d",
    },
    y: {
      label: "delay before it (logarithmic)",
      labelArrow: "none",
      type: "log",
      domain: [0.08, 40],
      ticks: [0.1, 0.3, 1, 3, 10, 30],
      tickFormat: seconds,
      grid: true,
    },
    color: { domain: Object.keys(strategies), range: COLOURS },
    marks: [
      Plot.ruleY([30], { stroke: "currentColor", strokeDasharray: "4 4", strokeOpacity: 0.6 }),
      Plot.text(["max delay"], { x: 1, y: 30, dy: -9, textAnchor: "start", fill: "currentColor", fillOpacity: 0.75 }),
      Plot.lineY(points, { ...place, strokeWidth: 2.2 }),
      Plot.dotY(points, { x: "retry", y: "delay", fill: "strategy", r: 3 }),
      Plot.text(
        points.filter(({ retry }) => retry === RETRIES),
        {
          ...place,
          stroke: undefined,
          fill: "strategy",
          text: "strategy",
          textAnchor: "start",
          dx: 10,
          fontWeight: 600,
        },
      ),
    ],
  });
}

/** The value below which this share of the numbers lies. */
const quantile = (sorted, share) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] / 1_000;

async function plotJitters() {
  const jitters = ["none", "deviation", "equal", "full", "decorrelated"];
  const spread = [];
  const examples = [];
  for (const jitter of jitters) {
    const random = sequence();
    const policy = { jitter, baseDelay: 100, maxDelay: 10_000, multiplier: 2 };
    const calls = [];
    for (let call = 0; call < CALLS; call++) calls.push(await delaysOf(policy, random));
    for (let index = 0; index < RETRIES; index++) {
      const sorted = calls.map((delays) => delays[index]).sort((a, b) => a - b);
      const at = { jitter: jitter === "deviation" ? "deviation 0.1" : jitter, retry: index + 1 };
      spread.push({ ...at, low: quantile(sorted, 0.1), middle: quantile(sorted, 0.5), high: quantile(sorted, 0.9) });
      for (const call of [0, 1, 2]) examples.push({ ...at, call, delay: calls[call][index] / 1_000 });
    }
  }
  const facet = { fx: "jitter", x: "retry" };
  draw("jitters.svg", "Delay before each retry, by jitter: median, and the middle 80 % of calls", {
    width: 900,
    height: 340,
    marginLeft: 48,
    marginBottom: 46,
    marginTop: 46,
    fx: { label: null, domain: [...new Set(spread.map(({ jitter }) => jitter))], padding: 0.2 },
    x: {
      label: "retry",
      labelAnchor: "center",
      labelArrow: "none",
      domain: [1, RETRIES],
      ticks: [1, 4, 7, 10],
      tickFormat: "d",
    },
    y: {
      label: "delay before it",
      labelArrow: "none",
      domain: [0, 10.2],
      ticks: [0, 2, 4, 6, 8, 10],
      tickFormat: seconds,
      grid: true,
    },
    marks: [
      Plot.areaY(spread, { ...facet, y1: "low", y2: "high", fill: COLOURS[0], fillOpacity: 0.28 }),
      Plot.lineY(examples, {
        ...facet,
        y: "delay",
        z: "call",
        stroke: "currentColor",
        strokeOpacity: 0.35,
        strokeWidth: 1,
      }),
      Plot.lineY(spread, { ...facet, y: "middle", stroke: COLOURS[0], strokeWidth: 2.4 }),
      Plot.frame({ strokeOpacity: 0.2 }),
    ],
  });
}

// --- The table --------------------------------------------------------------------------------------------------------

/** Where each preset is from, by the beginning of its name. */
const ORIGINS = {
  "q.": "Q ecosystem",
  kernel: "kernel tasks",
  critical: "kernel tasks",
  quick: "kernel tasks",
  "service.": "retry policy standards",
};
const originOf = (name) => Object.entries(ORIGINS).find(([start]) => name.startsWith(start))?.[1] ?? "advanced retry";

const time = (ms) =>
  ms === undefined ? "–" : ms < 1_000 ? `${ms} ms` : ms < 60_000 ? `${ms / 1_000} s` : `${ms / 60_000} min`;

function presetTable() {
  // The vectors name every preset; what the numbers are, the package says.
  const { cases } = JSON.parse(readFileSync(VECTORS, "utf8"));
  const names = [...new Set(cases.map(({ given }) => given.preset).filter(isPreset))];
  const rows = names.map((name) => {
    const handler = new RetryHandler(name);
    const { maxAttempts, strategy, baseDelay, multiplier, maxDelay, jitterType, jitterMaxDeviation, ...limits } =
      handler.config;
    const growth = strategy === "exponential" ? `× ${multiplier}` : strategy;
    const jitter = jitterType === "deviation" ? `± ${jitterMaxDeviation * 100} %` : jitterType;
    const never = maxAttempts === 1;
    const cells = never
      ? ["–", "–", "–", "–", "–"]
      : [time(baseDelay), growth, time(maxDelay), jitter, limits.retryableErrors?.join(", ") ?? "by default"];
    return [`\`${name}\``, maxAttempts, ...cells, time(limits.attemptTimeout), time(limits.timeout), originOf(name)];
  });
  const limits = ["each attempt", "whole call"];
  const head = ["preset", "attempts", "base", "growth", "cap", "jitter", "retries", ...limits, "origin"];
  const line = (cells) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

/** Vectors also try names that are none. */
function isPreset(name) {
  if (typeof name !== "string") return false;
  try {
    new RetryHandler(name).close();
    return true;
  } catch {
    return false;
  }
}

const between = /(<!-- presets: written by scripts\/plot-delays\.mjs -->\n)[\s\S]*?(<!-- end -->)/;

function writeTable() {
  const guide = readFileSync(GUIDE, "utf8");
  if (!between.test(guide)) throw new Error("the guide has no place for its table");
  writeFileSync(
    GUIDE,
    guide.replace(between, (_, start, end) => `${start}\n${presetTable()}\n\n${end}`),
  );
}

await plotStrategies();
await plotJitters();
writeTable();
