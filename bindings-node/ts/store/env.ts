// Clients made from the environment, for whoever has an address and no wish for a client of his own.

import { createRequire } from "node:module";
import { ConfigError } from "@once-again/driver/errors";

/** The value of an environment variable that must be there. */
export function fromEnv(name: string, expected: string): string {
  const value = process.env[name];
  if (value === undefined || value === "") throw new ConfigError(name, "no environment variable", expected);
  return value;
}

/** The first of these packages that is installed. */
export function firstInstalled(names: readonly string[]): [name: string, module: unknown] {
  const require = createRequire(import.meta.url);
  for (const name of names) {
    try {
      return [name, require(name)];
    } catch (error) {
      if ((error as { code?: unknown }).code !== "MODULE_NOT_FOUND") throw error;
    }
  }
  throw new ConfigError("fromEnv", "no client", `one of these packages installed: ${names.join(", ")}`);
}
