// The code of a guide, run as it stands: as a program of its own, with the names that the guide leaves to its reader.

import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

const root = join(import.meta.dirname, "../..");

/** The pieces of code in one language that a guide (`docs/http.md`) shows, in order. */
export async function codeOf(guide, language = "js") {
  const text = await readFile(join(root, guide), "utf8");
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\``, "gms"))].map(([, code]) => code);
}

/** Runs code as a module in a new folder, where it may leave files; what it prints. It must end by itself. */
export async function run(t, code, env = {}) {
  // Below the root, where the packages are found by name.
  await mkdir(join(root, ".cache"), { recursive: true });
  const folder = await mkdtemp(join(root, ".cache/guide-"));
  t.after(() => rm(folder, { recursive: true }));
  const program = join(folder, "program.mjs");
  await writeFile(program, code);
  const options = { timeout: 60_000, cwd: folder, env: { ...process.env, ...env } };
  return promisify(execFile)(process.execPath, [program], options);
}

/**
 * What asks a service that the code has made, given the port it listens on: `asked(path, body, key)` answers status, body and
 * whether it is a replay.
 */
export const asking = `
const asked = async (port, path, body, key) => {
  const headers = { "Content-Type": "application/json", ...(key && { "Idempotency-Key": key }) };
  const answer = await fetch(\`http://127.0.0.1:\${port}\${path}\`, { method: "POST", headers, body: JSON.stringify(body) });
  return [answer.status, await answer.text(), answer.headers.get("idempotent-replayed")].join(" ");
};
const listening = (server) => new Promise((done) => server.listen(0, "127.0.0.1", () => done(server.address().port)));
`;
