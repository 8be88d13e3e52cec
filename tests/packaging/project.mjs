// Empty projects that install what `make packages` left in dist/, on a machine that seems to have no Rust.

import { execFile } from "node:child_process";
import { copyFile, mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join, resolve } from "node:path";
import { promisify } from "node:util";

const root = resolve(import.meta.dirname, "../..");
const programs = join(import.meta.dirname, "programs");
const env = {
  ...process.env,
  PATH: [dirname(process.execPath), "/usr/local/bin", "/usr/bin", "/bin"].join(delimiter),
  PYTHONPATH: "",
};

/** Runs a command in a folder and gives what it printed; a failure carries what it printed too. */
export async function run(folder, command, ...args) {
  const outcome = promisify(execFile)(command, args, { cwd: folder, env });
  const { stdout } = await outcome.catch((error) => {
    throw new Error(`${command} ${args.join(" ")}\n${error.stdout}${error.stderr}`, { cause: error });
  });
  return stdout.trim();
}

async function emptyFolder(t) {
  const folder = await mkdtemp(join(tmpdir(), "once-again-packaging-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** The one file in dist/ that matches. */
async function packed(pattern) {
  const found = (await readdir(join(root, "dist"))).filter((file) => pattern.test(file));
  if (found.length !== 1) throw new Error(`dist/ has ${found.length} files for ${pattern}: run make packages`);
  return join(root, "dist", found[0]);
}

export const tarballs = { "once-again": /^once-again-\d.*\.tgz$/, "once-again-web": /^once-again-web-\d.*\.tgz$/ };

/**
 * An npm project of that `type` ("module" or "commonjs") with one of the tarballs installed.
 *
 * @returns `run` runs a program of programs/, `typecheck` compiles one under the strictest rules, `lend` puts a package of this
 * repository's own into the project.
 */
export async function npmProject(t, type, name) {
  const folder = await emptyFolder(t);
  await writeFile(join(folder, "package.json"), JSON.stringify({ name: "empty", private: true, type }));
  await run(folder, "npm", "install", "--prefer-offline", "--ignore-scripts", "--silent", await packed(tarballs[name]));

  return {
    folder,
    lend: (name) => symlink(join(root, "node_modules", name), join(folder, "node_modules", name)),
    async run(program) {
      await copyFile(join(programs, program), join(folder, program));
      return run(folder, process.execPath, program);
    },
    async typecheck(program, { module, lib = ["es2022", "esnext.disposable"], types = ["node"] }) {
      await copyFile(join(programs, program), join(folder, program));
      const compilerOptions = {
        ...{ module, lib, types, typeRoots: [join(root, "node_modules/@types")] },
        ...{ target: "es2022", strict: true, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true },
        ...{ skipLibCheck: false, noEmit: true },
        ...(module === "preserve" && { moduleResolution: "bundler" }),
      };
      await writeFile(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files: [program] }));
      return run(folder, join(root, "node_modules/.bin/tsc"), "--project", ".");
    },
  };
}

/** A virtual environment with nothing in it but the wheel; `run` runs a program of programs/. */
export async function pythonProject(t) {
  const folder = await emptyFolder(t);
  await run(folder, join(root, ".venv/bin/python"), "-m", "venv", "venv");
  const python = join(folder, "venv/bin/python");
  await run(folder, python, "-m", "pip", "install", "--quiet", "--no-index", await packed(/\.whl$/));
  return { folder, python, run: (program) => run(folder, python, join(programs, program)) };
}
