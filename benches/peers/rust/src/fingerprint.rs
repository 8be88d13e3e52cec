//! A key-order-stable digest of a JSON text, from the bytes a server receives: canonical form (RFC 8785), then SHA-256.

use crate::measure::row;
use once_again_core::fingerprint::{Fingerprint, Options, Parts};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::fmt::Write;
use std::hint::black_box;

pub fn rows() -> Vec<Value> {
    [1, 100].map(fingerprint).into()
}

fn fingerprint(kilobytes: usize) -> Value {
    let body = order(kilobytes * 1_000);
    let ours =
        || _ = black_box(Fingerprint::of_json(&Parts::default(), body.as_bytes(), &Options::default()));
    let peer = || {
        let value: Value = serde_json::from_str(&body).expect("the body is JSON");
        black_box(Sha256::digest(serde_jcs::to_vec(&value).expect("the value is JSON")));
    };
    row(
        &format!("rust-fingerprint-{kilobytes}k"),
        &format!("fingerprint of {kilobytes} KB of JSON"),
        0.25,
        vec![("ours", Box::new(ours)), ("serde_jcs + sha2", Box::new(peer))],
    )
}

/// An order with as many lines as it takes: nested objects, unsorted keys, numbers, escapes, text beyond ASCII.
fn order(bytes: usize) -> String {
    let customer = r#"{"name":"Zoë \"Z\" Ångström","id":7,"email":"z@example.com"}"#;
    let mut text = format!(r#"{{"order":"A-1","customer":{customer},"lines":["#);
    for i in 0_u32.. {
        let (quantity, price) = (i % 7, f64::from(i) * 1.25);
        write!(
            text,
            r#"{{"sku":"SKU-{i}","quantity":{quantity},"price":{price},"note":"line\nbreak","tags":["new","sale"],"active":true,"discount":null}}"#
        )
        .expect("a String takes any text");
        if text.len() >= bytes {
            break;
        }
        text.push(',');
    }
    text + "]}"
}
