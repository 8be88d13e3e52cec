import once_again = require("once-again");
import stores = require("once-again/stores");

const version: string = once_again.coreVersion();
const handler = new once_again.RetryHandler({ maxAttempts: 3 });
const attempt: Promise<number> = handler.execute((context) => context.attempt);
const store: once_again.Store = new stores.MemoryStore();
const client = once_again.ClientFactory.createModuleClient("qwallet", "https://qwallet.example.com");
const answer = (): Promise<once_again.HttpAnswer<number>> => client.get<number>("/balance", { "x-qonsent": "token" });
const isOurs = (error: unknown): boolean => error instanceof once_again.QError;
console.log(version, attempt, store, answer, isOurs);
