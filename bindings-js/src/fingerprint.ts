// fingerprint: one short text that is equal for equal requests, in every language.

import { core } from "./binding.js";
import { ConfigError } from "./errors.js";
import { readAnswer, specText } from "./spec.js";

/** Header lines: by name, or one by one. */
export type HeaderLines = Readonly<Record<string, string | readonly string[]>> | Iterable<readonly [string, string]>;

/** What enters a fingerprint beside the body. */
export interface FingerprintOptions {
  /** The HTTP method; upper-cased. */
  readonly method?: string | undefined;
  /** The path as on the request line, before any mounting, not normalised. */
  readonly path?: string | undefined;
  /** The query as on the request line, without `?`. */
  readonly query?: string | undefined;
  /** The body's media type; parameters do not count. Bytes are JSON if it says so, or if it is not given. */
  readonly mediaType?: string | undefined;
  /** The headers that count: those a server chose, not all a client sent. */
  readonly headers?: HeaderLines | undefined;
  /** JSON Pointers of the only fields that count, of a JSON body. */
  readonly include?: readonly string[] | undefined;
  /** JSON Pointers of fields that do not count, a timestamp for instance. */
  readonly exclude?: readonly string[] | undefined;
  /** Whether the body counts. Default `true`. */
  readonly includeBody?: boolean | undefined;
}

/**
 * The fingerprint of a request, or of a value alone: `jcs:` or `raw:` and 64 hexadecimal digits.
 *
 * Bytes (`Uint8Array`, `Buffer`, any view or `ArrayBuffer`) are a body as it came over the wire; any other value, a string
 * too, is a parsed value and has the fingerprint of its JSON text. The order of keys, `1.0` against `1` and escapes make no
 * difference; every difference in value does.
 *
 * @throws ConfigError for a pointer that is none, for raw multipart (its boundary is drawn anew each time), and for what
 * `JSON.stringify` cannot write.
 */
export function fingerprint(body: unknown, options?: FingerprintOptions): string {
  const request = options === undefined ? "" : specText({ ...options, headers: lines(options.headers) });
  const bytes = rawBody(body);
  const answer =
    bytes === undefined ? core.fingerprintJson(request, jsonText(body)) : core.fingerprintBytes(request, bytes);
  return answer.startsWith("{") ? readAnswer<never>(answer) : answer;
}

function rawBody(body: unknown): Uint8Array | undefined {
  if (body instanceof Uint8Array) return body;
  if (ArrayBuffer.isView(body)) return new Uint8Array(body.buffer, body.byteOffset, body.byteLength);
  return body instanceof ArrayBuffer ? new Uint8Array(body) : undefined;
}

function jsonText(value: unknown): string {
  let text: string | undefined;
  try {
    text = JSON.stringify(value);
  } catch (error) {
    throw new ConfigError("body", String(error), "bytes, or a value that JSON can say");
  }
  if (text === undefined) throw new ConfigError("body", typeof value, "bytes, or a value that JSON can say");
  return text;
}

/** Header lines one by one. */
function lines(headers: HeaderLines | undefined): unknown {
  if (typeof headers !== "object" || headers === null) return headers;
  if (Symbol.iterator in headers) return Array.from(headers as Iterable<readonly [string, string]>);
  return Object.entries(headers).flatMap(([name, value]) =>
    Array.isArray(value) ? value.map((line) => [name, line]) : [[name, value]],
  );
}
