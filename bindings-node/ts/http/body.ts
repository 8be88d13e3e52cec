// The request's body as the client sent it: read once for the fingerprint, then put back for whoever parses it.

import type { IncomingMessage } from "node:http";
import type { Transform } from "node:stream";
import { createBrotliDecompress, createGunzip, createInflate } from "node:zlib";
import { passingBytes } from "./scratch.js";

const decoders: Record<string, (() => Transform) | undefined> = {
  gzip: createGunzip,
  "x-gzip": createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
};

/**
 * What a parser has left, as the bytes that the fingerprint is taken of, to be looked at once; undefined where the stream is
 * still to be read.
 */
export function parsedBytes(request: IncomingMessage, parsed: unknown): Uint8Array | undefined {
  if (parsed instanceof Uint8Array) return parsed;
  if (typeof parsed === "string") return passingBytes(parsed);
  // A parser ran: the stream is spent. An empty object is what Express 4 leaves where there was no body to parse.
  if (parsed === undefined || parsed === null || !request.readableEnded) return undefined;
  return passingBytes(JSON.stringify(parsed));
}

/**
 * The raw body, decoded, as the bytes that the fingerprint is taken of. Of a body that is longer than `limit` only the
 * beginning, and more of it than `limit`, so that core sees that there is too much.
 */
export async function rawBytes(request: IncomingMessage, limit: number): Promise<Uint8Array> {
  const raw = await readAndPutBack(request, limit);
  const decoder = decoders[request.headers["content-encoding"]?.toLowerCase() ?? ""];
  if (decoder === undefined || raw.length > limit) return raw;
  // A body that its own encoding does not describe is fingerprinted as it came; the parser will refuse it.
  return decoded(raw, decoder(), limit).catch(() => raw);
}

/** Decodes no more than tells that it is too much: a few bytes may stand for gigabytes. */
async function decoded(raw: Buffer, decoder: Transform, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  decoder.end(raw);
  for await (const chunk of decoder as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > limit) break;
  }
  return Buffer.concat(chunks);
}

/** Reads the stream, as far as it is not too much, and puts back what it has read: a parser mounted later finds it whole. */
function readAndPutBack(request: IncomingMessage, limit: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
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
        size += chunk.length;
        if (size > limit) break;
      }
      if (!request.complete && size <= limit) return;
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
