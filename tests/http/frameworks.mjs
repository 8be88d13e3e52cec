// The fixture servers of the suite: how each is started, and why it cannot be on this machine.

import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

const node = (name) => fixture(name, [process.execPath, here(`fixtures/${name}.mjs`)], here(`fixtures/${name}.mjs`));

const interpreter = process.env.PYTHON ?? here("../../.venv/bin/python");

/** `modules` are what its interpreter must find beside the wheel. */
const python = (name, ...modules) => {
  const program = here(`fixtures/${name}.py`);
  const made = fixture(name, [interpreter, "-W", "ignore", program], program, interpreter);
  return made.missing ? made : { ...made, missing: lacks(["once_again", ...modules]) };
};

/** Why the interpreter cannot run what imports `modules`. */
function lacks(modules) {
  const look =
    "import sys; from importlib.util import find_spec; print(*(m for m in sys.argv[1:] if not find_spec(m)))";
  const { status, stdout } = spawnSync(interpreter, ["-c", look, ...modules], { encoding: "utf8" });
  if (status !== 0) return `${interpreter} does not run`;
  return stdout.trim() !== "" && `${interpreter} has no ${stdout.trim().replaceAll(" ", ", ")}`;
}

/** Built by `cargo build -p once-again-tests --example NAME`, in either profile. */
const rust = (name) => {
  const places = ["release", "debug"].map((profile) => here(`../../target/${profile}/examples/http_${name}`));
  const program = places.find(existsSync) ?? places[0];
  return fixture(name, [program], program);
};

/** `needs` are the files without which it cannot run. */
function fixture(name, command, ...needs) {
  const absent = needs.find((file) => !existsSync(file));
  return { name, command, missing: absent !== undefined && `${absent} is not there` };
}

const all = [
  // Its body parser, which stands before the middleware, answers 415 to Brotli.
  { ...node("express4"), brotli: false },
  node("express5"),
  node("fastify4"),
  node("fastify5"),
  node("plain"),
  python("starlette", "starlette", "uvicorn"),
  python("fastapi", "fastapi", "uvicorn"),
  python("flask", "flask", "waitress"),
  rust("axum"),
];

const wanted = process.env.FRAMEWORKS?.split(",");

/** @type {{ name: string, command: string[], missing: string | false, brotli?: false }[]} */
export const frameworks = all.filter(({ name }) => wanted === undefined || wanted.includes(name));
