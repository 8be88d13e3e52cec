// A store on a server, but for the connection: core turns an operation into a request and a server's answer into a reply.

import type { Clock } from "@once-again/driver/clock";
import { OnceAgainError } from "@once-again/driver/errors";
import { Machine } from "@once-again/driver/machine";
import { readAnswer, specText } from "@once-again/driver/spec";
import { opText, replyOf, type StoreOp, type StoreReply } from "@once-again/driver/store/store";
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

/** Carries operations to one server. */
export class Dialect {
  readonly #machine: Machine;
  readonly #send: Send;
  readonly #clock: Clock | undefined;
  #checking: Promise<unknown> | undefined;

  /** `clock` takes the place of the server's own clock. */
  constructor(name: string, config: object, clock: Clock | undefined, send: Send) {
    const { handle } = readAnswer<{ handle: number }>(native.dialectOpen(name, specText(config)));
    this.#machine = new Machine(this, handle, native.dialectClose);
    this.#send = send;
    this.#clock = clock;
  }

  /** Applies one operation, over `send` where the store's own connection will not do. */
  async apply(op: StoreOp, send: Send = this.#send): Promise<StoreReply> {
    const now = this.#clock?.wallNow() ?? null;
    const { text, args, reply } = native.dialectRequest(this.#open(), now, opText(op), op.payload);
    if (text === undefined) return replyOf(reply as string, native.takePayload());
    const answer = await reached(send({ text, args: args as Cell[] }));
    this.#checking ??= this.#checkOnce();
    const told = native.dialectReply(this.#open(), answer?.map(cell));
    return replyOf(told, native.takePayload());
  }

  /** Asks the server about itself; answers what endangers records. */
  async check(): Promise<readonly string[]> {
    const { text, args } = native.dialectHealth(this.#open()) as { text: string; args: Cell[] };
    const answer = await reached(this.#send({ text, args }));
    return JSON.parse(native.dialectWarnings(this.#open(), answer?.map(cell))) as string[];
  }

  close(): void {
    this.#machine.free();
  }

  /** Beside the first operation: an operator learns of a dangerous setting without asking. */
  async #checkOnce(): Promise<void> {
    try {
      (await this.check()).forEach(warnOnce);
    } catch {
      // A server that does not let itself be asked is no reason to warn.
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
