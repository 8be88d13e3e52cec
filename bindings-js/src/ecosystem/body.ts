// Bodies on their way out and in.

import { textField } from "../fetch/problem.js";
import type { Body } from "../fetch/request.js";

/** What a service answered. */
export interface HttpResponse {
  readonly status: number;
  /** By name, in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Parsed JSON, a text, bytes of any other media type; null where there is no body. */
  readonly data: unknown;
}

const JSON_TYPE = /^application\/(?:[^;]*\+)?json\b/i;
const TEXT_TYPE = /^(?:text\/|application\/(?:[^;]*\+)?xml\b)/i;

/** An answer that was read to its end. */
export class Received implements HttpResponse {
  constructor(
    readonly status: number,
    readonly headers: Readonly<Record<string, string>>,
    readonly bytes: Uint8Array,
  ) {}

  /** Reads an answer within its attempt, so that one that breaks off is a failure of that attempt. */
  static async of(response: Response): Promise<Received> {
    const bytes = new Uint8Array(await response.arrayBuffer());
    const headers: Record<string, string> = {};
    for (const [name, value] of response.headers) {
      headers[name] = headers[name] === undefined ? value : `${headers[name]}, ${value}`;
    }
    return new Received(response.status, headers, bytes);
  }

  /** As the media type says. New for everybody who asks, so that nobody changes what another one reads. */
  get data(): unknown {
    const { bytes } = this;
    if (bytes.length === 0) return null;
    const type = this.headers["content-type"] ?? "text/plain";
    if (JSON_TYPE.test(type)) {
      const text = new TextDecoder().decode(bytes);
      try {
        return JSON.parse(text);
      } catch {
        return text;
      }
    }
    return TEXT_TYPE.test(type) ? new TextDecoder().decode(bytes) : bytes.slice();
  }

  /** Whether the service answered from its record of an earlier request. */
  get replayed(): boolean {
    return this.headers["idempotent-replayed"] === "true" || this.headers["x-idempotency-replay"] === "true";
  }
}

/** The code that a service gives in an error's body: at its top, or in an object `error`. */
export function codeIn(data: unknown): string | undefined {
  return textField(data, "code") ?? textField((data as { error?: unknown } | null)?.error, "code");
}

/** What a body is sent as. */
export interface Outgoing {
  readonly body: Body | undefined;
  /** The media type, where the platform would not know it. */
  readonly type?: string;
}

/** Texts, bytes, forms and streams go out as they are; everything else as JSON. */
export function outgoing(body: unknown): Outgoing {
  if (body === undefined) return { body };
  return isPlatformBody(body) ? { body } : { body: JSON.stringify(body), type: "application/json" };
}

function isPlatformBody(body: unknown): body is Body {
  return (
    typeof body === "string" ||
    body instanceof ArrayBuffer ||
    ArrayBuffer.isView(body) ||
    [Blob, FormData, URLSearchParams, ReadableStream].some((kind) => body instanceof kind)
  );
}
