import { coreVersion } from "once-again";

const version: string = coreVersion();
console.log(version);
