// The Redis clients of Node, seen as one: both run a script by its SHA-1, byte for byte.

import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { ConfigError } from "@once-again/driver/errors";
import { shown } from "@once-again/driver/host";
import { firstInstalled, fromEnv } from "../store/env.js";

/** A client of ioredis, also its `Cluster`. */
export interface IoRedisClient {
  callBuffer(command: string, args: (string | Buffer | number)[]): Promise<unknown>;
  /** Of a `Cluster`. */
  nodes?(role: "master"): IoRedisClient[];
}

/** A client, pool, cluster or sentinel of node-redis (`redis` 5 or later). */
export interface NodeRedisClient {
  // biome-ignore lint/suspicious/noExplicitAny: node-redis's own type has the whole of a client's configuration in it
  withTypeMapping(mapping: any): NodeRedisScripts;
}

/** What a cluster has besides. */
interface NodeRedisCluster extends NodeRedisClient {
  readonly masters: readonly object[];
  nodeClient(node: object): NodeRedisClient | Promise<NodeRedisClient>;
}

/** What is used of such a client. */
interface NodeRedisScripts {
  evalSha(sha: string, given: ScriptInput): Promise<unknown>;
  eval(script: string, given: ScriptInput): Promise<unknown>;
}

interface ScriptInput {
  keys: (string | Buffer)[];
  arguments: (string | Buffer)[];
}

/** The user's own client. */
export type RedisClient = IoRedisClient | NodeRedisClient;

/** What a script is given. */
export type RedisArgument = string | number | Uint8Array;

/** What a script answers: its strings as bytes. */
export type RedisReply = null | number | bigint | string | Uint8Array | readonly RedisReply[];

/** Runs Lua scripts on a Redis. */
export interface RedisScripts {
  /** Runs `script` where its keys live: one round trip, two when the server does not know the script yet. */
  run(script: string, keys: readonly string[], args: readonly RedisArgument[]): Promise<RedisReply>;
}

/** In Redis's protocol every type has a character; that of strings is `$`. */
const BLOB_STRING = "$".charCodeAt(0);

/** The scripts of `client`, whichever package it is of. */
export function scriptsOver(client: RedisClient): RedisScripts {
  if (typeof (client as Partial<IoRedisClient> | null)?.callBuffer === "function") {
    const redis = client as IoRedisClient;
    return {
      run: (script, keys, args) => {
        const given = [keys.length, ...keys, ...args.map(bytes)];
        return knownOrNew(
          () => redis.callBuffer("EVALSHA", [digest(script), ...given]),
          () => redis.callBuffer("EVAL", [script, ...given]),
        );
      },
    };
  }
  if (typeof (client as Partial<NodeRedisClient> | null)?.withTypeMapping === "function") {
    const redis = (client as NodeRedisClient).withTypeMapping({ [BLOB_STRING]: Buffer });
    return {
      run: (script, keys, args) => {
        const given = { keys: [...keys], arguments: args.map(bytes) };
        return knownOrNew(
          () => redis.evalSha(digest(script), given),
          () => redis.eval(script, given),
        );
      },
    };
  }
  throw new ConfigError("client", shown(client), "a client of ioredis, or of node-redis (redis 5 or later)");
}

/** The scripts of every server that holds keys of its own: a Cluster's primaries, or the only server. */
export async function primariesOver(client: RedisClient): Promise<RedisScripts[]> {
  if ("nodes" in client && typeof client.nodes === "function") {
    // Whatever is answered: before that it has not learned which nodes there are.
    await client.callBuffer("PING", []);
    return client.nodes("master").map(scriptsOver);
  }
  if ("masters" in client && "nodeClient" in client) {
    const cluster = client as NodeRedisCluster;
    const clients = await Promise.all(cluster.masters.map((node) => cluster.nodeClient(node)));
    return clients.map(scriptsOver);
  }
  return [scriptsOver(client)];
}

/** A client for `REDIS_URL`, and how to end it. It connects by itself, and again whenever the server was away. */
export function openRedis(): { client: RedisClient; quit: () => void } {
  const url = fromEnv("REDIS_URL", "an address such as redis://localhost:6379");
  const [name, module] = firstInstalled(["ioredis", "redis"]);
  if (name === "ioredis") {
    const { Redis } = module as { Redis: new (url: string) => IoRedisClient & Connection & { disconnect(): void } };
    const client = new Redis(url);
    client.on("error", ignore);
    return { client, quit: () => client.disconnect() };
  }
  const { createClient } = module as { createClient(options: object): NodeRedisClient & Connection & Connecting };
  const client = createClient({ url });
  client.on("error", ignore);
  client.connect().catch(ignore);
  return { client, quit: () => client.destroy() };
}

interface Connection {
  on(event: "error", listen: () => void): unknown;
}

interface Connecting {
  connect(): Promise<unknown>;
  destroy(): void;
}

/** A lost connection shows in the operation that wanted it. */
const ignore = (): void => {};

/** A server that was restarted, or took over, knows no script; it learns this one by running it. */
async function knownOrNew(bySha: () => Promise<unknown>, whole: () => Promise<unknown>): Promise<RedisReply> {
  try {
    return (await bySha()) as RedisReply;
  } catch (error) {
    if (!(error instanceof Error && error.message.startsWith("NOSCRIPT"))) throw error;
    return (await whole()) as RedisReply;
  }
}

const digests = new Map<string, string>();

function digest(script: string): string {
  const known = digests.get(script);
  if (known !== undefined) return known;
  const sha = createHash("sha1").update(script).digest("hex");
  digests.set(script, sha);
  return sha;
}

function bytes(value: RedisArgument): string | Buffer {
  if (typeof value !== "object") return String(value);
  return Buffer.isBuffer(value) ? value : Buffer.from(value.buffer, value.byteOffset, value.byteLength);
}
