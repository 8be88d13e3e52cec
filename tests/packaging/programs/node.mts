import { createServer } from "node:http";
import {
  CircuitBreaker,
  ClientFactory,
  ConfigError,
  coreVersion,
  createFetch,
  DeadLetterQueue,
  DefaultRetryConfig,
  ErrorCodes,
  fingerprint,
  type HttpAnswer,
  HttpError,
  IdempotencyManager,
  type IdempotencyStats,
  IdempotentHttpClient,
  idempotencyHandler,
  idempotencyMiddleware,
  OnceAgainError,
  QError,
  RetryHandler,
  RetryManager,
  RetryPolicyManager,
  type RetryStats,
  retryWithCheckpoint,
  wrap,
} from "once-again";
import { MemoryStore, SqliteStore, type Store, type StoreReply, simpleStore } from "once-again/stores";

const version: string = coreVersion();
const handler = new RetryHandler(RetryPolicyManager.forModule("qwallet"));
const paid: { receipt: string } = await wrap(handler, new CircuitBreaker()).execute(
  async ({ attempt, signal }) => ({ receipt: `${attempt} ${signal.aborted}` }),
  { name: "pay" },
);

const config = DefaultRetryConfig();
config.maxAttempts = 5;
config.deadLetterStore = new DeadLetterQueue({ handlers: { pay: (letter, { key }) => `${letter.operation} ${key}` } });
const managed: number = await new RetryManager(config, null, console).execute(({ attempt }) => attempt);
const resumed: string = await retryWithCheckpoint(
  async (taskId: string, state: { step: number } | undefined, { attempt }) => `${taskId} ${state?.step ?? attempt}`,
  { checkpointLoader: async () => ({ step: 1 }), checkpointSaver: (taskId, result) => taskId + result },
)("task");

const stores: Store[] = [new MemoryStore({ maxRecords: 10 }), new SqliteStore(":memory:"), simpleStore(new Map())];
const reply: StoreReply | PromiseLike<StoreReply> | undefined = stores[0]?.apply({ op: "get", key: "00".repeat(32) });

const guard = idempotencyMiddleware({
  ttl: 86400,
  conflict: { wait: 500 },
  principal: (request) => request.headers["x-user"]?.toString(),
});
createServer((request, response) => guard(request, response, () => response.end()));
createServer(
  idempotencyHandler({ missingKey: "require", maxRequestBytes: 100_000 }, async (request, response) => {
    response.end(request.idempotency?.key);
  }),
);

const { isDuplicate }: { isDuplicate: boolean } = await new IdempotencyManager().checkDuplicate("k", fingerprint({}));

const client: IdempotentHttpClient = ClientFactory.createHttpClient({
  baseUrl: "https://api.example.com",
  timeout: 15000,
  module: "qmail",
  criticality: "HIGH",
  realTime: true,
  userFacing: true,
  identity: { squidId: "user123", subId: "sub456", daoId: "dao789" },
  retryPolicy: { maxAttempts: 4, baseDelay: 500, jitter: true, retryableErrors: ["TIMEOUT_ERROR"] },
  circuitBreaker: { failureThreshold: 5, recoveryTimeout: 60000, fallbackStrategy: "CACHE" },
  idempotency: { defaultTtl: 3600000, maxRecords: 5000, fingerprintHeaders: ["x-squid-id"] },
  refreshAuth: async () => ({ authorization: "Bearer token" }),
});
export async function pay(amount: number): Promise<string | undefined> {
  try {
    const { data, replayed, attempts }: HttpAnswer<{ id: string }> = await client.post<{ id: string }>(
      "/payments",
      { amount },
      { "Idempotency-Key": "payment-12345" },
      { signal: AbortSignal.timeout(1000) },
    );
    return `${data.id} ${replayed} ${attempts}`;
  } catch (error) {
    if (error instanceof HttpError) return `${error.response?.status} ${error.attempts}`;
    if (error instanceof QError && error.code === ErrorCodes.CIRCUIT_BREAKER_OPEN) return undefined;
    throw error;
  }
}
const retries: RetryStats = ClientFactory.getGlobalRetryStats();
const duplicates: IdempotencyStats = ClientFactory.getGlobalIdempotencyStats();
const again: typeof fetch = createFetch({ budget: false, breaker: "threshold", refreshAuth: () => undefined });
// @ts-expect-error there is no such criticality
new IdempotentHttpClient({ baseUrl: "https://api.example.com", criticality: "URGENT" });
console.log(retries.successRate, duplicates.duplicateRate, again);

try {
  new RetryHandler({ baseDelay: -1 });
} catch (error) {
  if (error instanceof ConfigError) console.log(error.field, error.value, error.expected);
  else if (error instanceof OnceAgainError) console.log(error.code, error.statusCode);
}
// @ts-expect-error a jitter is one of five
new RetryHandler({ jitter: "some" });
console.log(version, paid.receipt, managed, resumed, reply, isDuplicate);
