// Puts a watcher in front of the methods by which an answer leaves.
//
// Express gives every response a shape of its own to the engine, so each property that is added to one costs as much as a
// crossing. Its responses have a prototype of their own above Node's, though: there the methods stand once, and look whether
// anybody watches. All other responses share one shape, and get the methods as properties.

import { ServerResponse } from "node:http";

const NAMES = ["writeHead", "flushHeaders", "write", "end", "destroy"] as const;

/** The methods by which an answer leaves. */
export type Methods = Pick<ServerResponse, (typeof NAMES)[number]>;

/** Takes what is done to a response. */
export interface Watcher {
  writeHead(head: readonly unknown[]): ServerResponse;
  flushHeaders(): void;
  write(chunk: unknown, encoding?: unknown, callback?: unknown): boolean;
  end(chunk?: unknown, encoding?: unknown, callback?: unknown): ServerResponse;
  destroy(error?: Error): ServerResponse;
}

interface Prepared {
  readonly before: Methods;
  readonly ours: Methods;
}

/** No weak map: with old entries for young keys it keeps requests alive that are long over. */
const watching = Symbol("who watches for once-again");

interface Watched extends ServerResponse {
  [watching]?: Watcher;
}

const prepared = new WeakMap<object, Prepared>();

/** Hands to `watcher` from now on what is done to `response`; answers how it is really done. */
export function watch(response: Watched, watcher: Watcher): Methods {
  const shared = preparedFor(response);
  if (shared !== undefined && response[watching] === undefined) {
    response[watching] = watcher;
    return shared.before;
  }
  const { writeHead, flushHeaders, write, end, destroy } = response;
  const before = { writeHead, flushHeaders, write, end, destroy };
  Object.assign(
    response,
    inFrontOf(before, () => watcher),
  );
  return before;
}

/** The methods of the prototype that `response` shares; undefined where it has none, or somebody put others in front of them. */
function preparedFor(response: ServerResponse): Prepared | undefined {
  let root: object | undefined;
  let above = Object.getPrototypeOf(response) as object | null;
  while (above !== ServerResponse.prototype) {
    if (above === null) return undefined;
    root = above;
    above = Object.getPrototypeOf(above) as object | null;
  }
  if (root === undefined) return undefined;
  const found = prepared.get(root) ?? prepare(root);
  // These two carry the bytes: whoever has changed them is to stand behind the watcher. Each look costs a search.
  return response.end === found.ours.end && response.write === found.ours.write ? found : undefined;
}

function prepare(root: object): Prepared {
  // Through the prototype: whoever changes Node's methods later, to trace them for instance, must not be passed over.
  const before = Object.create(Object.getPrototypeOf(root) as object) as Methods;
  for (const name of NAMES) if (Object.hasOwn(root, name)) Object.assign(before, { [name]: (root as Methods)[name] });
  const made = { before, ours: inFrontOf(before, (response: Watched) => response[watching]) };
  for (const name of NAMES) {
    Object.defineProperty(root, name, { value: made.ours[name], configurable: true, writable: true });
  }
  prepared.set(root, made);
  return made;
}

function inFrontOf(before: Methods, watcherOf: (response: ServerResponse) => Watcher | undefined): Methods {
  const ours = {
    writeHead(this: ServerResponse, ...head: Parameters<ServerResponse["writeHead"]>): ServerResponse {
      const watcher = watcherOf(this);
      return watcher === undefined ? before.writeHead.apply(this, head) : watcher.writeHead(head);
    },
    flushHeaders(this: ServerResponse): void {
      const watcher = watcherOf(this);
      if (watcher === undefined) before.flushHeaders.call(this);
      else watcher.flushHeaders();
    },
    write(this: ServerResponse, chunk: unknown, encoding: BufferEncoding, callback?: () => void): boolean {
      const watcher = watcherOf(this);
      if (watcher === undefined) return before.write.call(this, chunk, encoding, callback);
      return watcher.write(chunk, encoding, callback);
    },
    end(this: ServerResponse, chunk: unknown, encoding: BufferEncoding, callback?: () => void): ServerResponse {
      const watcher = watcherOf(this);
      if (watcher === undefined) return before.end.call(this, chunk, encoding, callback);
      return watcher.end(chunk, encoding, callback);
    },
    destroy(this: ServerResponse, error?: Error): ServerResponse {
      const watcher = watcherOf(this);
      return watcher === undefined ? before.destroy.call(this, error) : watcher.destroy(error);
    },
  };
  return ours as Methods;
}
