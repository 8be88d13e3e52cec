//! The origin of a URL: under which breakers know a service.

use std::net::Ipv6Addr;

/// The schemes that have an origin, and the ports that their URLs need not write (URL standard, special schemes).
const SCHEMES: [(&str, u16); 5] = [("http", 80), ("https", 443), ("ws", 80), ("wss", 443), ("ftp", 21)];

/// What no host contains (URL standard, forbidden domain code points), control characters aside.
const FORBIDDEN: &[u8] = b" #/:<>?@[\\]^|%";

/// Scheme, host and port of an absolute URL as RFC 6454 writes them: `https://api.example.com`, the scheme's own port left
/// out. `None`: the URL is relative, its scheme has no origin, or its host is none.
///
/// A host must be ASCII: making it so (IDNA) takes tables that every platform has already.
#[must_use]
pub fn origin(url: &str) -> Option<String> {
    let (scheme, rest) = url.trim().split_once("://")?;
    let (scheme, usual) = SCHEMES.into_iter().find(|(name, _)| name.eq_ignore_ascii_case(scheme))?;
    let authority = rest.split(['/', '\\', '?', '#']).next()?;
    let server = authority.rsplit_once('@').map_or(authority, |(_, server)| server);
    let (host, port) = if let Some(rest) = server.strip_prefix('[') {
        let (address, port) = rest.split_once(']')?;
        (format!("[{}]", address.parse::<Ipv6Addr>().ok()?), port)
    } else {
        let (name, port) = server.find(':').map_or((server, ""), |at| server.split_at(at));
        (domain(name)?, port)
    };
    let port = match port.strip_prefix(':') {
        None if !port.is_empty() => return None,
        None | Some("") => usual,
        Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => digits.parse().ok()?,
        Some(_) => return None,
    };
    Some(if port == usual { format!("{scheme}://{host}") } else { format!("{scheme}://{host}:{port}") })
}

fn domain(name: &str) -> Option<String> {
    let is_fine = |byte: u8| byte.is_ascii_graphic() && !FORBIDDEN.contains(&byte);
    (!name.is_empty() && name.bytes().all(is_fine)).then(|| name.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_written_in_one_way() {
        for (url, expected) in [
            ("https://api.example.com/v1?q#f", "https://api.example.com"),
            ("HTTPS://API.Example.COM:443", "https://api.example.com"),
            ("http://api.example.com:443/", "http://api.example.com:443"),
            ("http://user:pass@a.example:080/x@y", "http://a.example"),
            ("http://a.example:/", "http://a.example"),
            ("http://[::1]:80/", "http://[::1]"),
            ("http://[0:0:0:0:0:0:0:1]:8080", "http://[::1]:8080"),
            ("wss://a_b.example:8443?x=/", "wss://a_b.example:8443"),
            ("https://xn--bcher-kva.example", "https://xn--bcher-kva.example"),
        ] {
            assert_eq!(origin(url).as_deref(), Some(expected), "{url}");
        }
    }

    #[test]
    fn what_has_no_origin_has_none() {
        for url in [
            "",
            "/path",
            "api.example.com",
            "data:text/plain,x",
            "file:///etc/hosts",
            "https://",
            "https:///path",
            "https://a b.example",
            "https://a%20b.example",
            "https://bücher.example",
            "https://a.example:port",
            "https://a.example:65536",
            "https://[::1",
            "https://[zz]",
            "https://[::1]x",
        ] {
            assert_eq!(origin(url), None, "{url}");
        }
    }
}
