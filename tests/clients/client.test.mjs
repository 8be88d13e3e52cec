// IdempotentHttpClient and ClientFactory: what a caller says, what goes out, and what comes back.

import assert from "node:assert/strict";
import { answer, eachPackage, json, keysOf, problem, quick, rejection, scripted, useServer } from "./story.mjs";

useServer();

const clientOf = ({ IdempotentHttpClient }, { base }, more) =>
  new IdempotentHttpClient({ baseUrl: base, retryPolicy: quick, ...more });

eachPackage("identity, the caller's headers and bodies go out as they are said", async (api) => {
  const story = await scripted(answer(200));
  const client = clientOf(api, story, { identity: { squidId: "user123", subId: "sub456", daoId: "dao789" } });
  await client.put(story.path, { a: [1, null] }, { "x-qonsent": "token", "X-Subid": "other", "x-not": undefined });
  await client.patch(story.path, "as it is", { "content-type": "text/csv" });
  await client.post(story.path, new Uint8Array([1, 2, 3]));
  const [put, patch, post] = (await story.log()).requests;
  const { "x-squid-id": squid, "x-subid": sub, "x-dao-id": dao, "x-qonsent": consent } = put.headers;
  assert.deepEqual([squid, sub, dao, consent], ["user123", "other", "dao789", "token"]);
  assert.deepEqual(
    [put.method, put.headers["content-type"], "x-not" in put.headers],
    ["PUT", "application/json", false],
  );
  // SHA-256 of {"a":[1,null]}
  assert.equal(put.bodySha256, "a290b55a84a4e851c13e570346d396a0ff58e13e3b458112237484f9ed3b8950");
  assert.equal(patch.headers["content-type"], "text/csv");
  // SHA-256 of the bytes 1, 2, 3
  assert.equal(post.bodySha256, "039058c6f2c0cb492c533b0a4d14ef77cc0f78abccced5287d84a1a2011cfb81");
  assert.equal(keysOf(await story.log()).length, 3);
});

eachPackage("a key of the caller's is kept; get and delete have none", async (api) => {
  const story = await scripted(answer(503), answer(200), answer(204));
  const client = clientOf(api, story);
  await client.post(story.path, {}, { "Idempotency-Key": "payment-12345" });
  const { status, data } = await client.delete(`${story.path}?soft=1`, { "x-reason": "test" });
  assert.deepEqual([status, data], [204, null]);
  const { requests } = await story.log();
  assert.deepEqual(
    requests.map(({ method, headers }) => [method, headers["idempotency-key"]]),
    [
      ["POST", "payment-12345"],
      ["POST", "payment-12345"],
      ["DELETE", undefined],
    ],
  );
  assert.equal(requests[2].url, `${story.path}?soft=1`);
});

eachPackage(
  "an answer has status, headers and data by its media type, and says whether it was replayed",
  async (api) => {
    const story = await scripted(
      json(201, { id: 1 }, { "Idempotent-Replayed": "true", "x-multi": ["a", "b"] }),
      { do: "answer", headers: { "content-type": "application/vnd.api+json" }, body: "[1]" },
      answer(200, { "content-type": "text/csv" }, "a,b"),
      answer(200, { "content-type": "application/octet-stream" }, "\u0001\u0002"),
      answer(200, { "content-type": "application/json" }, "{broken"),
    );
    const client = clientOf(api, story);
    const first = await client.post(story.path, {});
    assert.deepEqual([first.status, first.data, first.replayed, first.attempts], [201, { id: 1 }, true, 1]);
    assert.deepEqual([first.headers["x-multi"], first.fromCache, first.stale], ["a, b", false, false]);
    assert.deepEqual((await client.get(story.path)).data, [1]);
    assert.equal((await client.get(story.path)).data, "a,b");
    assert.deepEqual((await client.get(story.path)).data, new Uint8Array([1, 2]));
    assert.equal((await client.get(story.path)).data, "{broken");
  },
);

eachPackage("a refusal is a QError in the shape of the Q ecosystem", async (api) => {
  const story = await scripted(json(402, { code: "CARD_DECLINED", limit: 5 }, { "x-request-id": "r-1" }));
  const error = await rejection(clientOf(api, story).post(`${story.path}?card=4111`, {}));
  assert.ok(error instanceof api.QError && error instanceof api.HttpError && error instanceof Error);
  const { name, code, statusCode, requestId, retryable, response, attempts } = error;
  assert.deepEqual([name, code, statusCode, requestId], ["QError", "INSUFFICIENT_FUNDS", 402, "r-1"]);
  assert.deepEqual([retryable, attempts, response.status], [false, 1, 402]);
  assert.deepEqual(response.data, { code: "CARD_DECLINED", limit: 5 });
  assert.deepEqual(error.suggestedActions, ["Add funds; a retry will not help."]);
  assert.ok(Math.abs(Date.parse(error.timestamp) - Date.now()) < 60_000);
  assert.equal(error.message, `POST ${story.path} was answered with 402`);
  assert.deepEqual(Object.keys(error.toJSON()).includes("response"), false);
});

eachPackage("codes come from the service's own code, then the problem type, then the status", async (api) => {
  const { ErrorCodes } = api;
  for (const [step, code] of [
    [json(401, { code: "SQUID_IDENTITY_INVALID" }), ErrorCodes.SQUID_IDENTITY_INVALID],
    [json(403, { error: { code: "QONSENT_DENIED" } }), ErrorCodes.QONSENT_DENIED],
    [problem(422, "key-reused"), ErrorCodes.IDEMPOTENCY_KEY_REUSED],
    [problem(400, "https://example.com/problems/key-invalid"), ErrorCodes.IDEMPOTENCY_KEY_INVALID],
    [answer(401), ErrorCodes.QLOCK_AUTH_FAIL],
    [answer(424), ErrorCodes.DEPENDENCY_MISSING],
    [answer(404), ErrorCodes.REQUEST_REFUSED],
    [answer(503), ErrorCodes.SERVICE_UNAVAILABLE],
    [answer(504), ErrorCodes.TIMEOUT_ERROR],
    [answer(429), ErrorCodes.RATE_LIMIT_EXCEEDED],
  ]) {
    const story = await scripted(step);
    const client = clientOf(api, story, { retryPolicy: { ...quick, maxAttempts: 1 } });
    const error = await rejection(client.get(story.path));
    assert.deepEqual([error.code, error.statusCode], [code, step.status]);
  }
});

eachPackage(
  "the lists of a policy name codes and statuses of answers, and nothing else is retried then",
  async (api) => {
    const retryPolicy = {
      ...quick,
      retryableErrors: ["SERVICE_UNAVAILABLE", "TIMEOUT_ERROR"],
      retryableStatusCodes: [503, 504, 429],
    };
    for (const [step, attempts] of [
      [answer(503), 4],
      [answer(504), 4],
      [answer(429), 4],
      [{ do: "resetBefore" }, 4],
      [answer(408), 4],
      [json(500, { code: "DEPENDENCY_MISSING" }), 1],
    ]) {
      const story = await scripted(step);
      await rejection(clientOf(api, story, { retryPolicy, budget: false }).get(story.path));
      assert.equal((await story.log()).requests.length, attempts, JSON.stringify(step));
    }
  },
);

eachPackage(
  "new credentials are fetched once for all calls that were refused, and each is sent once more",
  async (api) => {
    let refreshes = 0;
    const refreshAuth = async () => {
      refreshes++;
      await new Promise((resolve) => setTimeout(resolve, 20));
      return { Authorization: "Bearer new" };
    };
    const refusing = async (_, { headers }) =>
      new Response(null, { status: headers.get("authorization") === "Bearer new" ? 200 : 401 });
    const client = clientOf(api, { base: "http://a.test" }, { fetch: refusing, refreshAuth });
    const call = () => client.post("/x", {}, { Authorization: "Bearer old" });
    const answers = await Promise.all([call(), call(), call()]);
    assert.deepEqual([answers.map(({ status }) => status), refreshes], [[200, 200, 200], 1]);
    await call();
    assert.equal(refreshes, 2, "a later call brings its own credentials");
  },
);

eachPackage("a second 401 is final, as is one whose credentials cannot be renewed; the key stays", async (api) => {
  const story = await scripted(answer(401));
  const client = clientOf(api, story, { refreshAuth: () => ({ authorization: "Bearer still wrong" }) });
  const error = await rejection(client.post(story.path, {}));
  assert.deepEqual([error.code, error.statusCode, error.attempts], ["QLOCK_AUTH_FAIL", 401, 2]);
  const log = await story.log();
  assert.deepEqual([log.requests.length, keysOf(log).length], [2, 1]);
  assert.deepEqual(
    log.requests.map(({ headers }) => headers.authorization),
    [undefined, "Bearer still wrong"],
  );
  const failing = clientOf(api, await scripted(answer(401)), { refreshAuth: () => Promise.reject(new Error("no")) });
  assert.equal((await rejection(failing.get(story.path))).statusCode, 401);
  const plain = await scripted(answer(401));
  const fetch = api.createFetch({ policy: quick, refreshAuth: () => undefined });
  assert.equal((await fetch(plain.url)).status, 401);
  assert.equal((await plain.log()).requests.length, 2);
});

eachPackage("a module's client has its policy, a breaker and a budget", async ({ ClientFactory, ...api }) => {
  const story = await scripted(answer(500));
  const client = ClientFactory.createModuleClient("qwallet", story.base);
  assert.deepEqual([client.circuitBreaker.state, client.circuitBreaker.name], ["CLOSED", new URL(story.base).origin]);
  const error = await rejection(ClientFactory.createModuleClient("qnet", story.base).get(story.path));
  assert.ok(error instanceof api.QError && error.attempts === 5, "a service that is counted on to recover");
});

eachPackage("what all clients have done is counted together", async ({ ClientFactory }) => {
  const before = [ClientFactory.getGlobalRetryStats(), ClientFactory.getGlobalIdempotencyStats()];
  const story = await scripted(answer(503), json(201, 1), json(201, 1, { "Idempotent-Replayed": "true" }), answer(404));
  const client = ClientFactory.createHttpClient({ baseUrl: story.base, retryPolicy: quick });
  await client.post(story.path, {});
  await client.post(story.path, {});
  await rejection(client.get(story.path));
  const [retries, keys] = [ClientFactory.getGlobalRetryStats(), ClientFactory.getGlobalIdempotencyStats()];
  const grown = (field) => retries[field] - before[0][field];
  assert.deepEqual(
    ["totalOperations", "successfulOperations", "failedOperations", "totalAttempts"].map(grown),
    [3, 2, 1, 4],
  );
  assert.equal(keys.totalOperations - before[1].totalOperations, 2);
  assert.deepEqual([keys.duplicates - before[1].duplicates, keys.active], [1, 0]);
  assert.ok(retries.byErrorType.Server >= 1 && retries.successRate > 0 && retries.successRate < 1);
  assert.ok(retries.mostCommonErrors.some(({ error }) => error === "REQUEST_REFUSED"));
});

eachPackage("what a client does not understand is refused by name", async (api) => {
  const { ClientFactory, createFetch } = api;
  const make = (more) => () => ClientFactory.createHttpClient({ baseUrl: "https://a.test", ...more });
  for (const [more, field] of [
    [{ baseUrl: "/api" }, "baseUrl"],
    [{ timeouts: 6 }, "timeouts"],
    [{ timeout: -1 }, "timeout"],
    [{ identity: { squidId: "a\nb" } }, "identity.squidId"],
    [{ retryPolicy: { maxAttempts: 0 } }, "retryPolicy.maxAttempts"],
    [{ criticality: "URGENT" }, "criticality"],
    [{ fetch: 5 }, "fetch"],
    [{ refreshAuth: "token" }, "refreshAuth"],
    [{ clock: { now: 5 } }, "clock.now"],
    [{ logger: 5 }, "logger"],
    [{ circuitBreaker: { failureTreshold: 5 } }, "circuitBreaker.failureTreshold"],
    [{ idempotency: { maxRecord: 5 } }, "idempotency.maxRecord"],
    [{ budget: { ratios: 1 } }, "budget.ratios"],
  ]) {
    const error = await rejection((async () => make(more)())());
    assert.deepEqual([error.code, error.field], ["CONFIG_INVALID", field]);
  }
  for (const options of [null, 5, [], "x"]) {
    assert.equal((await rejection((async () => ClientFactory.createHttpClient(options))())).field, "options");
  }
  assert.throws(() => createFetch({ retries: 5 }), { field: "retries" });
  assert.throws(() => createFetch({ idempotency: { keyOrigins: ["a.test"] } }), { field: "idempotency.keyOrigins" });
  const client = make({})();
  assert.equal((await rejection(client.get("https://elsewhere.test/"))).field, "path");
});
