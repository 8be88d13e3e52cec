// The package under test: these suites run once on `once-again` and once on `once-again-web`.

export const name = process.env.ONCE_AGAIN_PACKAGE ?? "once-again";
export const api = await import(name);
export const testing = await import(`${name}/testing`);

await api.init?.();

/** What a promise rejects with. */
export async function rejection(promise) {
  let value;
  try {
    value = await promise;
  } catch (error) {
    return error;
  }
  throw new Error(`expected a rejection, got ${String(value)}`);
}

/** An operation that always fails, and counts. */
export function failing(...thrown) {
  const error = thrown.length === 0 ? new Error("still down") : thrown[0];
  const operation = () => {
    operation.calls++;
    throw error;
  };
  operation.calls = 0;
  return operation;
}
