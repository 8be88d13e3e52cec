// Problem details (RFC 9457), as far as a client reads them.

/** Whether an answer says that its body is a problem. */
export function isProblem(headers: Headers): boolean {
  return headers.get("content-type")?.toLowerCase().startsWith("application/problem+json") === true;
}

/** The `type` of a parsed problem. */
export function problemTypeOf(body: unknown): string | undefined {
  return textField(body, "type");
}

/** A field of a parsed body that is a text. */
export function textField(body: unknown, field: string): string | undefined {
  if (typeof body !== "object" || body === null) return undefined;
  const value = (body as Readonly<Record<string, unknown>>)[field];
  return typeof value === "string" ? value : undefined;
}
