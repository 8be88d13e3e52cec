import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { api, rejection, testing } from "./package.mjs";

const { idempotent, MemoryStore } = api;
const { virtualClock } = testing;

/** A function that counts how often it ran. */
function counted(work) {
  const counting = (...args) => {
    counting.runs += 1;
    return work(...args, counting.runs);
  };
  counting.runs = 0;
  return counting;
}

const hasNegativeZero = (value) =>
  Object.is(value, -0) || (typeof value === "object" && value !== null && Object.values(value).some(hasNegativeZero));

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe("a function that runs once", () => {
  test("answers what it answered, for the same key", async () => {
    const charge = counted((order, run) => ({ receipt: run, order: order.id }));
    const once = idempotent(charge, { name: "charge", key: (order) => order.id });
    const order = { id: "o-1", amount: 5 };
    assert.deepEqual(await once(order), { receipt: 1, order: "o-1" });
    assert.deepEqual(await once(order), { receipt: 1, order: "o-1" });
    assert.equal(charge.runs, 1);
    assert.deepEqual(await once({ id: "o-2", amount: 5 }), { receipt: 2, order: "o-2" });
  });

  test("says whether it was a replay", async () => {
    const once = idempotent(() => 7, { name: "seven", key: () => "k" });
    const first = await once.execute();
    const second = await once.execute();
    assert.deepEqual([first.output, first.isReplay, first.confirmed], [7, false, true]);
    assert.deepEqual([second.output, second.isReplay, second.confirmed], [7, true, true]);
    assert.equal(first.key, second.key);
    assert.match(first.key, /^[0-9a-f]{64}$/);
  });

  test("goes by its arguments without a key, whatever the order of their names", async () => {
    const work = counted((_, __, run) => run);
    const once = idempotent(work, { name: "content", exclude: ["/0/at"] });
    assert.equal(await once({ a: 1, b: 2, at: 1 }, "x"), 1);
    assert.equal(await once({ b: 2, a: 1, at: 2 }, "x"), 1);
    assert.equal(await once({ a: 1, b: 3 }, "x"), 2);
    assert.equal(await once({ a: 1, b: 2 }, "y"), 3);
  });

  test("refuses a key that comes with other arguments, unless it is a hybrid one", async () => {
    const work = counted((_, run) => run);
    const once = idempotent(work, { name: "strict", key: () => "k" });
    assert.equal(await once({ amount: 1 }), 1);
    const reused = await rejection(once({ amount: 2 }));
    assert.equal(reused.code, "IDEMPOTENCY_KEY_REUSED");
    assert.equal(reused.statusCode, 422);
    const hybrid = idempotent(
      counted((_, run) => run),
      { name: "hybrid", key: () => "k", keyStrategy: "hybrid" },
    );
    assert.deepEqual(
      [await hybrid({ amount: 1 }), await hybrid({ amount: 2 }), await hybrid({ amount: 1 })],
      [1, 2, 1],
    );
  });

  test("is called with its own `this`, arguments and name", async () => {
    class Till {
      total = 0;
      pay = idempotent(
        function pay(amount) {
          this.total += amount;
          return this.total;
        },
        { name: "pay" },
      );
    }
    const till = new Till();
    assert.deepEqual([await till.pay(5), await till.pay(5), await till.pay(6)], [5, 5, 11]);
    assert.equal(till.pay.name, "pay");
  });

  test("shares its records with whoever has the same name and store", async () => {
    const store = new MemoryStore();
    const here = idempotent(() => "here", { name: "shared", key: () => "k", store });
    const there = idempotent(() => "there", { name: "shared", key: () => "k", store });
    const other = idempotent(() => "other", { name: "other", key: () => "k", store });
    assert.equal(await here(), "here");
    assert.equal(await there(), "here");
    assert.equal(await other(), "other");
  });
});

describe("results", () => {
  test("of any JSON, falsy ones and undefined too, replay as they were", async () => {
    const values = fc.oneof(fc.jsonValue(), fc.constant(undefined), fc.constantFrom(0, "", false, null));
    await fc.assert(
      fc.asyncProperty(values, async (value) => {
        // JSON has no negative zero.
        fc.pre(!hasNegativeZero(value));
        const once = idempotent(() => value, { name: "any", key: () => "k" });
        assert.deepStrictEqual(await once(), value);
        const { output, isReplay } = await once.execute();
        assert.deepStrictEqual([output, isReplay], [value, true]);
      }),
      { numRuns: 200 },
    );
  });

  test("that JSON would not return equal are recorded as done, with a warning, and never run again", async (t) => {
    const warnings = t.mock.method(console, "warn", () => {});
    for (const value of [new Date(0), new Map(), 10n, Number.NaN, { at: new Date(0) }, [undefined], -0]) {
      const work = counted(() => value);
      const once = idempotent(work, { name: "odd", key: () => "k" });
      assert.equal(await once(), value);
      assert.equal((await rejection(once())).code, "IDEMPOTENCY_NOT_REPLAYABLE");
      assert.equal(work.runs, 1);
    }
    assert.equal(warnings.mock.callCount(), 7);
    assert.match(warnings.mock.calls[0].arguments[0], /odd returned .*give it a codec/);
  });

  for (const [what, encode] of [
    ["throws", () => assert.fail("no text for this")],
    ["answers no text", async () => "later"],
  ]) {
    test(`whose codec ${what} are recorded as done, and warned of once`, async (t) => {
      const warnings = t.mock.method(console, "warn", () => {});
      const clock = virtualClock();
      const work = counted((_, run) => run);
      const once = idempotent(work, { name: "uncoded", key: (k) => k, codec: { encode, decode: Number }, clock });
      assert.equal(await once("a"), 1);
      assert.equal((await rejection(once("a"))).code, "IDEMPOTENCY_NOT_REPLAYABLE");
      assert.equal(await once("b"), 2);
      assert.equal(warnings.mock.callCount(), 1);
      assert.match(warnings.mock.calls[0].arguments[0], /uncoded returned .*recorded as done but cannot be replayed/);
    });
  }

  test("go through the caller's codec", async () => {
    const codec = { encode: (date) => String(date.getTime()), decode: (text) => new Date(Number(text)) };
    const once = idempotent(() => new Date(86_400_000), { name: "date", key: () => "k", codec });
    await once();
    assert.deepEqual(await once(), new Date(86_400_000));
  });

  test("are not kept beyond a size, or at all, when asked", async () => {
    const big = idempotent(() => "x".repeat(100), { name: "big", key: () => "k", resultCaching: { maxBytes: 99 } });
    await big();
    assert.equal((await rejection(big())).code, "IDEMPOTENCY_NOT_REPLAYABLE");
    const none = idempotent(() => 1, { name: "none", key: () => "k", resultCaching: false });
    await none();
    assert.equal((await rejection(none())).code, "IDEMPOTENCY_NOT_REPLAYABLE");
  });

  test("expire with their level", async () => {
    const clock = virtualClock();
    const work = counted((run) => run);
    const once = idempotent(work, { name: "hourly", key: () => "k", clock });
    await once();
    await clock.advance(3_599_000);
    assert.equal(await once(), 1);
    await clock.advance(2_000);
    assert.equal(await once(), 2);
  });
});

describe("errors", () => {
  test("are thrown as they came, and the next call runs again", async () => {
    const failure = new TypeError("no");
    const once = idempotent(
      counted((run) => {
        if (run === 1) throw failure;
        return run;
      }),
      { name: "flaky", key: () => "k" },
    );
    assert.equal(await rejection(once()), failure);
    assert.equal(await once(), 2);
    assert.equal(await once(), 2);
  });

  test("are kept and thrown again when asked", async () => {
    const work = counted(() => {
      throw Object.assign(new RangeError("too much"), { code: "LIMIT" });
    });
    const once = idempotent(work, { name: "kept", key: () => "k", keepErrors: true });
    const first = await rejection(once());
    const second = await rejection(once());
    assert.ok(first instanceof RangeError);
    assert.deepEqual([second.name, second.message, second.code], ["RangeError", "too much", "LIMIT"]);
    assert.equal(work.runs, 1);
  });

  test("under at_most_once leave the outcome unknown, for good", async () => {
    const work = counted(() => {
      throw new Error("who knows");
    });
    const once = idempotent(work, { name: "once", key: () => "k", profile: "at_most_once" });
    assert.equal((await rejection(once())).message, "who knows");
    assert.equal((await rejection(once())).code, "IDEMPOTENCY_OUTCOME_UNKNOWN");
    assert.equal(work.runs, 1);
  });

  test("of a store that is away refuse the call, or let it run when that is asked for", async () => {
    const away = {
      apply() {
        throw new Error("connection refused");
      },
    };
    const clock = virtualClock();
    const work = counted((run) => run);
    const closed = idempotent(work, { name: "closed", key: () => "k", store: away, clock });
    const failing = rejection(closed());
    await clock.advance(10_000);
    const error = await failing;
    assert.deepEqual([error.code, error.statusCode, work.runs], ["STORE_UNAVAILABLE", 503, 0]);
    const open = idempotent(work, { name: "open", key: () => "k", store: away, clock, failOpen: true });
    const running = open.execute();
    await clock.advance(10_000);
    const { output, isReplay, confirmed } = await running;
    assert.deepEqual([output, isReplay, confirmed], [1, false, false]);
  });

  test("a result that nothing guarded is recorded once the store is back", async () => {
    const clock = virtualClock();
    const inner = new MemoryStore({ clock });
    let away = true;
    const store = {
      apply(op) {
        if (away) throw new Error("connection refused");
        return inner.apply(op);
      },
    };
    const work = counted((run) => {
      away = false;
      return run;
    });
    const open = idempotent(work, { name: "back", key: () => "k", store, clock, failOpen: true });
    const first = open();
    await clock.advance(10_000);
    assert.equal(await first, 1);
    await turn();
    const { output, isReplay } = await open.execute();
    assert.deepEqual([output, isReplay, work.runs], [1, true, 1]);
  });

  test("a function that is not enabled runs every time", async () => {
    const work = counted((run) => run);
    const off = idempotent(work, { name: "off", key: () => "k", enabled: false });
    assert.deepEqual([await off(), await off()], [1, 2]);
  });

  test("of configuration name the field", () => {
    const refused = (work, options) => {
      try {
        idempotent(work, options);
      } catch (error) {
        return [error.code, error.field];
      }
      return undefined;
    };
    const work = () => 1;
    assert.deepEqual(refused(work, {}), ["CONFIG_INVALID", "name"]);
    assert.deepEqual(refused(work, { name: "x", lease: 1 }), ["CONFIG_INVALID", "lease"]);
    assert.deepEqual(refused(work, { name: "x", nane: 1 }), ["CONFIG_INVALID", "nane"]);
    assert.deepEqual(refused(work, { name: "x", ttl: 86_400_000 }), ["CONFIG_INVALID", "ttl"]);
    assert.deepEqual(refused(undefined, { name: "x" }), ["CONFIG_INVALID", "work"]);
  });

  test("of keys and arguments come before anything runs", async () => {
    const work = counted(() => 1);
    const bad = await rejection(idempotent(work, { name: "bad", key: () => "two words" })());
    assert.equal(bad.code, "IDEMPOTENCY_KEY_INVALID");
    const cycle = {};
    cycle.self = cycle;
    const said = await rejection(idempotent(work, { name: "cycle" })(cycle));
    assert.deepEqual([said.code, said.field], ["CONFIG_INVALID", "arguments"]);
    assert.equal(work.runs, 0);
  });
});

describe("hooks", () => {
  test("isSafeToRetry lets a finished call run again, and mergeResults says what its caller gets", async () => {
    const sent = counted((_mail, run) => ({ sent: run > 1, run }));
    const asked = [];
    const send = idempotent(sent, {
      name: "send.email",
      key: (mail) => mail.id,
      isSafeToRetry: (mail, previous, { args }) => {
        asked.push([mail.id, previous.run, args.length]);
        return !previous.sent;
      },
      mergeResults: (previous, current) => ({ ...current, after: previous.run }),
    });
    assert.deepEqual(await send({ id: "m" }), { sent: false, run: 1 });
    assert.deepEqual(await send({ id: "m" }), { sent: true, run: 2, after: 1 });
    // What was recorded first stands.
    assert.deepEqual(await send({ id: "m" }), { sent: true, run: 3, after: 1 });
    assert.deepEqual(asked, [
      ["m", 1, 1],
      ["m", 1, 1],
    ]);
  });

  test("the context tells run, epoch and the keys of its steps", async () => {
    const seen = [];
    const once = idempotent(
      (order, context) => {
        seen.push([order, context.attempt, context.epoch > 0, context.signal.aborted]);
        const keys = [context.childKey("debit"), context.childKey("debit", 1), context.childKey("credit")];
        return [...keys, context.childKey("debit")];
      },
      { name: "steps", key: () => "k", withContext: true },
    );
    const keys = await once("order");
    assert.deepEqual(seen, [["order", 1, true, false]]);
    assert.equal(keys[0], keys[3]);
    assert.equal(new Set(keys).size, 3);
    assert.ok(keys.every((key) => /^[0-9a-f]{64}$/.test(key)));
  });
});

test("a codec that cannot read or write is refused before anything runs", () => {
  for (const [codec, field] of [
    [{}, "codec.encode"],
    [{ encode: String }, "codec.decode"],
    [null, "codec.encode"],
  ]) {
    assert.throws(() => idempotent(() => 1, { name: "x", codec }), { code: "CONFIG_INVALID", field });
  }
});
