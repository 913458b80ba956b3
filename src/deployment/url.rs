//! URLs as configuration files write them: split into parts that keep their place in the text.

use std::ops::Range;

/// The parts of `scheme://user@host:port/path`, as byte ranges of the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UrlParts {
    /// The scheme.
    pub scheme: Range<usize>,
    /// The host, with its brackets if it is an IPv6 literal.
    pub host: Range<usize>,
    /// The digits of the port; `None` where there is no port, or none after the colon.
    pub port: Option<Range<usize>>,
    /// Where the host ends.
    pub host_end: usize,
    /// Where a port would go with its colon: behind the host, over a colon that has none.
    pub no_port: Range<usize>,
}

impl UrlParts {
    /// The same parts of a text before which something else stands.
    pub fn shifted(self, by: usize) -> Self {
        let shift = |range: Range<usize>| range.start + by..range.end + by;
        Self {
            scheme: shift(self.scheme),
            host: shift(self.host),
            port: self.port.map(shift),
            host_end: self.host_end + by,
            no_port: shift(self.no_port),
        }
    }
}

/// Digits beyond which a port is no number that anybody meant.
const MAX_DIGITS: usize = 9;

/// Splits a URL. `opaque` is a character that stands for text that is not known; it may be anywhere.
///
/// # Errors
/// What is wrong with the text, and what was expected.
pub fn split(text: &str, opaque: char) -> Result<UrlParts, String> {
    let start = text.len() - text.trim_start().len();
    let end = text.trim_end().len();
    let Some(colon) = text[start..end].find("://").map(|at| start + at) else {
        return Err("it has no scheme: expected https://host:port".to_owned());
    };
    let scheme = start..colon;
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
    if !text[scheme.clone()].starts_with(|c: char| c.is_ascii_alphabetic()) || !text[scheme.clone()].chars().all(plain) {
        return Err("what stands before :// is no scheme: expected https://host:port".to_owned());
    }
    let from = colon + 3;
    let to = text[from..end].find(['/', '?', '#']).map_or(end, |at| from + at);
    let host_from = text[from..to].rfind('@').map_or(from, |at| from + at + 1);
    let authority = &text[host_from..to];
    let host_end = if authority.starts_with('[') {
        host_from + authority.find(']').ok_or("the bracket of the IPv6 address is not closed")? + 1
    } else {
        authority.find(':').map_or(to, |at| host_from + at)
    };
    let host = host_from..host_end;
    let expected = || format!("expected {}://host:port", &text[start..colon]);
    if host.is_empty() {
        return Err(format!("it has no host: {}", expected()));
    }
    check_host(&text[host.clone()], &text[to..end], opaque)?;
    let no_port = if &text[host_end..to] == ":" { host_end..to } else { host_end..host_end };
    let port = match &text[host_end..to] {
        "" | ":" => None,
        rest => {
            let digits = rest.strip_prefix(':').ok_or("something follows the host that is no port")?;
            if !digits.chars().all(|c| c.is_ascii_digit() || c == opaque) {
                return Err(format!("the port is no number: {}", expected()));
            }
            if digits.len() > MAX_DIGITS && !digits.contains(opaque) {
                return Err(format!("the port is larger than any: {}", expected()));
            }
            Some(host_end + 1..to)
        }
    };
    Ok(UrlParts { scheme, host, port, host_end, no_port })
}

fn check_host(host: &str, rest: &str, opaque: char) -> Result<(), String> {
    if host.contains(opaque) || host.starts_with('[') {
        return Ok(());
    }
    if rest.starts_with("//") && matches!(host, "http" | "https" | "tcp" | "ssl") {
        return Err(format!("{host}:// stands in it twice"));
    }
    if let Some(wrong) = host.chars().find(|c| !(c.is_alphanumeric() || matches!(c, '-' | '_' | '.'))) {
        return Err(format!("'{wrong}' cannot be in a host name"));
    }
    // A last label of digits is an IPv4 address (WHATWG URL, "ends in a number"): localhost.9443 is none.
    let last = host.trim_end_matches('.').rsplit('.').next().unwrap_or_default();
    if !last.is_empty() && last.chars().all(|c| c.is_ascii_digit()) && host.parse::<std::net::Ipv4Addr>().is_err() {
        return Err(match host.rsplit_once('.') {
            Some((name, digits)) if digits.len() > 3 => {
                format!("a '.' stands where the ':' before the port should be ({name}:{digits})")
            }
            _ => "its host is no IPv4 address".to_owned(),
        });
    }
    Ok(())
}

/// The port that a scheme means where none is written.
pub fn default_port(scheme: &str) -> Option<i64> {
    match scheme {
        "https" | "wss" => Some(443),
        "http" | "ws" => Some(80),
        // Of brokers, with TLS and without (Andes `BrokerDetails.DEFAULT_PORT`).
        "amqp" | "amqps" => Some(5672),
        _ => None,
    }
}

/// Whether a port is one that a public address may leave out, and a load balancer offers unsaid: written, or meant by the scheme.
pub fn is_public(scheme: &str, explicit: bool, port: i64) -> bool {
    port == 443 || !explicit && matches!(scheme, "https" | "http" | "wss" | "ws")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> Result<(&str, &str, Option<&str>), String> {
        split(text, '\u{fffc}').map(|parts| (&text[parts.scheme], &text[parts.host], parts.port.map(|port| &text[port])))
    }

    #[test]
    fn parts_keep_their_place() {
        assert_eq!(parts("https://km:9443/services/"), Ok(("https", "km", Some("9443"))));
        assert_eq!(parts(" https://u:p@km.example.com/x:1 "), Ok(("https", "km.example.com", None)));
        assert_eq!(parts("tcp://[::1]:9611"), Ok(("tcp", "[::1]", Some("9611"))));
        assert_eq!(parts("https://km:/x"), Ok(("https", "km", None)));
        assert_eq!(parts("https://10.0.0.5:9443"), Ok(("https", "10.0.0.5", Some("9443"))));
    }

    #[test]
    fn what_is_no_url_is_said() {
        for text in [
            "km:9443",
            "https://localhost.9443/",
            "https:///services/",
            "https://https://km:9443/",
            "https://km:94x3/",
            "https://k m/",
            "https://km;9443/",
            "https://km%20:9443/",
            "https://km:99999999999999999999/",
            "://x",
            "",
        ] {
            assert!(parts(text).is_err(), "{text}");
        }
    }
}
