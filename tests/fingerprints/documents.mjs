// Documents drawn from a seed, each as two JSON texts that say the same in other words: other order of keys, other spellings
// of numbers and characters, other blanks.

/** A generator of uniform numbers below `n` (mulberry32): the same seed, the same documents. */
function drawing(seed) {
  let state = seed >>> 0;
  return (n) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * n);
  };
}

const ALPHABET = [
  "a",
  "b",
  "B",
  "0",
  "~",
  "/",
  '"',
  "\\",
  "\n",
  "\u0000",
  "é",
  "\u2028",
  "\ud7ff",
  "\ue000",
  "\uffff",
  "😂",
  "𝒳",
];
const BLANKS = ["", "", "", " ", "\n", "\t \r"];

/** Documents until nobody asks any more: `{ text, respelled, value }`; `value` only where doubles hold every number of it. */
export function* documents(seed) {
  const draw = drawing(seed);
  const pick = (list) => list[draw(list.length)];
  const times = (n, make) => Array.from({ length: n }, make);
  const string = () => times(draw(6), () => pick(ALPHABET)).join("");
  const digits = (n) => times(n, () => draw(10)).join("");

  /** A decimal: sign, digits without zeros at either end, and the power of ten of the last one. */
  function number() {
    const negative = draw(2) === 0;
    if (draw(12) === 0) return { negative, digits: "0", exponent: 0, exact: true };
    const long = draw(4) === 0;
    const body = `${1 + draw(9)}${digits(draw(long ? 38 : 13))}${1 + draw(9)}`;
    // Two to fifteen digits and a small exponent: every such decimal is what its double prints.
    const exponent = long ? draw(400) - 200 : draw(20) - 10;
    return { negative, digits: body, exponent, exact: !long };
  }

  function tree(depth) {
    const kind = draw(depth === 0 ? 5 : 8);
    if (kind === 0) return { kind: "literal", value: pick([null, true, false]) };
    if (kind <= 2) return { kind: "number", ...number() };
    if (kind <= 4) return { kind: "string", value: string() };
    if (kind === 5) return { kind: "array", items: times(draw(5), () => tree(depth - 1)) };
    const members = new Map(times(draw(7), () => [string(), undefined]));
    for (const name of members.keys()) members.set(name, tree(depth - 1));
    return { kind: "object", members: [...members] };
  }

  const spelled = ({ negative, digits: whole, exponent }) => {
    const sign = negative ? "-" : "";
    if (whole === "0") return sign + pick(["0", "0.0", "0e7", "0.000E-3"]);
    const form = draw(4);
    if (form === 0 && exponent >= 0 && exponent < 25) return sign + whole + "0".repeat(exponent);
    if (form === 1 && exponent < 0 && -exponent < whole.length) {
      return `${sign}${whole.slice(0, exponent)}.${whole.slice(exponent)}${"0".repeat(draw(3))}`;
    }
    if (form === 2) return `${sign}${whole[0]}.${whole.slice(1)}${pick(["e", "E"])}${exponent + whole.length - 1}`;
    const zeros = draw(3);
    return `${sign}${whole}${"0".repeat(zeros)}e${exponent - zeros >= 0 ? pick(["", "+"]) : ""}${exponent - zeros}`;
  };

  const quoted = (text) => {
    let out = "";
    for (let at = 0; at < text.length; at += 1) {
      const unit = text.charCodeAt(at);
      const plain = unit >= 0x20 && unit !== 0x22 && unit !== 0x5c;
      const surrogate = unit >= 0xd800 && unit <= 0xdfff;
      if (surrogate) {
        // The two halves of a pair stay together: as they are, or escaped both.
        const pair = text.slice(at, at + 2);
        at += 1;
        out += draw(2) === 0 ? pair : [...pair.split("")].map(escaped).join("");
      } else {
        out += plain && draw(4) > 0 ? text[at] : escaped(text[at]);
      }
    }
    return `"${out}"`;
  };
  const escaped = (unit) => {
    const short = { '"': '\\"', "\\": "\\\\", "/": "\\/", "\n": "\\n" }[unit];
    const hex = unit.charCodeAt(0).toString(16).padStart(4, "0");
    return short !== undefined && draw(2) === 0 ? short : `\\u${draw(2) === 0 ? hex : hex.toUpperCase()}`;
  };

  function shuffled(list) {
    const out = [...list];
    for (let at = out.length - 1; at > 0; at -= 1) {
      const other = draw(at + 1);
      [out[at], out[other]] = [out[other], out[at]];
    }
    return out;
  }

  function written(node) {
    const blank = () => pick(BLANKS);
    const around = (inner) => blank() + inner + blank();
    if (node.kind === "literal") return around(String(node.value));
    if (node.kind === "number") return around(spelled(node));
    if (node.kind === "string") return around(quoted(node.value));
    if (node.kind === "array") return around(`[${node.items.map(written).join(",") || blank()}]`);
    const members = shuffled(node.members).map(([name, inner]) => `${around(quoted(name))}:${written(inner)}`);
    return around(`{${members.join(",") || blank()}}`);
  }

  const exact = (node) =>
    node.kind === "number"
      ? node.exact
      : node.kind === "array"
        ? node.items.every(exact)
        : node.kind !== "object" || node.members.every(([, inner]) => exact(inner));

  for (;;) {
    const root = tree(4);
    const text = written(root);
    yield { text, respelled: written(root), ...(exact(root) && { value: JSON.parse(text) }) };
  }
}

/** `count` bodies made of `texts` by cutting, doubling, flipping and inserting bytes. */
export function mutated(texts, count, seed) {
  const draw = drawing(seed);
  const telling = [
    0x00, 0x22, 0x2c, 0x30, 0x2d, 0x5b, 0x5c, 0x5d, 0x65, 0x75, 0x7b, 0x7d, 0x80, 0xc0, 0xed, 0xef, 0xf5, 0xff,
  ];
  return Array.from({ length: count }, () => {
    let bytes = [...texts[draw(texts.length)].subarray(0, 2_000)];
    for (let turn = 1 + draw(4); turn > 0; turn -= 1) {
      const at = draw(bytes.length + 1);
      const kind = draw(5);
      if (kind === 0) bytes.splice(at, 1 + draw(8));
      else if (kind === 1) bytes.splice(at, 0, telling[draw(telling.length)]);
      else if (kind === 2 && at < bytes.length) bytes[at] ^= 1 << draw(8);
      else if (kind === 3) bytes = bytes.slice(0, at);
      else bytes.splice(at, 0, ...bytes.slice(at, at + draw(40)));
    }
    return Uint8Array.from(bytes);
  });
}
