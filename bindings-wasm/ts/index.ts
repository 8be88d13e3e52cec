export * from "@once-again/driver/index";
export { createFetch } from "./fetch.js";
export { init } from "./init.js";
