// Which requests get an idempotency key of their own. Core reads the options; this file applies them to a request.

import { core } from "../binding.js";
import { newId } from "../id.js";
import { readAnswer, specText } from "../spec.js";
import type { Repeatable } from "./request.js";

/** How writes get their idempotency key. */
export interface FetchIdempotency {
  /** Methods that get a key. Default POST, PUT, PATCH. */
  methods?: readonly string[];
  /** The header that carries it. Default `Idempotency-Key`. */
  headerName?: string;
  /**
   * Other origins that know the key; the page's own always gets one. A key makes a cross-origin request preflighted, and an
   * unaware server would run a repeated write twice.
   */
  keyOrigins?: readonly string[];
  /** Whether keys are made at all; one that the caller sets is always kept. Default true. */
  autoKey?: boolean;
}

/** Core's reading of the options. */
export interface KeyRules {
  readonly methods: readonly string[];
  readonly headerName: string;
  readonly keyOrigins: readonly string[];
  readonly autoKey: boolean;
}

/** @throws ConfigError when an option is unknown or wrong. */
export function keyRules(options: FetchIdempotency | undefined): KeyRules {
  return readAnswer<KeyRules>(core.clientKeys(specText(options ?? {}), "idempotency."));
}

/** The request's own key; one is made where `everywhere` it may, or its origin knows keys. Undefined: it goes without. */
export function keyOf(
  request: Pick<Repeatable, "url" | "method" | "headers" | "mode">,
  rules: KeyRules,
  everywhere = false,
): string | undefined {
  const { headerName, methods, autoKey } = rules;
  // Browsers send no header of ours in this mode, and say nothing: what looked keyed would be repeated without its key.
  if (request.mode === "no-cors") return undefined;
  const given = request.headers.get(headerName);
  if (given !== null) return given;
  if (!autoKey || !methods.includes(request.method)) return undefined;
  if (!everywhere && !knowsKeys(new URL(request.url).origin, rules)) return undefined;
  const key = newId();
  request.headers.set(headerName, key);
  return key;
}

function knowsKeys(origin: string, { keyOrigins }: KeyRules): boolean {
  return origin === (globalThis as { location?: { origin?: string } }).location?.origin || keyOrigins.includes(origin);
}
