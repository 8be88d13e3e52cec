// A store on a server, but for the connection: core turns an operation into a request and a server's answer into a reply.

import type { Clock } from "@once-again/driver/clock";
import { ConfigError, OnceAgainError } from "@once-again/driver/errors";
import { Machine } from "@once-again/driver/machine";
import { readAnswer, specText } from "@once-again/driver/spec";
import {
  opText,
  readable,
  replyOf,
  type StoreOp,
  type StoreReply,
  type StoreUsage,
} from "@once-again/driver/store/store";
import type { DialectRequest } from "../../native/index.js";
import { native } from "../native.js";

/** A value of a command, and what a server's answer is made of. */
export type Cell = null | number | string | Uint8Array;

/** SQL or a script, and one value for each placeholder. */
export interface Command {
  readonly text: string;
  readonly args: readonly Cell[];
}

/** Sends one command; answers a script's list, or a query's only row, or undefined when there is no row. */
export type Send = (command: Command) => Promise<readonly unknown[] | undefined>;

/** Sends one command; answers all of a query's rows. */
export type SendMany = (command: Command) => Promise<readonly (readonly unknown[])[]>;

interface Page extends StoreUsage {
  readonly next?: string;
}

/** Carries operations to one server. */
export class Dialect {
  readonly #machine: Machine;
  readonly #send: Send;
  readonly #clock: Clock | undefined;
  #checked = false;

  /** `clock` takes the place of the server's own clock. */
  constructor(name: string, config: object, clock: Clock | undefined, send: Send) {
    const { handle } = readAnswer<{ handle: number }>(native.dialectOpen(name, specText(config)));
    this.#machine = new Machine(this, handle, native.dialectClose);
    this.#send = send;
    this.#clock = clock;
  }

  /** Applies one operation; over `send` where the store's own connection will not do. */
  async apply(op: StoreOp, send: Send = this.#send): Promise<StoreReply> {
    const request = native.dialectRequest(this.#open(), this.#clock?.wallNow(), opText(op), op.payload);
    if (request.reply !== undefined) return replyOf(request.reply, native.takePayload());
    const asked = reached(send(request as Command));
    void this.#checkOnce();
    const answer = await asked;
    const reply = native.dialectReply(this.#open(), answer?.map(cell));
    return replyOf(reply, native.takePayload());
  }

  /** Applies many claims, in one round trip for each thousand; undefined for anything but claims. */
  beginMany(ops: readonly StoreOp[], send: SendMany): Promise<StoreReply[]> | undefined {
    const commands = native.dialectBeginMany(this.#open(), this.#clock?.wallNow(), ops.map(opText));
    return commands === null ? undefined : this.#sendMany(commands as Command[], send);
  }

  async #sendMany(commands: readonly Command[], send: SendMany): Promise<StoreReply[]> {
    const replies: StoreReply[] = [];
    for (const command of commands) {
      for (const row of await reached(send(command))) {
        replies.push(replyOf(native.dialectReply(this.#open(), row.map(cell)), native.takePayload()));
      }
    }
    return replies;
  }

  /** Makes what the server must have, or brings it up to date. */
  async install(): Promise<void> {
    const command = native.dialectInstall(this.#open());
    if (command !== null) await reached(this.#send(command as Command));
  }

  /** Asks the server about itself: what endangers records; rejects when it can keep none. */
  async check(): Promise<readonly string[]> {
    const answer = await reached(this.#send(native.dialectHealth(this.#open()) as DialectRequest & Command));
    return readAnswer<string[]>(native.dialectDiagnose(this.#open(), answer?.map(cell)));
  }

  /** Counts what is alive, on each of `servers`, page by page. */
  async usage(servers: readonly Send[]): Promise<StoreUsage> {
    let [records, bytes] = [0, 0];
    for (const send of servers) {
      for (let next: string | undefined = "0"; next !== undefined; ) {
        const command = native.dialectUsage(this.#open(), this.#clock?.wallNow(), next) as DialectRequest & Command;
        const answer = await reached(send(command));
        const page: Page = readable<Page>(native.dialectCounted(this.#open(), answer?.map(cell)));
        records += page.records;
        bytes += page.bytes;
        next = page.next;
      }
    }
    return { records, bytes };
  }

  close(): void {
    this.#machine.free();
  }

  /** Beside the first operation: an operator learns of a dangerous setting, or a missing schema, without asking. */
  async #checkOnce(): Promise<void> {
    if (this.#checked) return;
    this.#checked = true;
    try {
      for (const warning of await this.check()) warnOnce(warning);
    } catch (error) {
      if (error instanceof ConfigError) warnOnce(error.message);
      // A server that is away, or does not let itself be asked, is no reason to warn.
    }
  }

  #open(): number {
    const { handle } = this.#machine;
    if (handle === 0) throw new OnceAgainError("STORE_UNAVAILABLE", "the store was closed");
    return handle;
  }
}

const warned = new Set<string>();

function warnOnce(warning: string): void {
  if (warned.has(warning)) return;
  warned.add(warning);
  process.emitWarning(warning, { code: "ONCE_AGAIN_STORE" });
}

async function reached<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (cause) {
    throw new OnceAgainError("STORE_UNAVAILABLE", "the store's server did not do what it was asked", { cause });
  }
}

/** A client may have been told to answer large numbers as bigint; every number of a record is below 2^53. */
function cell(value: unknown): Cell {
  return typeof value === "bigint" ? Number(value) : ((value ?? null) as Cell);
}
