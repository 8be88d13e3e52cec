// Which trace a call belongs to. OpenTelemetry is neither imported nor required: whoever registered its API left it where
// every copy of that API looks for it, under a symbol of its major version.

import { newId } from "../id.js";
import { observe } from "../observe.js";

/** What may be said about the request that a call is a part of. */
export interface TraceOptions {
  /** The request's W3C `traceparent` header. */
  readonly traceparent?: string | undefined;
  /** The request's `x-request-id`, for those who have no `traceparent`. */
  readonly requestId?: string | undefined;
}

interface Span {
  spanContext(): { readonly traceId: string };
  addEvent?(name: string, attributes: Record<string, string | number>): unknown;
}

interface Api {
  readonly context?: { active?(): { getValue?(key: symbol): Span | undefined } | undefined };
}

const API = Symbol.for("opentelemetry.js.api.1");
const SPAN = Symbol.for("OpenTelemetry Context Key SPAN");

/** The span that is active here, when OpenTelemetry is registered. */
function activeSpan(): Span | undefined {
  const api = (globalThis as { [API]?: Api })[API];
  if (api === undefined) return undefined;
  let span: Span | undefined;
  observe(() => {
    span = api.context?.active?.()?.getValue?.(SPAN);
  }, undefined);
  return span;
}

/** An id of zeroes means that there is no trace. */
const TRACE_ID = /^(?!0{32})[0-9a-f]{32}$/;
const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}/;

function idOf(span: Span | undefined): string | undefined {
  let id: unknown;
  if (span !== undefined) {
    observe(() => {
      id = span.spanContext().traceId;
    }, undefined);
  }
  return typeof id === "string" && TRACE_ID.test(id) ? id : undefined;
}

/** What is no text says nothing: `headers.get` answers null, and a wrong field must not take the place of the call's end. */
const textOf = (given: unknown): string => (typeof given === "string" ? given : "");

/** The trace of OpenTelemetry's active span, else of the request, else the request itself, else a new UUID. */
export function traceIdOf({ traceparent, requestId }: TraceOptions): string {
  const ofRequest = TRACEPARENT.exec(textOf(traceparent).trim().toLowerCase())?.[1];
  return (
    idOf(activeSpan()) ??
    (ofRequest !== undefined && TRACE_ID.test(ofRequest) ? ofRequest : undefined) ??
    (textOf(requestId) || newId())
  );
}

/** Notes a failed attempt on the active span; `delay` is in seconds. */
export function noteOnSpan(attempt: number, kind: string, delay: number | null): void {
  const span = activeSpan();
  if (span?.addEvent === undefined) return;
  const attributes = delay === null ? { attempt, kind } : { attempt, kind, delay };
  observe(() => span.addEvent?.("retry.attempt", attributes), undefined);
}
