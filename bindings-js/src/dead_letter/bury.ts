// What becomes of a call that core says is a dead letter.

import { newId } from "../id.js";
import { observe } from "../observe.js";
import type { Plan } from "../retry/plan.js";
import type { Story } from "../retry/story.js";
import type { ErrorKind, ExecuteOptions } from "../retry/types.js";
import { type DeadLetter, errorOf, isJson, payloadOf } from "./letter.js";

/** A call at its end. */
export interface Ended {
  readonly name: string;
  readonly attempts: number;
  /** Milliseconds since the call began. */
  readonly elapsed: number;
  readonly error: unknown;
  readonly kind: ErrorKind;
  readonly options: ExecuteOptions;
  readonly story: Story;
}

/** Hands the call to whoever asked for dead letters. Nothing of that may hide the call's own failure. */
export function bury(plan: Plan, ended: Ended): void {
  const { deadLetterHandler } = plan.hooks;
  const { letters, journal } = plan;
  if (deadLetterHandler === undefined && letters === undefined) return;
  const { name, attempts, error, kind, options, story } = ended;
  const metadata = options.metadata === undefined ? plan.tags : { ...plan.tags, ...options.metadata };
  story.report("dead_letter", attempts, error, kind);
  if (deadLetterHandler !== undefined) {
    observe((failure) => deadLetterHandler(name, failure, attempts, metadata), error);
  }
  if (letters !== undefined) letters.bury(letterOf(plan, ended, metadata), journal);
}

function letterOf(plan: Plan, { name, attempts, elapsed, error, kind, options }: Ended, metadata: object): DeadLetter {
  const lastAt = plan.clock.wallNow();
  return {
    id: newId(),
    operation: name,
    type: plan.config.operationType ?? "unknown",
    error: errorOf(error, kind),
    attempts,
    firstAt: Math.floor(lastAt - elapsed),
    lastAt: Math.floor(lastAt),
    tags: plan.tags,
    metadata: Object.fromEntries(Object.entries(metadata).filter(([, value]) => isJson(value))),
    ...(options.key === undefined ? {} : { key: options.key }),
    ...payloadOf(options.payload),
  };
}
