//! How vectors write bytes.

use serde_json::Value;

/// `a1*32` stands for 32 bytes of a1 in hexadecimal.
pub(crate) fn spell_out(text: &str) -> String {
    let mut parts = text.split('*');
    let mut spelled = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let digits = part.len() - part.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let byte = spelled.get(spelled.len().saturating_sub(2)..).unwrap_or_default().to_owned();
        match part[..digits].parse::<usize>() {
            Ok(times) if times > 0 && byte.len() == 2 && byte.bytes().all(|b| b.is_ascii_hexdigit()) => {
                spelled.push_str(&byte.repeat(times - 1));
                spelled.push_str(&part[digits..]);
            }
            _ => spelled.extend(["*", part]),
        }
    }
    spelled
}

/// The bytes of a field in hexadecimal, where white space separates what belongs together; `None` for null.
pub(crate) fn bytes(field: &Value) -> Option<Vec<u8>> {
    let digits: Vec<char> = field.as_str()?.chars().filter(|c| !c.is_whitespace()).collect();
    let pair = |pair: &[char]| u8::from_str_radix(&pair.iter().collect::<String>(), 16).unwrap();
    Some(digits.chunks(2).map(pair).collect())
}
