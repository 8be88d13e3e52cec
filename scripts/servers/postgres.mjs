// PostgreSQL for tests and the demo: a cluster of its own, owned by a user that is not root, since PostgreSQL refuses root.

import { execFile } from "node:child_process";
import { readdirSync } from "node:fs";
import { chown } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { findProgram, freePorts, Server, temporaryFolder } from "./server.mjs";

const run = promisify(execFile);
const program = (name) => findProgram(name, debianFolders());

/** Why no PostgreSQL can be started here; false when one can. Fits the `skip` of a test. */
export const postgresMissing =
  (program("initdb") === undefined || program("postgres") === undefined) && "PostgreSQL's server is not installed";

/**
 * Starts a PostgreSQL with one database `postgres`, which everybody on this machine may enter as `postgres`. `settings` are
 * its configuration, as `{ max_connections: 50 }`.
 *
 * @returns {Promise<Postgres>}
 */
export async function startPostgres(settings = {}) {
  const folder = await temporaryFolder();
  const user = await owner(folder);
  const as = user === undefined ? [] : ["setpriv", `--reuid=${user.uid}`, `--regid=${user.gid}`, "--clear-groups"];
  const [first, ...rest] = [...as, program("initdb"), "--pgdata", folder, "--username=postgres", "--auth=trust"];
  await run(first, [...rest, "--encoding=UTF8", "--no-locale", "--no-sync"], { cwd: folder });
  const [port] = await freePorts(1);
  return new Postgres(as, folder, port, settings).start();
}

export class Postgres extends Server {
  constructor(as, folder, port, settings) {
    const all = {
      port,
      listen_addresses: "127.0.0.1",
      unix_socket_directories: "",
      max_connections: 200,
      // The machine does not lose power in a test; a killed server loses nothing by it.
      fsync: "off",
      ...settings,
    };
    const args = Object.entries(all).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
    const ready = () => answers(port);
    super([...as, program("postgres"), "-D", folder, ...args], { folder, isReady: ready });
    this.port = port;
    this.url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  }
}

const answers = (port) =>
  run(program("pg_isready"), ["--host=127.0.0.1", `--port=${port}`]).then(
    () => true,
    () => false,
  );

/** For root: whom the cluster belongs to, and its folder too. */
async function owner(folder) {
  if (process.getuid?.() !== 0) return undefined;
  const user = (await account("postgres")) ?? (await account("nobody"));
  await chown(folder, user.uid, user.gid);
  return user;
}

async function account(name) {
  const { stdout } = await run("getent", ["passwd", name]).catch(() => ({ stdout: "" }));
  const [, , uid, gid] = stdout.split(":");
  return uid === undefined ? undefined : { uid: Number(uid), gid: Number(gid) };
}

/** Debian keeps each version in a folder of its own and out of `PATH`; the newest first. */
function debianFolders() {
  const versions = "/usr/lib/postgresql";
  try {
    return readdirSync(versions)
      .sort((a, b) => Number(b) - Number(a))
      .map((version) => join(versions, version, "bin"));
  } catch {
    return [];
  }
}
