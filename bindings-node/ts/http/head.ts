// An answer's head: its lines, and what others are told of whether it has left.

import { type IncomingMessage, type OutgoingHttpHeaders, OutgoingMessage, type ServerResponse } from "node:http";
import type { Header } from "./run.js";

/** What `writeHead` takes: a status, maybe its phrase, maybe headers. */
export type HeadArguments = [status: number, ...rest: (string | HeadersGiven | undefined)[]];
type HeadersGiven = OutgoingHttpHeaders | readonly unknown[];

/** Takes a `writeHead` to the response without writing it: its headers join those that are set. */
export function readHead(response: ServerResponse, [status, ...rest]: HeadArguments): void {
  checkStatus(status);
  response.statusCode = status;
  if (typeof rest[0] === "string") response.statusMessage = rest[0];
  const given = rest.find((one) => typeof one === "object" && one !== null);
  if (given === undefined) return;
  // A list holds names and values in turn, or pairs of them, and repeats a name for every line.
  if (isList(given)) setHeaders(response, pairsOf(given));
  else for (const [name, value] of Object.entries(given)) if (value !== undefined) response.setHeader(name, value);
}

/** Throws as Node does when the head is written, which here may be long after anybody could catch it. */
export function checkStatus(status: number): void {
  if (status >= 100 && status <= 999) return;
  const message = `Invalid status code: ${status}`;
  throw Object.assign(new RangeError(message), { code: "ERR_HTTP_INVALID_STATUS_CODE" });
}

/** What Node throws at whoever writes a second head, which here may be while the first one still waits. */
export const headSent = (): Error =>
  Object.assign(new Error("Cannot write headers after they are sent to the client"), { code: "ERR_HTTP_HEADERS_SENT" });

const isList = (given: HeadersGiven): given is readonly unknown[] => Array.isArray(given);

function pairsOf(list: readonly unknown[]): Header[] {
  if (list.every(Array.isArray)) return list as unknown as Header[];
  return Array.from({ length: list.length / 2 }, (_, at): Header => [String(list[2 * at]), String(list[2 * at + 1])]);
}

/** Sets header lines: the first of a name replaces what middleware has set under it, the others join the first. */
export function setHeaders(response: ServerResponse, lines: readonly Header[]): void {
  const seen = new Set<string>();
  for (const [name, value] of lines) {
    const before = seen.size;
    if (seen.add(name.toLowerCase()).size === before) response.appendHeader(name, value);
    else response.setHeader(name, value);
  }
}

/** The same for names and values in turn. */
export function setLines(response: ServerResponse, lines: readonly string[]): void {
  for (let at = 0; at < lines.length; at += 2) {
    const [name, value] = [lines[at] as string, lines[at + 1] as string];
    if (repeats(lines, at)) response.appendHeader(name, value);
    else response.setHeader(name, value);
  }
}

/** Whether the name at `at` stands before it as well. */
function repeats(lines: readonly string[], at: number): boolean {
  const name = lines[at] as string;
  for (let before = 0; before < at; before += 2) {
    const other = lines[before] as string;
    if (other.length === name.length && other.toLowerCase() === name.toLowerCase()) return true;
  }
  return false;
}

/** Every header of the answer, repeated ones one by one. */
export function headersOf(response: ServerResponse): Header[] {
  const lines: Header[] = [];
  const headers = response.getHeaders();
  for (const name in headers) {
    const value = headers[name];
    if (Array.isArray(value)) for (const one of value) lines.push([name, String(one)]);
    else lines.push([name, String(value)]);
  }
  return lines;
}

/** The same as core takes them: names and values in turn, a line feed between each and the next. */
export function linesOf(response: ServerResponse): string {
  let lines = "";
  const headers = response.getHeaders();
  for (const name in headers) {
    const value = headers[name];
    if (Array.isArray(value)) for (const one of value) lines += line(name, one);
    else lines += line(name, String(value));
  }
  return lines.slice(1);
}

/** The lines of the wanted headers, each line by itself: two key lines must not look like one. */
export function wantedLines({ rawHeaders }: IncomingMessage, wanted: readonly string[]): string {
  let lines = "";
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = (rawHeaders[at] as string).toLowerCase();
    if (wanted.includes(name)) lines += line(name, rawHeaders[at + 1] as string);
  }
  return lines.slice(1);
}

/** No line of HTTP holds a line feed. What is no line of HTTP stays none, and must not become two. */
function line(name: string, value: string): string {
  return `\n${name}\n${value.includes("\n") ? value.replaceAll("\n", "\r") : value}`;
}

/** What of an answer is shown before it is so, because its bytes still wait for the record. */
export interface Shown {
  readonly headersSent: boolean;
  readonly writableEnded: boolean;
}

const shown = Symbol("what once-again shows");

interface Watched extends ServerResponse {
  [shown]?: Shown | undefined;
}

/** What is shown, or else what is so. One getter for all responses, so that they stay of one shape to the engine. */
function shownOr(name: keyof Shown): PropertyDescriptor {
  const get = Object.getOwnPropertyDescriptor(OutgoingMessage.prototype, name)?.get;
  return {
    configurable: true,
    get(this: Watched) {
      return this[shown]?.[name] || get?.call(this);
    },
  };
}

const watching: PropertyDescriptorMap = {
  headersSent: shownOr("headersSent"),
  writableEnded: shownOr("writableEnded"),
};

/** What others see from now on of whether `response` has left; undefined: what is so. */
export function showAs(response: ServerResponse, what: Shown | undefined): void {
  const watched = response as Watched;
  // Only where there is something to show: own getters make every later look at the response dearer.
  if (watched[shown] === undefined && !Object.hasOwn(response, "headersSent")) {
    Object.defineProperties(response, watching);
  }
  watched[shown] = what;
}
