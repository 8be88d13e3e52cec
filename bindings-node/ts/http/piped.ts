// A client that goes away while a stream is piped into its answer. Node unpipes the stream then, and nobody reads it any more:
// the answer would never end, and its key stay claimed. So it is read on, for the record.

import type { ServerResponse } from "node:http";
import type { Readable } from "node:stream";

/** Who is told where a stream cannot be read to its end. */
interface Cut {
  cut(): void;
}

/**
 * Reads to its end what is piped into `response` when its client has gone. `capture` is told where that is impossible:
 * `pipeline` and Fastify destroy the stream then.
 */
export function readOn(response: ServerResponse, capture: Cut): void {
  let note: ((source: Readable) => void) | undefined;
  response.on("pipe", (source: Readable) => {
    note ??= piping(response, capture);
    note(source);
  });
}

/** From the first pipe on; answers whom to tell of each. */
function piping(response: ServerResponse, capture: Cut): (source: Readable) => void {
  let ending: Readable | undefined;
  const unpiped = (source: Readable): void => {
    if (!response.destroyed || response.writableEnded) return;
    const closed = (): void => {
      if (!source.readableEnded) capture.cut();
    };
    if (source.destroyed) {
      closed();
      return;
    }
    source.on("data", (chunk) => response.write(chunk)).once("close", closed);
    if (source === ending) source.once("end", () => response.end());
    source.resume();
  };
  response.on("unpipe", unpiped);
  return (source) => {
    // What the handler pipes with `end: false` it ends itself: more may follow. Only this listener's name tells.
    if (source.listeners("end").some(({ name }) => name === "onend")) ending = source;
  };
}
