import once_again = require("once-again");
import stores = require("once-again/stores");

const version: string = once_again.coreVersion();
const handler = new once_again.RetryHandler({ maxAttempts: 3 });
const attempt: Promise<number> = handler.execute((context) => context.attempt);
const store: once_again.Store = new stores.MemoryStore();
console.log(version, attempt, store);
