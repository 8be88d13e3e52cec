// node scripts/complete-lock.mjs        (after `npm install`, before committing package-lock.json)
//
// Tools with native parts list one optional package per platform. npm leaves those out of the lock file which it could
// not look at while installing (another platform's, from a registry that does not carry them), and `npm ci` then refuses
// the very lock file npm wrote. Their versions are known all the same: the package that wants them pins them.

import { readFileSync, writeFileSync } from "node:fs";

const file = new URL("../package-lock.json", import.meta.url);
const lock = JSON.parse(readFileSync(file, "utf8"));

const systems = ["aix", "android", "darwin", "freebsd", "linux", "netbsd", "openbsd", "openharmony", "sunos", "win32"];
const processors = ["arm", "arm64", "ia32", "loong64", "mips64el", "ppc64", "riscv64", "s390x", "wasm32", "x64"];

/** `@scope/tool-linux-x64-musl` says itself which machine it is for; npm skips it on every other. */
function machine(name) {
  const words = name.split(/[/-]/);
  const os = systems.filter((system) => words.includes(system));
  const cpu = processors.filter((processor) => words.includes(processor));
  const libc = words.includes("musl") ? ["musl"] : words.includes("gnu") ? ["glibc"] : [];
  return { ...(cpu.length && { cpu }), ...(os.length && { os }), ...(os[0] === "linux" && libc.length && { libc }) };
}

for (const wanting of Object.values(lock.packages)) {
  for (const [name, version] of Object.entries(wanting.optionalDependencies ?? {})) {
    const path = `node_modules/${name}`;
    if (path in lock.packages) continue;
    if (!/^\d+\.\d+\.\d+[-.\w]*$/.test(version)) throw new Error(`${name} is not pinned but ${version}`);
    const { cpu, os, libc } = machine(name);
    lock.packages[path] = { version, cpu, dev: wanting.dev, libc, optional: true, os };
    console.log(`added ${name}@${version}`);
  }
}
lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => a.localeCompare(b, "en")));
writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
