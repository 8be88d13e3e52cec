// What is told of one call, to the log and to the active span. It belongs to that call alone.

import type { LogLevel, LogLine } from "./log.js";
import type { Plan } from "./plan.js";
import { noteOnSpan, type TraceOptions, traceIdOf } from "./trace.js";
import type { ErrorKind } from "./types.js";

export class Story {
  readonly #plan: Plan;
  readonly #operation: string;
  readonly #options: TraceOptions;
  #traceId: string | undefined;

  constructor(plan: Plan, operation: string, options: TraceOptions) {
    this.#plan = plan;
    this.#operation = operation;
    this.#options = options;
  }

  /** One for the whole call; looked up when it is first needed. */
  get traceId(): string {
    this.#traceId ??= traceIdOf(this.#options);
    return this.#traceId;
  }

  attempt(attempt: number): void {
    this.#write("debug", "attempt", { attempt });
  }

  /** An attempt failed; `delay` is how long the next one waits, milliseconds, when there is one. */
  failed(attempt: number, failure: unknown, kind: ErrorKind, delay: number | undefined): void {
    const seconds = delay === undefined ? null : delay / 1_000;
    noteOnSpan(attempt, kind, seconds);
    const { journal } = this.#plan;
    if (journal === undefined) return;
    const error = journal.errorText(failure, kind);
    if (kind === "Unknown" && journal.puzzled(this.#operation)) {
      this.#write("warning", "unknown_error", { attempt, error });
    }
    this.#write("debug", "classified", { attempt, error });
    if (seconds === null) return;
    this.#write("debug", "backoff", { attempt, delay: seconds });
    this.#write("warning", "retry", { attempt, delay: seconds, error });
  }

  succeeded(attempt: number): void {
    if (attempt > 1) this.#write("info", "success_after_retry", { attempt });
  }

  /** Something that an operator should know: the call was given up, or what belongs to it went wrong. */
  report(event: string, attempt: number, failure: unknown, kind: ErrorKind): void {
    const { journal } = this.#plan;
    if (journal !== undefined) this.#write("error", event, { attempt, error: journal.errorText(failure, kind) });
  }

  #write(level: LogLevel, event: string, said: Partial<LogLine>): void {
    const { journal } = this.#plan;
    if (journal !== undefined) {
      journal.write(level, event, { operation: this.#operation, trace_id: this.traceId, ...said });
    }
  }
}
