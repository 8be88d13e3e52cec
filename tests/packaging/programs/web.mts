import { coreVersion, createFetch, HttpError, IdempotentHttpClient, init, RetryHandler } from "once-again-web";

await init(new URL("https://example.com/once_again_bg.wasm"));
const version: string = coreVersion();
const wrapped: typeof fetch = createFetch({ policy: "http", idempotency: { keyOrigins: ["https://api.example.com"] } });
const attempt: number = await new RetryHandler("http").execute((context) => context.attempt);
const client = new IdempotentHttpClient({ baseUrl: "https://api.example.com", autoKey: false, circuitBreaker: false });
export const refused = (error: unknown): number | undefined =>
  error instanceof HttpError ? error.statusCode : undefined;
console.log(client.circuitBreaker?.state);
console.log(version, wrapped, attempt);
