//! Third-party test data, read in place: `../shared/testdata` beside the repository, or where `ONCE_AGAIN_TESTDATA` says.
//!
//! - `jcs/`: the RFC 8785 files and the number sequence of cyberphone/json-canonicalization (Apache-2.0)
//! - `json-parsing/`: the texts of nst/JSONTestSuite (MIT)
//!
//! Where the data is absent the tests say so and pass.

use once_again_core::fingerprint::canonical::canonicalize;
use once_again_core::fingerprint::number;
use once_again_core::json::{self, Reason};
use sha2::{Digest, Sha256};
use std::fs;
use std::path::{Path, PathBuf};

/// The folder, or `None` after saying why the caller is skipped.
#[expect(
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "a test may look at the world and say what it saw"
)]
fn testdata(folder: &str) -> Option<PathBuf> {
    let root = std::env::var_os("ONCE_AGAIN_TESTDATA")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/testdata"), PathBuf::from);
    let path = root.join(folder);
    if !path.exists() {
        std::println!("SKIP: no third-party test data at {}", path.display());
        return None;
    }
    Some(path)
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

fn canonical(text: &[u8]) -> Result<Vec<u8>, Reason> {
    let mut out = Vec::new();
    canonicalize(text, &mut out).map(|()| out).map_err(|error| error.reason)
}

#[test]
fn every_rfc_8785_file_has_its_published_canonical_form() {
    let Some(folder) = testdata("jcs") else { return };
    let inputs = files(&folder.join("input"));
    assert_eq!(inputs.len(), 6);
    for input in inputs {
        let output = folder.join("output").join(input.file_name().unwrap());
        let published = fs::read_to_string(&output).unwrap();
        // `values` holds 333333333.33333329, which ECMAScript changes and the lossless rule keeps.
        let expected = match input.file_stem().and_then(|stem| stem.to_str()) {
            Some("values") => published.replace("333333333.3333333,", "33333333333333329e-8,"),
            _ => published.clone(),
        };
        assert_eq!(
            canonical(&fs::read(&input).unwrap()).as_deref(),
            Ok(expected.as_bytes()),
            "{}",
            input.display()
        );
        assert_eq!(
            canonical(published.as_bytes()).as_deref(),
            Ok(published.as_bytes()),
            "{}",
            output.display()
        );
    }
}

#[test]
fn every_published_double_is_written_as_ecmascript_does_from_both_routes() {
    let Some(file) = testdata("jcs/es6-numbers-10k.csv") else { return };
    let bytes = fs::read(file).unwrap();
    assert_eq!(
        hex(&Sha256::digest(&bytes)),
        "b9f7a8e75ef22a835685a52ccba7f7d6bdc99e34b010992cbc5864cd12be6892"
    );
    let lines = String::from_utf8(bytes).unwrap();
    let mut count = 0;
    for line in lines.lines() {
        let (bits, expected) = line.split_once(',').unwrap();
        let value = f64::from_bits(u64::from_str_radix(bits, 16).unwrap());
        let mut written = Vec::new();
        number::write(value, &mut written);
        assert_eq!(written, expected.as_bytes(), "{line}");
        // Its own text is lossless, and so is any other spelling of the same decimal.
        assert_eq!(canonical(expected.as_bytes()).as_deref(), Ok(expected.as_bytes()), "{line}");
        let (sign, magnitude) =
            expected.strip_prefix('-').map_or(("", expected), |magnitude| ("-", magnitude));
        let (mantissa, exponent) = magnitude.split_once('e').unwrap_or((magnitude, "0"));
        let point = if mantissa.contains('.') { "" } else { "." };
        let respelled = format!("{sign}{mantissa}{point}000E{exponent}");
        assert_eq!(canonical(respelled.as_bytes()).as_deref(), Ok(expected.as_bytes()), "{respelled}");
        count += 1;
    }
    assert_eq!(count, 10_000);
}

#[test]
#[ignore = "slow: a million lines of the ECMAScript number sequence; run by make ready"]
fn the_first_million_lines_of_the_number_sequence_have_the_published_digest() {
    let Some(file) = testdata("jcs/es6-numbers-10k.csv") else { return };
    let published = fs::read_to_string(file).unwrap();
    let start = published.lines().take(2168).map(|line| {
        let (bits, _) = line.split_once(',').unwrap();
        u64::from_str_radix(bits, 16).unwrap()
    });
    // After the static and serial values: quarters of an iterated SHA-256, without zeros and what is no number.
    let mut block = [0_u8; 32];
    let iterated = std::iter::repeat_with(|| {
        block = Sha256::digest(block).into();
        let (quarters, _) = block.as_chunks::<8>();
        [0, 1, 2, 3].map(|i| u64::from_le_bytes(quarters[i]))
    });
    let usable = |bits: &u64| f64::from_bits(*bits).is_finite() && f64::from_bits(*bits) != 0.0;
    let mut digest = Sha256::new();
    let mut text = Vec::new();
    for (i, bits) in start.chain(iterated.flatten().filter(usable)).take(1_000_000).enumerate() {
        text.clear();
        number::write(f64::from_bits(bits), &mut text);
        digest.update(format!("{bits:x},"));
        digest.update(&text);
        digest.update("\n");
        if i + 1 == 100_000 {
            let published = "22776e6d4b49fa294a0d0f349268e5c28808fe7e0cb2bcbe28f63894e494d4c7";
            assert_eq!(hex(&digest.clone().finalize()), published);
        }
    }
    assert_eq!(hex(&digest.finalize()), "49415fee2c56c77864931bd3624faad425c3c577d6d74e89a83bc725506dad16");
}

#[test]
fn hostile_json_texts_are_accepted_or_refused_as_they_must_be() {
    let Some(folder) = testdata("json-parsing/test_parsing") else { return };
    let texts = files(&folder);
    assert_eq!(texts.len(), 318);
    for path in texts {
        let text = fs::read(&path).unwrap();
        let name = path.file_name().unwrap().to_str().unwrap();
        // The readers differ in one thing: only this one lets a name come twice.
        let lenient = std::str::from_utf8(&text)
            .is_ok_and(|text| json::from_str::<serde::de::IgnoredAny>(text).is_ok());
        let (parsed, written) = (json::parse(&text), canonical(&text));
        match (name.as_bytes()[0], name.starts_with("y_object_duplicated_key")) {
            (b'y', false) => {
                assert!(parsed.is_ok() && written.is_ok() && lenient, "{name}: {parsed:?} {written:?}");
            }
            (b'y', true) => {
                assert_eq!(written, Err(Reason::DuplicateName), "{name}");
                assert!(parsed.is_err() && lenient, "{name}");
            }
            (b'n', _) => assert!(parsed.is_err() && written.is_err() && !lenient, "{name}"),
            _ if written == Err(Reason::ExponentTooLarge) => assert!(parsed.is_ok() && lenient, "{name}"),
            _ => assert!(parsed.is_ok() == written.is_ok() && written.is_ok() == lenient, "{name}"),
        }
    }
}

#[test]
fn texts_that_readers_disagree_about_never_crash_and_are_told_apart() {
    let Some(folder) = testdata("json-parsing/test_transform") else { return };
    let texts = files(&folder);
    assert_eq!(texts.len(), 22);
    let name = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_owned();
    let mut seen = Vec::new();
    for path in &texts {
        if let Ok(written) = canonical(&fs::read(path).unwrap()) {
            seen.push((name(path), String::from_utf8(written).unwrap()));
        }
    }
    let of = |wanted: &str| seen.iter().find(|(name, _)| name == wanted).map(|(_, text)| text.as_str());
    assert_eq!(of("number_1.0.json"), Some("[1]"));
    assert_eq!(of("number_1e6.json"), Some("[1000000]"));
    assert_eq!(of("number_1.000000000000000005.json"), Some("[1000000000000000005e-18]"));
    assert_eq!(of("number_10000000000000000999.json"), Some("[10000000000000000999e0]"));
    assert_eq!(of("number_9223372036854775807.json"), Some("[9223372036854775807e0]"));
    assert_eq!(of("number_1e-999.json"), Some("[1e-999]"));
    assert_eq!(of("string_with_escaped_NULL.json"), Some(r#"["A\u0000B"]"#));
    assert_eq!(of("object_same_key_same_value.json"), None);
    assert_eq!(of("string_1_escaped_invalid_codepoint.json"), None);
    // Composed and decomposed letters are two names, in one order.
    assert!(
        of("object_key_nfc_nfd.json").is_some_and(|nfc| nfc.contains("\u{e9}") && nfc.contains("e\u{301}"))
    );
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}
