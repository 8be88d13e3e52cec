// The kinds of failure by core's numbers.

import { core } from "../binding.js";
import { readAnswer, specText } from "../spec.js";
import { signalsText } from "./signals.js";
import type { ErrorKind } from "./types.js";

/** The bits of core's verdict that say what kind of failure it was, and those kinds by number. */
const KIND_BITS = 0b1111;
const KINDS: readonly ErrorKind[] = [
  "Unknown",
  "Transient",
  "Permanent",
  "Timeout",
  "RateLimit",
  "CircuitBreaker",
  "Network",
  "Server",
  "Client",
  "Unknown",
];

/** What kind of failure a verdict speaks of. */
export function kindOf(verdict: number): ErrorKind {
  return KINDS[verdict & KIND_BITS] ?? "Unknown";
}

/** A policy that lives as long as this thread, to ask for kinds where no other is at hand. */
let standard: number | undefined;

/** What kind of failure an error is. */
export function kindOfError(error: unknown): ErrorKind {
  standard ??= readAnswer<{ readonly handle: number }>(core.retryOpen(specText("q.standard"), "q.standard")).handle;
  return kindOf(core.retryJudge(standard, signalsText(error)));
}
