// `make bench`: runs each language's rows beside its peers and writes benches/results.json and benches/RESULTS.md.
//
//   node benches/bench.mjs --python PATH [--only node|python|rust]

import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs, promisify } from "node:util";

const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const { values: options } = parseArgs({
  options: { python: { type: "string", default: "python3" }, only: { type: "string" } },
});

const RUNNERS = {
  node: [process.execPath, ["--expose-gc", here("peers/node/run.mjs")]],
  python: [options.python, [here("peers/python/run.py")]],
  rust: ["cargo", ["run", "--quiet", "--release", "--manifest-path", here("peers/rust/Cargo.toml")]],
};
const chosen = options.only ? [options.only] : Object.keys(RUNNERS);
if (chosen.some((name) => !(name in RUNNERS))) {
  console.error(`--only: got ${options.only}, expected one of ${Object.keys(RUNNERS).join(", ")}`);
  process.exit(2);
}

async function measured(name) {
  const [command, args] = RUNNERS[name];
  console.error(`${name}:`);
  const running = promisify(execFile)(command, args, { maxBuffer: 1 << 26 });
  running.child.stderr.pipe(process.stderr);
  return JSON.parse((await running).stdout);
}

const time = (ns) =>
  ns >= 1e6 ? `${(ns / 1e6).toFixed(2)} ms` : ns >= 1e3 ? `${(ns / 1e3).toFixed(2)} µs` : `${ns.toFixed(1)} ns`;

function line({ id, work, ours, peers, best_peer, ratio, goal }) {
  const others = Object.entries(peers)
    .filter(([name]) => name !== best_peer)
    .map(([name, value]) => `${name} ${time(value)}`)
    .join(", ");
  const verdict = ratio <= goal ? "met" : "missed";
  return `| ${id} | ${work} | ${time(ours)} | ${best_peer} ${time(peers[best_peer])} | ${ratio.toFixed(2)}× | ≤ ${goal}× ${verdict} | ${others} |`;
}

/** Rows of this run replace those of the same id; a run of one language leaves the others' rows as they were. */
async function earlier() {
  if (!options.only) return [];
  return JSON.parse(await readFile(here("results.json"), "utf8").catch(() => "[]"));
}

const fresh = [];
for (const name of chosen) fresh.push(...(await measured(name)));
const kept = (await earlier()).filter((old) => !fresh.some((row) => row.id === old.id));
const results = [...kept, ...fresh].toSorted((a, b) => a.id.localeCompare(b.id));

const markdown = `# Benchmarks

Written by \`make bench\`; never edited by hand. Every row ran in one process per language, contenders in turn. The ratio is ours
divided by the best peer of the same run: the figure that means something on another machine. ${cpus().length} cores, ${[...new Set(results.map((row) => row.runtime))].join(", ")}.

| id | work | ours | best peer | ratio | goal | others |
|---|---|---|---|---|---|---|
${results.map(line).join("\n")}
`;
await writeFile(here("results.json"), `${JSON.stringify(results, null, 2)}\n`);
await writeFile(here("RESULTS.md"), markdown);
console.log(markdown.slice(markdown.indexOf("| id")));
