export * from "@once-again/driver/testing";
