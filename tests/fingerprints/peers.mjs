// The languages, each as a function from many texts to as many answers.

import { Buffer } from "node:buffer";
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const root = here("../..");
const venv = here("../../.venv/bin/python");

/** Why Python cannot answer, or false. */
export const withoutPython = existsSync(venv) ? false : "the Python package is not built";

/** Answers of a program that reads a line for each text. */
async function asked(command, args, texts) {
  const program = spawn(command, args, { cwd: root, stdio: ["pipe", "pipe", "inherit"] });
  const ended = new Promise((resolve, reject) => program.once("error", reject).once("close", resolve));
  program.stdin.on("error", () => {}); // a program that ends early says why by its code
  program.stdin.end(texts.map((one) => `${Buffer.from(one).toString("hex")}\n`).join(""));
  const [output, code] = await Promise.all([text(program.stdout), ended]);
  if (code !== 0) throw new Error(`${command} ${args.join(" ")} ended with ${code}`);
  return output.trimEnd().split("\n");
}

/** `what`: `bodies`, `values` or `keys`, see peer.py. */
export const python = (what, texts) => asked(venv, [here("peer.py"), what], texts);

/** Bodies only. */
export const rust = (texts) =>
  asked("cargo", ["run", "--quiet", "--package", "once-again-tests", "--example", "fingerprints"], texts);
