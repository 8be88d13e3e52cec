// What stands in front of a handler: decides through core whether a request is guarded, and opens its run.

import { IncomingMessage } from "node:http";
import { type Clock, type Random, systemClock } from "@once-again/driver/clock";
import { ConfigError } from "@once-again/driver/errors";
import { fieldsOf } from "@once-again/driver/host";
import { newOwner } from "@once-again/driver/id";
import type { RunHost } from "@once-again/driver/idempotency/run";
import { type Counted, Counters, type GuardObservers, type GuardStats } from "@once-again/driver/idempotency/stats";
import { Machine } from "@once-again/driver/machine";
import { readAnswer, specText } from "@once-again/driver/spec";
import type { Local } from "@once-again/driver/store/local";
import { localOf, MemoryStore, type MemoryStoreOptions } from "@once-again/driver/store/memory";
import { asStore, type IdempotencyStore } from "@once-again/driver/store/simple";
import type { Store } from "@once-again/driver/store/store";
import { native } from "../native.js";
import { answerOf, type Beginning, type First, type HttpAction, HttpRun, type Instead } from "./run.js";

/**
 * Options of `idempotencyMiddleware`; all are optional. Durations are milliseconds, except `ttl`, which is seconds.
 * `Request` is the request type of the host's framework.
 */
export interface IdempotencyOptions<Request = unknown> extends GuardObservers {
  /** The header that carries the key. Default `Idempotency-Key`. */
  headerName?: string;
  /** How long an answer is kept, in **seconds**. Default 86 400 (24 hours). */
  ttl?: number;
  /** The same as `ttl`, in milliseconds. */
  ttlMs?: number;
  /** Methods that are guarded. Default POST, PUT, PATCH. */
  methods?: readonly string[];
  /** Where records live: a store, or a plain `{ get, set, delete }`. Default: a {@link MemoryStore} of its own. */
  store?: Store | IdempotencyStore;
  /** A request without a key: `derive` one that catches double clicks (default), `pass` it on, or `require` a key (400). */
  missingKey?: "derive" | "pass" | "require";
  /** How long a derived key lives, milliseconds. Default 30 000. */
  derivedWindow?: number;
  /** A second request while the first one runs: `reject` with 409 (default), or wait for its answer. */
  conflict?: "reject" | { wait: number };
  /** How long a silent owner keeps its claim, milliseconds. Default 60 000; renewed while the handler runs. */
  lease?: number;
  /** Who the caller is, when keys of different callers must never meet. */
  principal?(request: Request): string | undefined | null;
  /** Cookies that identify the caller. */
  principalCookies?: readonly string[];
  /** A claim whose owner fell silent: run again (`reexecute`, default) or refuse for good (`fail`). */
  onOrphan?: "reexecute" | "fail";
  /**
   * What a 5xx answer becomes: `retry` runs the next request again (default), `keep` replays it, `forget` frees the key also
   * for another request, `unknown` lets nothing run under it until an operator resolves it.
   */
  on5xx?: "retry" | "keep" | "forget" | "unknown";
  /** The largest answer that is kept, bytes. Default 1 MiB; larger ones pass through and are recorded without body. */
  maxBodyBytes?: number;
  /**
   * The largest request body that is read and compared, bytes, after decoding. Default 10 MiB. A larger one is refused under a
   * key (413); without a key it passes unguarded.
   */
  maxRequestBytes?: number;
  /** A named set of rules: `stripe_v1` keeps 5xx, `success_only` keeps 2xx and 3xx only, `at_most_once` never runs twice. */
  profile?: "default" | "stripe_v1" | "success_only" | "at_most_once";
  /** A namespace for keys in a store that several applications share. */
  keyPrefix?: string;
  /** Whether a store that cannot be reached lets requests through unprotected. Default false: 503. */
  failOpen?: boolean;
  /** How long one store operation may take, milliseconds. Default 2 000. */
  storeTimeout?: number;
  /** How long a claim is renewed at the most, milliseconds. Default 600 000. */
  maxRun?: number;
  /** How often the claim is renewed, milliseconds. Default a third of the lease. */
  renewEvery?: number;
  /** How many times in a record's life a silent owner may be replaced; then its outcome counts as unknown. Default 5. */
  maxTakeovers?: number;
  /** How long an answer waits for its record, milliseconds; then it leaves, marked. Default 5 000. */
  completeTimeout?: number;
  /** After this long the handler's signal fires, milliseconds. Default: never. The handler decides what to do about it. */
  handlerTimeout?: number;
  /** Fields of a JSON body that alone count, or that do not count, as JSON Pointers, and headers that count besides. */
  fingerprint?: { include?: readonly string[]; exclude?: readonly string[]; headers?: readonly string[] };
  /** Headers that are part of the fingerprint. */
  fingerprintHeaders?: readonly string[];
  /** Whether the body is part of the fingerprint. Default true. */
  includeBodyInFingerprint?: boolean;
  /** Bounds of the memory store that is made when no `store` is given: the most records. */
  maxRecords?: number;
  /** The same, in bytes. Default 256 MiB. */
  maxBytes?: number;
  /** What that store does when it is full. */
  whenFull?: "refuse" | "evictCompleted";
  /** Adds the replay headers to `Access-Control-Expose-Headers`. */
  exposeHeaders?: boolean;
  clock?: Clock;
  random?: Random;
}

/** A request's head, as far as core asked for it. */
export interface RequestHead {
  readonly method: string;
  /** Path and query as they stand on the request line. */
  readonly target: string;
  /** The wanted headers: names and values in turn, a line feed between each and the next. */
  readonly lines: string;
  readonly principal?: string | undefined;
  readonly remote: string;
}

/** What becomes of a request. */
export type Examined =
  | { readonly action: "pass" | "needBody" }
  | Instead
  | { readonly action: "guard"; readonly run: HttpRun; readonly beginning: Beginning | Promise<Beginning> };

interface Opened {
  readonly handle: number;
  readonly methods: readonly string[];
  readonly wantedHeaders: readonly string[];
  readonly maxBodyBytes: number;
  readonly maxRequestBytes: number;
  /** Milliseconds. */
  readonly handlerTimeout: number | null;
  /** The bounds of the store that is made when none is given. */
  readonly memory: MemoryStoreOptions;
}

/** A run's first action, unless the request is none of ours, or its body must be read first. */
type Looked = Omit<First, "action"> & { readonly action: First["action"] | "pass" | "needBody" };

/** Nothing that stands in the options' place by mistake: it would say nothing, and be taken for none given. */
function checked<Options extends object>(options: Options): Options {
  const given: { apply?: unknown } = fieldsOf(options, "options");
  const expected = "an object of options, such as { store }";
  if (typeof given.apply === "function") throw new ConfigError("options", "a store", expected);
  if (given instanceof IncomingMessage) throw new ConfigError("options", "a request", expected);
  return options;
}

/** One configured guard, for the life of the server. */
export class Guard<Request = unknown> implements Counted {
  readonly #machine: Machine;
  readonly #opened: Opened;
  readonly #methods: ReadonlySet<string>;
  readonly #host: RunHost;
  readonly principal: ((request: Request) => string | undefined | null) | undefined;

  constructor(options: IdempotencyOptions<Request> = {}) {
    const { store, principal, clock = systemClock, random = Math.random, ...rest } = checked(options);
    const { onUnprotected, onLostCompletion, ...config } = rest;
    const counters = new Counters({ onUnprotected, onLostCompletion });
    this.#opened = readAnswer<Opened>(native.httpOpen(specText({ ...config, principal })));
    this.#machine = new Machine(this, this.#opened.handle, native.httpClose);
    this.#methods = new Set(this.#opened.methods);
    const own = store === undefined ? new MemoryStore({ ...this.#opened.memory, clock }) : asStore(store, clock);
    this.#host = { store: own, clock, random, handlerTimeout: this.#opened.handlerTimeout, holds: false, counters };
    this.principal = principal;
  }

  get store(): Store {
    return this.#host.store;
  }

  stats(): GuardStats {
    return this.#host.counters.stats();
  }

  /** Whether requests of this method are looked at; the others are none of our business. */
  guards(method: string): boolean {
    return this.#methods.has(method);
  }

  /** The headers that `examine` wants to see, in lower case. */
  get wantedHeaders(): readonly string[] {
    return this.#opened.wantedHeaders;
  }

  get maxBodyBytes(): number {
    return this.#opened.maxBodyBytes;
  }

  get maxRequestBytes(): number {
    return this.#opened.maxRequestBytes;
  }

  /** Reads key, fingerprint and caller off a request and begins its run; `needBody` when core must see the body first. */
  examine({ method, target, lines, principal, remote }: RequestHead, body?: Uint8Array): Examined {
    const { clock, random, store } = this.#host;
    const local = localOf(store);
    const [now, draw, wall, owner] = [clock.now(), random(), local?.wallNow() ?? 0, newOwner()];
    const { handle } = this.#machine;
    const said = native.httpBegin(
      handle,
      method,
      target,
      lines,
      principal,
      remote,
      body,
      owner,
      now,
      draw,
      wall,
      local?.handle,
    );
    return said.startsWith("{") ? this.#told(JSON.parse(said) as Looked, local, now) : this.#heard(said, local, now);
  }

  #told(looked: Looked, local: Local | undefined, now: number): Examined {
    const { action } = looked;
    if (action === "needBody") return { action };
    if (action === undefined || action === "pass") return { action: "pass" };
    local?.began();
    const payload = looked.bytes === true ? (native.takePayload() ?? null) : null;
    const { run: handle, key = "", marks } = looked;
    // Without a run that goes on, this was its last word.
    if (handle === undefined) {
      // What no run has said was refused before it was an operation.
      if (looked.duplicate !== undefined) this.#over(action === "replay", looked.duplicate, now);
      return { action: action as Instead["action"], ...answerOf(looked, payload) };
    }
    const run = new HttpRun(handle, key, marks?.flat(), this.#host, local);
    return { action: "guard", run, beginning: run.start({ ...looked, action }, payload, now) };
  }

  /** What every request comes to, core tells in lines. */
  #heard(said: string, local: Local | undefined, now: number): Examined {
    local?.began();
    const words = said.split("\n");
    if (words[0] === "replay") {
      const body = native.takePayload() ?? new Uint8Array(0);
      this.#over(true, true, now);
      return { action: "replay", status: Number(words[1]), lines: words.slice(2), body };
    }
    const [, handle, deadline, epoch, attempts, key = ""] = words;
    const run = new HttpRun(Number(handle), key, words.slice(6), this.#host, local);
    const first: HttpAction = {
      action: "execute",
      deadline: Number(deadline),
      epoch: Number(epoch),
      attempts: Number(attempts),
    };
    return { action: "guard", run, beginning: run.start(first, null, now) };
  }

  /** Counts an operation whose first word was its last. */
  #over(isReplay: boolean, isDuplicate: boolean, began: number): void {
    const { counters, clock } = this.#host;
    counters.began();
    counters.instead(isReplay, isDuplicate);
    counters.ended(clock.now() - began);
  }
}
