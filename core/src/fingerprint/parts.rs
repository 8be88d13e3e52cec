//! What a fingerprint covers besides the body.

use super::digest::Alg;

/// Of a request, what its fingerprint covers besides the body. [`Parts::default`] covers nothing: the form of a value that
/// belongs to no request.
#[derive(Clone, Copy, Debug, Default)]
pub struct Parts<'a> {
    /// The method, in any case.
    pub method: Option<&'a str>,
    /// The path as on the request line, before any mounting or rewriting.
    pub path: Option<&'a str>,
    /// The query as on the request line, without `?`.
    pub query: Option<&'a str>,
    /// The media type; parameters such as `charset` do not count.
    pub media_type: Option<&'a str>,
    /// The headers that count, name and value: those a server chose, not all a client sent.
    pub headers: &'a [(&'a str, &'a str)],
}

impl Parts<'_> {
    const fn is_empty(&self) -> bool {
        self.method.is_none()
            && self.path.is_none()
            && self.query.is_none()
            && self.media_type.is_none()
            && self.headers.is_empty()
    }

    /// Appends all that stands before the body.
    pub(super) fn write(&self, alg: Alg, out: &mut Vec<u8>) {
        out.extend_from_slice(b"oa1\0");
        out.extend_from_slice(alg.name().as_bytes());
        out.push(0);
        let count_at = out.len();
        out.extend_from_slice(&0_u32.to_be_bytes());
        if self.is_empty() {
            return;
        }
        let method = self.method.unwrap_or_default().to_ascii_uppercase();
        let media_type = essence(self.media_type.unwrap_or_default());
        let mut parts = vec![
            method,
            self.path.unwrap_or_default().into(),
            self.query.unwrap_or_default().into(),
            media_type,
        ];
        parts.extend(self.header_parts());
        out[count_at..].copy_from_slice(&length(parts.len()));
        for part in &parts {
            out.extend_from_slice(&length(part.len()));
            out.extend_from_slice(part.as_bytes());
        }
    }

    /// `name:value` in the order of names, later lines of a name behind its first. A name cannot hold a colon, so no two
    /// headers are written alike.
    fn header_parts(&self) -> impl Iterator<Item = String> {
        let mut headers: Vec<(String, String)> = Vec::new();
        for (name, value) in self.headers {
            let name = name.to_ascii_lowercase();
            let value = value.trim_matches([' ', '\t']);
            match headers.binary_search_by(|(other, _)| other.cmp(&name)) {
                Ok(place) => {
                    headers[place].1.push_str(", ");
                    headers[place].1.push_str(value);
                }
                Err(place) => headers.insert(place, (name, value.into())),
            }
        }
        headers.into_iter().map(|(name, value)| name + ":" + &value)
    }
}

/// Lengths beyond 4 GiB cannot reach a header or a path; if one did, it would count as 4 GiB.
fn length(length: usize) -> [u8; 4] {
    u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes()
}

/// The media type in lower case, without parameters.
pub(super) fn essence(media_type: &str) -> String {
    let essence = media_type.split(';').next().unwrap_or_default();
    essence.trim_matches([' ', '\t']).to_ascii_lowercase()
}

/// Whether a body of this media type is JSON: `application/json`, or a structured suffix `+json` (RFC 6839).
#[must_use]
pub fn is_json(media_type: &str) -> bool {
    let essence = essence(media_type);
    essence == "application/json"
        || essence.split_once('/').is_some_and(|(_, subtype)| subtype.ends_with("+json"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(parts: &Parts<'_>) -> Vec<u8> {
        let mut out = Vec::new();
        parts.write(Alg::Jcs, &mut out);
        out
    }

    #[test]
    fn nothing_given_is_count_zero() {
        assert_eq!(written(&Parts::default()), b"oa1\0jcs\0\0\0\0\0");
    }

    #[test]
    fn each_part_stands_behind_its_length() {
        let parts = Parts {
            method: Some("post"),
            path: Some("/pay"),
            media_type: Some(" Application/JSON ; charset=utf-8"),
            headers: &[("X-SubId", " 7\t"), ("x-qonsent", ""), ("x-subid", "8")],
            ..Parts::default()
        };
        let expected = b"oa1\0jcs\0\0\0\0\x06\
            \0\0\0\x04POST\0\0\0\x04/pay\0\0\0\0\0\0\0\x10application/json\0\0\0\x0ax-qonsent:\0\0\0\x0cx-subid:7, 8";
        assert_eq!(written(&parts), expected);
    }

    #[test]
    fn an_empty_part_is_as_good_as_none_once_another_is_given() {
        let method = Parts { method: Some("GET"), ..Parts::default() };
        assert_eq!(written(&method), written(&Parts { path: Some(""), ..method }));
    }

    #[test]
    fn json_is_known_by_its_media_type() {
        for json in
            ["application/json", "APPLICATION/JSON;charset=utf-8", "application/problem+json", "image/x+json"]
        {
            assert!(is_json(json), "{json}");
        }
        for other in [
            "",
            "text/json",
            "json",
            "application/jsonp",
            "application/json-seq",
            "+json",
            "text/plain;a=b+json",
        ] {
            assert!(!is_json(other), "{other}");
        }
    }
}
