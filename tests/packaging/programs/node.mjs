import { coreVersion } from "once-again";

console.log(`once-again ${coreVersion()}`);
