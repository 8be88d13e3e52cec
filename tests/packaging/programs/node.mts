import { createServer } from "node:http";
import {
  CircuitBreaker,
  ConfigError,
  coreVersion,
  DeadLetterQueue,
  DefaultRetryConfig,
  fingerprint,
  IdempotencyManager,
  idempotencyHandler,
  idempotencyMiddleware,
  OnceAgainError,
  RetryHandler,
  RetryManager,
  RetryPolicyManager,
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
const reply: StoreReply | Promise<StoreReply> | undefined = stores[0]?.apply({ op: "get", key: "00".repeat(32) });

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
try {
  new RetryHandler({ baseDelay: -1 });
} catch (error) {
  if (error instanceof ConfigError) console.log(error.field, error.value, error.expected);
  else if (error instanceof OnceAgainError) console.log(error.code, error.statusCode);
}
// @ts-expect-error a jitter is one of five
new RetryHandler({ jitter: "some" });
console.log(version, paid.receipt, managed, resumed, reply, isDuplicate);
