// One listener per signal, however many calls wait for it: a server may hand the signal of its shutdown to every call, and
// Node warns of a leak at the eleventh listener.

interface Watched {
  readonly callbacks: Set<() => void>;
  readonly listener: () => void;
}

const watched = new WeakMap<AbortSignal, Watched>();

function watch(signal: AbortSignal): Watched {
  const callbacks = new Set<() => void>();
  const listener = (): void => {
    for (const callback of callbacks) callback();
  };
  const entry = { callbacks, listener };
  signal.addEventListener("abort", listener);
  watched.set(signal, entry);
  return entry;
}

/** Calls `callback` when the signal fires; answers how to stop waiting for it. */
export function onAbort(signal: AbortSignal, callback: () => void): () => void {
  const { callbacks, listener } = watched.get(signal) ?? watch(signal);
  callbacks.add(callback);
  return () => {
    if (!callbacks.delete(callback) || callbacks.size > 0) return;
    // A listener would keep a signal of `AbortSignal.timeout` alive.
    signal.removeEventListener("abort", listener);
    watched.delete(signal);
  };
}

/** `promise`, or the signal's reason as soon as it fires; then `abandon` is called. */
export function cancellable<V>(
  promise: Promise<V>,
  signal: AbortSignal | undefined,
  abandon = (): void => {},
): Promise<V> {
  if (signal === undefined) return promise;
  return new Promise((resolve, reject) => {
    const forget = onAbort(signal, () => {
      forget();
      reject(signal.reason);
      abandon();
    });
    promise.finally(forget).then(resolve, reject);
  });
}
