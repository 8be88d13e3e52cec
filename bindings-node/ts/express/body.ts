// The request's body as the client sent it: read once for the fingerprint, then put back for whoever parses it.

import type { IncomingMessage } from "node:http";
import { promisify } from "node:util";
import { brotliDecompress, gunzip, inflate } from "node:zlib";

/** What earlier middleware such as `express.json()` may have left. */
export interface ParsedRequest extends IncomingMessage {
  body?: unknown;
}

const decoders: Record<string, ((body: Buffer) => Promise<Buffer>) | undefined> = {
  gzip: promisify(gunzip),
  "x-gzip": promisify(gunzip),
  deflate: promisify(inflate),
  br: promisify(brotliDecompress),
};

/** The bytes that the fingerprint is taken of: what a parser left as JSON text, or else the raw body, decoded. */
export async function bodyBytes(request: ParsedRequest): Promise<Uint8Array> {
  const { body } = request;
  if (body instanceof Uint8Array) return body;
  if (typeof body === "string") return Buffer.from(body);
  // A parser ran: the stream is spent. An empty object is what Express 4 leaves where there was no body to parse.
  if (body !== undefined && request.readableEnded) return Buffer.from(JSON.stringify(body));
  const raw = await readAndPutBack(request);
  const decode = decoders[request.headers["content-encoding"]?.toLowerCase() ?? ""];
  // A body that its own encoding does not describe is fingerprinted as it came; the parser will refuse it.
  return decode === undefined ? raw : decode(raw).catch(() => raw);
}

/** Reads the whole stream and puts it back, so that a parser mounted later finds it untouched. */
function readAndPutBack(request: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const done = (): void => {
      request.off("readable", take).off("error", reject).off("aborted", aborted);
    };
    const aborted = (): void => {
      done();
      reject(new Error("the client went away before its request was whole"));
    };
    const take = (): void => {
      for (let chunk = request.read() as Buffer | null; chunk !== null; chunk = request.read() as Buffer | null) {
        chunks.push(chunk);
      }
      if (!request.complete) return;
      done();
      const whole = Buffer.concat(chunks);
      // Put back in the very turn that took the last byte: `end` is announced only to a stream that stays empty.
      if (whole.length > 0) request.unshift(whole);
      resolve(whole);
    };
    request.on("readable", take).on("error", reject).on("aborted", aborted);
    if (request.complete) take();
  });
}
