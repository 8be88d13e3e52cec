// Which errors say nothing about the dependency a breaker guards, by the judgement of whoever made the call. An option of the
// breaker's own, `isFailure`, is asked instead where there is one.

const blameless = new WeakSet<object>();

/** Notes that `error` is about one request only. */
export function acquit(error: unknown): void {
  if (typeof error === "object" && error !== null) blameless.add(error);
}

/** Whether `error` counts. */
export function isBlamed(error: unknown): boolean {
  return typeof error !== "object" || error === null || !blameless.has(error);
}
