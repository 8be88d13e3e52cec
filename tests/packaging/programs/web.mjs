import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { coreVersion, init } from "once-again-web";

await init(await readFile(fileURLToPath(import.meta.resolve("once-again-web/once_again_bg.wasm"))));
console.log(`once-again-web ${coreVersion()}`);
