// Express answers an error that comes after the answer has begun by destroying the connection through the request. Nothing else
// tells a middleware of it, and the run behind that answer has ended.

import type { ServerResponse } from "node:http";

/**
 * Calls `destroyed` when whoever has the request of `response` destroys its connection: `request.socket.destroy()`. A client that goes away, or
 * a server that is closed, is none of that: the handler may still be at work.
 */
export function onDestroyed({ req: request }: ServerResponse, destroyed: () => void): void {
  const { socket } = request;
  Object.defineProperty(request, "socket", {
    configurable: true,
    enumerable: true,
    get() {
      // Node looks for it as well, while it destroys the request: at its end, or when its client has gone.
      if (request.errored === null && request.destroyed === request.closed && !socket.destroyed) {
        // Only who has it in hand can have destroyed it by then: the world comes with a later turn of the event loop.
        queueMicrotask(() => {
          if (socket.destroyed) destroyed();
        });
      }
      return socket;
    },
  });
}
