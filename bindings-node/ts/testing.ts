import "./native.js";

export * from "@once-again/driver/testing";
