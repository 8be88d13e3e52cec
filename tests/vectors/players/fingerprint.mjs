// Plays `fingerprint*.json`: takes fingerprints, and compares them with a SHA-256 over the layout that the case spells out.

import { bytesOf, hexOf } from "./script.mjs";

const utf8 = new TextEncoder();

export async function play(given, { fingerprint, ConfigError }, { expect }) {
  const { text, texts = [], hex, parsed, ...options } = given;
  const bodies = [...texts, ...(text === undefined ? [] : [text])].map((body) => utf8.encode(body));
  if (hex !== undefined) bodies.push(bytesOf(hex));
  if (bodies.length === 0) throw new Error("a case without a body");

  const { error, ...layout } = expect;
  for (const bytes of bodies) {
    const wanted = error === undefined ? await byHand(layout, bytes) : `refused ${error}`;
    const taken = [take(bytes)];
    if (parsed === true) taken.push(take(JSON.parse(new TextDecoder().decode(bytes))));
    for (const found of taken) {
      if (found !== wanted) return { [new TextDecoder().decode(bytes)]: found, wanted };
      if (error === undefined && found !== (expect.fingerprint ?? found)) return { fingerprint: found };
    }
  }
  return expect;

  function take(body) {
    try {
      return fingerprint(body, Object.keys(options).length === 0 ? undefined : options);
    } catch (refused) {
      if (!(refused instanceof ConfigError)) throw refused;
      return `refused ${refused.field === "mediaType" ? "multipart" : refused.field}`;
    }
  }
}

/** `alg:hex` of the layout, from the expectation alone. */
async function byHand({ alg, parts = [], canonical, hex }, body) {
  const pieces = [utf8.encode(`oa1\0${alg}\0`), length(parts.length)];
  for (const part of parts.map((one) => utf8.encode(one))) pieces.push(length(part.length), part);
  pieces.push(canonical !== undefined ? utf8.encode(canonical) : hex !== undefined ? bytesOf(hex) : body);
  const digest = await crypto.subtle.digest("SHA-256", await new Blob(pieces).arrayBuffer());
  return `${alg}:${hexOf(new Uint8Array(digest))}`;
}

function length(number) {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, number);
  return bytes;
}
