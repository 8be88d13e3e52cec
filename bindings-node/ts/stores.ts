import "./native.js";

export { coreVersion } from "@once-again/driver/index";
