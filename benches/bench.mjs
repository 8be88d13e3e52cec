// `make bench`: runs each language's rows beside its peers and writes benches/results.json and benches/RESULTS.md.

import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { cpus } from "node:os";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { table } from "./table.mjs";

const USAGE = `usage: node benches/bench.mjs [--python PATH] [--only node|node24|python|rust]

Measures once-again beside the libraries people use today, and writes benches/results.json and benches/RESULTS.md.

  --python PATH    the Python that has once-again and its peers installed (default: python3)
  --only LANGUAGE  measure one language; the rows of the others stay as they were
  --help           this text`;

const here = (name) => fileURLToPath(new URL(name, import.meta.url));

/** A Node that runs the peers' newest releases: one that npm brought for this machine, else this one if new enough. */
function newestNode() {
  const brought = here(`peers/node24/node_modules/node-${process.platform}-${process.arch}/bin/node`);
  if (existsSync(brought)) return brought;
  return Number.parseInt(process.versions.node, 10) >= 24 ? process.execPath : undefined;
}

/** Each prints its rows as one JSON list, and its progress to stderr. */
const runners = (python) => ({
  node: [process.execPath, "--expose-gc", here("peers/node/run.mjs")],
  node24: [newestNode(), "--expose-gc", here("peers/node24/run.mjs")],
  python: [python, here("peers/python/run.py")],
  rust: ["cargo", "run", "--quiet", "--release", "--locked", "--manifest-path", here("peers/rust/Cargo.toml")],
});

function refuse(message) {
  console.error(`bench: ${message}\n\n${USAGE}`);
  process.exit(2);
}

function readOptions() {
  try {
    return parseArgs({
      options: {
        python: { type: "string", default: "python3" },
        only: { type: "string" },
        help: { type: "boolean", default: false },
      },
    }).values;
  } catch (error) {
    return refuse(error.message);
  }
}

async function measured(name, [command, ...args]) {
  console.error(`${name}:`);
  const running = spawn(command, args, { stdio: ["ignore", "pipe", "inherit"] });
  const ended = new Promise((resolve, reject) => running.once("error", reject).once("close", resolve));
  const [output, code] = await Promise.all([text(running.stdout), ended]);
  if (code !== 0) throw new Error(`${command} ended with ${code ?? running.signalCode}`);
  return JSON.parse(output);
}

async function measureAll(commands) {
  const rows = [];
  for (const [name, command] of commands) {
    if (command[0] === undefined) {
      console.error(`bench: the ${name} rows are left out: they need Node 24, and none is here for this machine`);
      continue;
    }
    try {
      rows.push(...(await measured(name, command)));
    } catch (error) {
      console.error(`bench: the ${name} rows could not be measured: ${error.message}`);
      process.exit(1);
    }
  }
  return rows;
}

/** The rows this run does not measure. */
async function rowsKept(fresh) {
  const before = JSON.parse(await readFile(here("results.json"), "utf8").catch(() => "[]"));
  return before.filter((row) => !fresh.some(({ id }) => id === row.id));
}

const options = readOptions();
if (options.help) {
  console.log(USAGE);
  process.exit(0);
}
const languages = runners(options.python);
if (options.only !== undefined && !Object.hasOwn(languages, options.only)) {
  refuse(`--only: got ${options.only}, expected one of ${Object.keys(languages).join(", ")}`);
}

const fresh = await measureAll(
  Object.entries(languages).filter(([name]) => options.only === undefined || name === options.only),
);
const kept = options.only === undefined ? [] : await rowsKept(fresh);
const results = [...kept, ...fresh].toSorted((a, b) => a.id.localeCompare(b.id, "en", { numeric: true }));
const runtimes = [...new Set(results.map((row) => row.runtime))].join(", ");
await writeFile(here("results.json"), `${JSON.stringify(results, null, 2)}\n`);
await writeFile(
  here("RESULTS.md"),
  `# Benchmarks

Written by \`make bench\`; never edited by hand. The rows of a language ran in one process, contenders in turn. The ratio is
ours divided by the best peer of the same run: the figure that means something on another machine.
${cpus().length} cores, ${runtimes}.

${table(results)}
`,
);
console.log(table(results));
