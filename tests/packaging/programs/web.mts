import { coreVersion, createFetch, init, RetryHandler } from "once-again-web";

await init(new URL("https://example.com/once_again_bg.wasm"));
const version: string = coreVersion();
const wrapped: typeof fetch = createFetch({ policy: "http", idempotency: { keyOrigins: ["https://api.example.com"] } });
const attempt: number = await new RetryHandler("http").execute((context) => context.attempt);
console.log(version, wrapped, attempt);
