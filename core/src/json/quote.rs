//! Strings as JSON writes them: `"`, `\` and control characters escaped, all else as it is.

use super::scan::plain_len;

/// Appends `text` between quotes, escaped as `JSON.stringify` and RFC 8785 have it.
pub(crate) fn quote(text: &str, out: &mut Vec<u8>) {
    let mut rest = text.as_bytes();
    out.push(b'"');
    loop {
        let (plain, special) = rest.split_at(plain_len(rest));
        out.extend_from_slice(plain);
        let [byte, after @ ..] = special else { break };
        escape(*byte, out);
        rest = after;
    }
    out.push(b'"');
}

/// `text` between quotes. The standard library's own way of showing a text escapes what cannot be seen as well, and brings
/// tables of all that into the wasm.
pub(crate) fn quoted(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len() + 2);
    quote(text, &mut out);
    String::from_utf8(out).unwrap_or_default()
}

/// The escape of a `"`, a `\` or a control character: a short one where it exists, lower-case `\u00xx` otherwise.
pub(crate) fn escape(byte: u8, out: &mut Vec<u8>) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let short = match byte {
        b'"' | b'\\' => byte,
        0x08 => b'b',
        b'\t' => b't',
        b'\n' => b'n',
        0x0C => b'f',
        b'\r' => b'r',
        _ => {
            let digits = [HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]];
            out.extend_from_slice(b"\\u00");
            out.extend_from_slice(&digits);
            return;
        }
    };
    out.extend_from_slice(&[b'\\', short]);
}
