// `IdempotencyManager` of the Q ecosystem: duplicate detection and response caching for whoever does not use a middleware.

import { core } from "../binding.js";
import { after, type Clock, systemClock } from "../clock.js";
import { OnceAgainError } from "../errors.js";
import { fingerprint } from "../fingerprint.js";
import { checkClock, fieldsOf } from "../host.js";
import { newId } from "../id.js";
import { readAnswer, specText } from "../spec.js";
import { MemoryStore } from "../store/memory.js";
import { asStore, type IdempotencyStore } from "../store/simple.js";
import { readable, type Store, type StoreOp, type StoreReply } from "../store/store.js";
import { isThenable } from "../thenable.js";

/** Options of an {@link IdempotencyManager}; durations are milliseconds. */
export interface IdempotencyManagerOptions {
  /** How long a record is kept. Default 24 hours. */
  defaultTtl?: number;
  /** The most records that are held at once; a full manager refuses new work. Default 10 000. */
  maxRecords?: number;
  /** How often expired records are swept. Default 5 minutes. */
  cleanupInterval?: number;
  /** Whether the body is part of a fingerprint. Default true. */
  includeBodyInFingerprint?: boolean;
  /** Headers that are part of a fingerprint. Default none. */
  fingerprintHeaders?: readonly string[];
  /** Where records live. Default: in memory, bounded by `maxRecords`. */
  store?: Store | IdempotencyStore;
  /** How long the store may take for one operation; then it counts as unavailable. Default 2 000. */
  storeTimeout?: number;
  clock?: Clock;
}

/** What is known about a key. */
export interface IdempotencyRecord {
  readonly key: string;
  readonly fingerprint: string;
  readonly state: "inProgress" | "completed" | "unknown";
  /** The stored response, once there is one. */
  readonly response?: unknown;
  /** When the first call came, milliseconds since the Unix epoch; absent while it is still running elsewhere. */
  readonly createdAt?: number;
}

/** The answer of {@link IdempotencyManager.checkDuplicate}. */
export interface DuplicateCheck {
  readonly isDuplicate: boolean;
  readonly record: IdempotencyRecord;
}

/** Microseconds in a millisecond: core counts in the former. */
const MICROS = 1_000;

/** Times are microseconds. */
interface Settings {
  readonly retention: number;
  readonly maxRecords: number;
  readonly cleanupInterval: number;
  readonly includeBody: boolean;
  readonly fingerprintHeaders: readonly string[];
  readonly storeTimeout: number;
}

interface Claim {
  readonly key: string;
  readonly owner: string;
  readonly epoch: number;
  readonly fingerprint: string;
  readonly since: number;
}

/** What core reads in an encoded record. */
interface Described extends Pick<IdempotencyRecord, "fingerprint" | "state" | "createdAt"> {
  /** JSON text. */
  readonly response?: string;
}

/** Claims keys, remembers the responses of finished calls, and recognises a duplicate. */
export class IdempotencyManager {
  readonly #settings: Settings;
  readonly #store: Store;
  readonly #clock: Clock;
  /** The claims this manager holds, by the caller's key. */
  readonly #claims = new Map<string, Claim>();
  #operations = 0;
  #duplicates = 0;

  constructor(options: IdempotencyManagerOptions = {}) {
    const { store, clock = systemClock, ...config } = fieldsOf(options, "options");
    checkClock(clock);
    this.#settings = readAnswer<Settings>(core.managerConfig(specText(config)));
    this.#clock = clock;
    const { maxRecords, cleanupInterval } = this.#settings;
    const memory = { maxRecords, cleanupInterval: cleanupInterval / MICROS, clock };
    this.#store = store === undefined ? new MemoryStore(memory) : asStore(store, clock);
  }

  /** A new random key: a version 4 UUID. */
  generateIdempotencyKey(): string {
    return newId();
  }

  /** The fingerprint of a request: equal for equal content, whatever the order of its keys. */
  createRequestFingerprint(
    method: string,
    url: string,
    headers: Readonly<Record<string, string | readonly string[] | undefined>> = {},
    body?: unknown,
  ): string {
    const [path = "", query = ""] = url.split(/\?(.*)/s);
    const selected: Record<string, string> = {};
    for (const name of this.#settings.fingerprintHeaders) {
      const given = Object.keys(headers).find((key) => key.toLowerCase() === name);
      const value = given === undefined ? undefined : headers[given];
      if (value !== undefined) selected[name] = typeof value === "string" ? value : value.join(", ");
    }
    return fingerprint(body ?? null, {
      method,
      path,
      query,
      headers: selected,
      includeBody: this.#settings.includeBody,
    });
  }

  /**
   * Claims `key`. The first call answers `isDuplicate: false`, and the claim is the caller's until `storeResponse` or
   * `release`; every later call within `defaultTtl` answers `isDuplicate: true`.
   * @throws {OnceAgainError} IDEMPOTENCY_KEY_REUSED when the key came with another fingerprint, STORE_FULL when `maxRecords`
   * records are alive, STORE_UNAVAILABLE when the store does not answer in time.
   */
  async checkDuplicate(key: string, fingerprint: string): Promise<DuplicateCheck> {
    const id = this.#recordKey(key);
    const owner = hex(crypto.getRandomValues(new Uint8Array(16)));
    const reply = await this.#ask({
      op: "begin",
      key: id,
      owner,
      fingerprint: checkedFingerprint(fingerprint),
      caller: null,
      lease: null,
      retention: this.#settings.retention,
      onOrphan: "fail",
      maxTakeovers: 0,
      derived: false,
    });
    this.#operations += 1;
    if (reply.reply === "acquired") {
      const since = this.#clock.wallNow();
      this.#forgetExpired(since);
      this.#claims.set(key, { key: id, owner, epoch: reply.epoch, fingerprint, since });
      return { isDuplicate: false, record: { key, fingerprint, state: "inProgress", createdAt: since } };
    }
    const record = duplicateOf(key, fingerprint, reply);
    this.#duplicates += 1;
    return { isDuplicate: true, record };
  }

  /** Records the response of a call that `checkDuplicate` has let run; JSON values are kept. */
  async storeResponse(key: string, response: unknown): Promise<void> {
    const claim = this.#claimOf(key);
    const outcome = core.encodeResult(JSON.stringify(response ?? null));
    const { owner, epoch, key: id } = claim;
    const reply = await this.#ask({
      op: "complete",
      key: id,
      owner,
      epoch,
      retention: this.#settings.retention,
      payload: outcome,
    });
    this.#claims.delete(key);
    if (reply.reply !== "completed")
      throw new OnceAgainError("IDEMPOTENCY_IN_PROGRESS", "the claim on this key was lost before its response came");
  }

  /** Gives the claim up: the next call with this key runs. */
  async release(key: string): Promise<void> {
    const { owner, epoch, key: id } = this.#claimOf(key);
    await this.#ask({ op: "release", key: id, owner, epoch, mode: "forget" });
    this.#claims.delete(key);
  }

  /** What is known about `key`, without claiming it; undefined when nothing is. */
  async peek(key: string): Promise<IdempotencyRecord | undefined> {
    const reply = await this.#ask({ op: "get", key: this.#recordKey(key) });
    if (reply.reply !== "found" || reply.payload === undefined) return undefined;
    const { response, ...rest } = readable<Described>(core.describeRecord(reply.payload));
    return { key, ...rest, ...(response === undefined ? {} : { response: JSON.parse(response) as unknown }) };
  }

  /** How often `checkDuplicate` was asked, and how often it found a duplicate. */
  getStats(): { totalOperations: number; duplicates: number; duplicateRate: number; active: number } {
    const [totalOperations, duplicates] = [this.#operations, this.#duplicates];
    return {
      totalOperations,
      duplicates,
      duplicateRate: totalOperations === 0 ? 0 : duplicates / totalOperations,
      active: this.#claims.size,
    };
  }

  /** Forgets what is in memory and stops the sweep. */
  async close(): Promise<void> {
    await this.#store.close?.();
    this.#claims.clear();
  }

  /** Asks the store, for as long as it may take: some clients wait for ever for a server that is away. */
  #ask(op: StoreOp): StoreReply | Promise<StoreReply> {
    const answer = this.#store.apply(op);
    if (!isThenable(answer)) return answer;
    const limit = this.#settings.storeTimeout / MICROS;
    return new Promise((resolve, reject) => {
      let late = false;
      const callOff = after(this.#clock, limit, () => {
        late = true;
        reject(new OnceAgainError("STORE_UNAVAILABLE", `the store has not answered within ${limit} ms`));
      });
      Promise.resolve(answer).then(
        (reply) => {
          callOff();
          if (late) this.#giveBack(op, reply);
          else resolve(reply);
        },
        (error) => {
          callOff();
          reject(error);
        },
      );
    });
  }

  /** A claim that came too late for its caller must not lock the key until the record expires. */
  #giveBack(op: StoreOp, reply: StoreReply): void {
    if (op.op !== "begin" || reply.reply !== "acquired") return;
    const { key, owner } = op;
    const release: StoreOp = { op: "release", key, owner, epoch: reply.epoch, mode: "forget" };
    // Should that fail as well, the record stays until an operator resolves it or it expires.
    const giveBack = async (): Promise<unknown> => this.#store.apply(release);
    giveBack().catch(() => {});
  }

  /** Claims whose record has expired; the map is in the order of their age. */
  #forgetExpired(now: number): void {
    for (const [key, { since }] of this.#claims) {
      if (since + this.#settings.retention / MICROS > now) break;
      this.#claims.delete(key);
    }
  }

  #recordKey(key: string): string {
    return readAnswer<{ key: string }>(core.recordKey("", "", String(key))).key;
  }

  #claimOf(key: string): Claim {
    const claim = this.#claims.get(key);
    if (claim === undefined) {
      throw new OnceAgainError(
        "IDEMPOTENCY_IN_PROGRESS",
        "no claim on this key: call checkDuplicate first, in this manager",
      );
    }
    return claim;
  }
}

function checkedFingerprint(fingerprint: string): string {
  return readAnswer<{ fingerprint: string }>(core.checkFingerprint(String(fingerprint))).fingerprint;
}

function duplicateOf(key: string, fingerprint: string, reply: StoreReply): IdempotencyRecord {
  switch (reply.reply) {
    case "replay": {
      const text = reply.payload === undefined ? undefined : core.decodeResult(reply.payload);
      const response: unknown = text ? JSON.parse(text) : undefined;
      return { key, fingerprint, state: "completed", response, createdAt: reply.created / MICROS };
    }
    case "busy":
      return { key, fingerprint, state: "inProgress" };
    case "outcomeUnknown":
      return { key, fingerprint, state: "unknown" };
    case "mismatch":
      throw new OnceAgainError("IDEMPOTENCY_KEY_REUSED", "this key was used with another request");
    case "full":
      throw new OnceAgainError("STORE_FULL", "every record is alive and none may be dropped", {
        details: { retryAfter: reply.retryAfter / MICROS },
      });
    default:
      throw new OnceAgainError("STORE_UNAVAILABLE", `the store answered ${reply.reply} to begin`);
  }
}

const hex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
