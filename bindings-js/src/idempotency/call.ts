// One call of an idempotent function: the run's answers as values and errors.

import { core } from "../binding.js";
import type { StoreOp } from "../store/store.js";
import { type Refused, readError, refusalError } from "./result.js";
import { type Action, Run, withPayload } from "./run.js";

/** How another run of the call ended; `text` is its result. */
export type Ended =
  | { readonly how: "returned"; readonly text: string }
  /** It threw this, or there is no end to tell of. */
  | { readonly how: "failed"; readonly error: Error };

interface FunctionAction extends Action {
  readonly result?: { readonly how: "returned" | "threw" | "uncertain" } | Refused;
}

/** What takes the place of a call whose function does not run. */
export type Instead = { readonly action: "ended" } & Ended;

/** How the record was left. */
export interface Settled {
  /** The outcome that stands instead of this call's. */
  readonly instead: Ended | undefined;
  /** Whether the store has said so. */
  readonly confirmed: boolean;
}

/** `begin`, and when that answered `execute`, `returned` or `threw`. */
export class FunctionRun extends Run<FunctionAction, Instead, Settled> {
  /** `text` is undefined when the result cannot be replayed. */
  returned(text: string | undefined): Settled | Promise<Settled> {
    return this.finish((now, draw) => core.actionEnded(this.handle, now, draw, false, text));
  }

  threw(text: string): Settled | Promise<Settled> {
    return this.finish((now, draw) => core.actionEnded(this.handle, now, draw, true, text));
  }

  /** The operation that completes this run inside the caller's own transaction; undefined when it holds no claim. */
  completion(text: string | undefined): StoreOp | undefined {
    const op = JSON.parse(core.actionCompletion(this.handle, text)) as StoreOp | null;
    return op === null ? undefined : withPayload(op, core.takePayload());
  }

  protected instead({ result }: FunctionAction, payload: Uint8Array | null): Instead {
    return { action: "ended", ...(ended(result, payload) as Ended) };
  }

  protected settledBy({ action, result }: FunctionAction, payload: Uint8Array | null): Settled {
    return { instead: ended(result, payload), confirmed: action === "settled" && result?.how !== "uncertain" };
  }
}

function ended(result: FunctionAction["result"], payload: Uint8Array | null): Ended | undefined {
  switch (result?.how) {
    case "returned":
      return { how: "returned", text: textOf(payload) };
    case "threw":
      return { how: "failed", error: readError(textOf(payload)) };
    case "refused":
      return { how: "failed", error: refusalError(result) };
    default:
      return undefined;
  }
}

const textOf = (bytes: Uint8Array | null): string => (bytes === null ? "" : new TextDecoder().decode(bytes));
