import { coreVersion, init } from "once-again-web";

await init(new URL("https://example.com/once_again_bg.wasm"));
const version: string = coreVersion();
console.log(version);
