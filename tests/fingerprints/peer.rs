//! Rust's answers for tests in other languages: one line of hexadecimal in, the fingerprint of those bytes as a body out.

use once_again_core::fingerprint::{Fingerprint, Options, Parts};
use std::io::{self, BufRead as _, Write as _};

fn bytes(line: &str) -> Vec<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok()).unwrap();
    line.as_bytes().chunks(2).map(|pair| digit(pair[0]) << 4 | digit(pair[1])).collect()
}

fn main() -> io::Result<()> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    for line in io::stdin().lock().lines() {
        let fingerprint = Fingerprint::of_bytes(&Parts::default(), &bytes(&line?), &Options::default());
        writeln!(out, "{}", fingerprint.expect("only a media type could refuse it"))?;
    }
    out.flush()
}
