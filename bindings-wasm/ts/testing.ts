export { coreVersion } from "@once-again/driver/core";
