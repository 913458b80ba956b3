//! Values that hold several addresses: where in the text each of them is.

use std::ops::Range;

use crate::catalogue::AddressFormat;

/// One address within a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// Bytes of the value: a URL.
    pub range: Range<usize>,
    /// The scheme that it has in the catalogue, where its own does not say it: a broker over TLS.
    pub scheme: Option<&'static str>,
    /// The group that it stands in, where the value says groups.
    pub group: usize,
}

/// The option of a JMS connection URL that names its brokers.
const BROKERS: &str = "brokerlist=";

/// The addresses of a value, in order. Blanks and quotes around them do not belong to them.
///
/// # Errors
/// What is wrong with the value as a whole, and what was expected.
pub fn addresses(format: AddressFormat, text: &str) -> Result<Vec<Address>, String> {
    let all = 0..text.len();
    Ok(match format {
        AddressFormat::Url => vec![plain(all)],
        // A * means everybody, and is nobody's address.
        AddressFormat::UrlList => parts(text, all, &[',']).filter(|range| &text[range.clone()] != "*").map(plain).collect(),
        AddressFormat::DatabridgeGroup => {
            let groups = check_braces(text)?;
            let of = |range: Range<usize>| {
                let group = groups.iter().position(|group| group.contains(&range.start)).unwrap_or(groups.len());
                Address { group, ..plain(range) }
            };
            parts(text, all, &[',', '|', '{', '}']).map(of).collect()
        }
        AddressFormat::BrokerList => parts(text, all, &[',', ';']).map(|range| broker(text, range)).collect(),
        AddressFormat::AmqpUrl => brokers(text)?,
        AddressFormat::JdbcUrl => jdbc(text).into_iter().collect(),
    })
}

fn plain(range: Range<usize>) -> Address {
    Address { range, scheme: None, group: 0 }
}

/// Pieces between separators, without the blanks and quotes around them; empty ones left out.
fn parts<'a>(text: &'a str, within: Range<usize>, separators: &'a [char]) -> impl Iterator<Item = Range<usize>> + 'a {
    let mut at = within.start;
    let pieces = text[within].split(separators).map(move |piece| {
        let start = at;
        // Every separator is one byte.
        at += piece.len() + 1;
        (start, piece)
    });
    let bare = |c: char| c.is_whitespace() || matches!(c, '"' | '\'');
    pieces.filter_map(move |(start, piece)| {
        let trimmed = piece.trim_matches(bare);
        let from = start + (piece.len() - piece.trim_start_matches(bare).len());
        (!trimmed.is_empty()).then(|| from..from + trimmed.len())
    })
}

/// The groups of a value in braces; none where it has no braces.
fn check_braces(text: &str) -> Result<Vec<Range<usize>>, String> {
    let (mut open, mut groups): (Option<usize>, Vec<Range<usize>>) = (None, Vec::new());
    for (at, letter) in text.char_indices().filter(|(_, letter)| matches!(letter, '{' | '}')) {
        match (letter, open) {
            ('{', Some(_)) => return Err("a group begins within a group".to_owned()),
            ('{', None) => open = Some(at + 1),
            (_, None) => return Err("a group ends that did not begin".to_owned()),
            (_, Some(start)) if text[start..at].trim().is_empty() => return Err("a group is empty".to_owned()),
            (_, Some(start)) => {
                groups.push(start..at);
                open = None;
            }
        }
    }
    if open.is_some() { Err("a group is not closed: expected }".to_owned()) } else { Ok(groups) }
}

/// What may stand before `://` of a broker. Of anything else its reader says `Unknown transport` (Andes `AMQBrokerDetails`).
const TRANSPORTS: [&str; 6] = ["tcp", "ssl", "amqp", "amqps", "socket", "vm"];

/// A broker: its URL ends where its options begin, and these say whether it is called over TLS (Andes `AMQBrokerDetails`).
fn broker(text: &str, range: Range<usize>) -> Address {
    let whole = &text[range.clone()];
    let end = whole.find(['?', '\'', '"', '&', '%']).unwrap_or(whole.len());
    let scheme = if whole.starts_with("ssl://") || is_tls(&whole[end..]) { "amqps" } else { "amqp" };
    let is_known = whole.split_once("://").is_none_or(|(written, _)| is_transport(written));
    Address { range: range.start..range.start + end, scheme: is_known.then_some(scheme), group: 0 }
}

/// What is filled in later may be one.
fn is_transport(written: &str) -> bool {
    let plain = written.chars().all(|letter| letter.is_ascii_alphanumeric());
    !plain || TRANSPORTS.iter().any(|known| written.eq_ignore_ascii_case(known))
}

fn is_tls(options: &str) -> bool {
    let plain: String = options.chars().filter(|letter| !letter.is_whitespace() && !matches!(letter, '\'' | '"')).collect();
    plain.to_lowercase().contains("ssl=true")
}

/// The brokers of a JMS connection URL (Andes `URLParser`).
fn brokers(text: &str) -> Result<Vec<Address>, String> {
    if !text.trim_start().starts_with("amqp://") {
        return Err("expected amqp://user:password@clientid/carbon?brokerlist='tcp://host:port'".to_owned());
    }
    let Some(start) = text.find(BROKERS).map(|at| at + BROKERS.len()) else {
        return Err("it names no broker: expected ?brokerlist='tcp://host:port'".to_owned());
    };
    check_user(&text[..start])?;
    let quotes = text[start..].matches('\'').count();
    if !text[start..].starts_with('\'') {
        return Err("the broker list is not in quotes: expected brokerlist='tcp://host:port'".to_owned());
    }
    if quotes % 2 == 1 {
        return Err("a quote of the broker list is not closed".to_owned());
    }
    let end = start + list_end(&text[start..]);
    let rest = text[end..].trim_start_matches('\'').trim();
    if !rest.is_empty() && !["&", "%26", "%3B", ";"].iter().any(|between| rest.starts_with(between)) {
        return Err(
            "options of a broker stand outside the quotes of the list: expected brokerlist='tcp://host:port?retries='5''"
                .to_owned(),
        );
    }
    let brokers = parts(text, start..end, &[';']).map(|range| broker(text, range)).collect::<Vec<_>>();
    if brokers.is_empty() { Err("its broker list is empty: expected tcp://host:port".to_owned()) } else { Ok(brokers) }
}

/// The user part ends at the first `@`, and its name at the first `:`; both have to be written otherwise within it. Nothing of
/// it is quoted: it holds a password.
fn check_user(before: &str) -> Result<(), String> {
    let from = before.find("amqp://").map_or(0, |at| at + "amqp://".len());
    let head = before[from..].split('?').next().unwrap_or_default();
    let Some((user, _)) = head.rsplit_once('@') else { return Ok(()) };
    let raw = [('@', "%40"), ('/', "%2F")].into_iter().find(|(letter, _)| user.contains(*letter));
    let raw = raw.or_else(|| (user.matches(':').count() > 1).then_some((':', "%3A")));
    match raw {
        Some((letter, escape)) => Err(format!("its user part holds a `{letter}` of its own: expected {escape}")),
        None => Ok(()),
    }
}

/// Where a quoted broker list ends. Options of brokers have quotes of their own: `'tcp://a:1?retries='5'%26delay='50';tcp://b:2'`.
/// A quote behind `=` begins one of these; the list ends at the first quote that neither begins nor ends one.
fn list_end(list: &str) -> usize {
    let bytes = list.as_bytes();
    let mut within_option = false;
    for (at, byte) in bytes.iter().enumerate().skip(1) {
        if *byte != b'\'' {
            continue;
        }
        if within_option {
            within_option = false;
        } else if bytes[at - 1] == b'=' {
            within_option = true;
        } else {
            return at;
        }
    }
    list.len()
}

/// The URL of a database that is reached over the network; embedded ones have no address.
fn jdbc(text: &str) -> Option<Address> {
    let from = text.find("jdbc:")? + "jdbc:".len();
    let rest = &text[from..];
    let network = rest.find("//").is_some_and(|slashes| rest[..slashes].ends_with(':'));
    // Oracle's thin driver has host:port behind an @, H2 and Derby have a path.
    let end = rest.find([';', '?', '\'', '"']).unwrap_or(rest.trim_end().len());
    (network && !rest.starts_with("h2:")).then(|| plain(from..from + end))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(format: AddressFormat, text: &str) -> Vec<(&str, Option<&'static str>)> {
        let all = addresses(format, text).expect("addresses");
        all.into_iter().map(|address| (&text[address.range], address.scheme)).collect()
    }

    #[test]
    fn lists_and_groups_are_told_apart() {
        let urls = |format, text| found(format, text).into_iter().map(|(url, _)| url).collect::<Vec<_>>();
        assert_eq!(urls(AddressFormat::UrlList, "http://a:1, https://b:2"), ["http://a:1", "https://b:2"]);
        assert_eq!(urls(AddressFormat::UrlList, " \"http://a:1\" ,"), ["http://a:1"]);
        assert_eq!(
            urls(AddressFormat::DatabridgeGroup, "{tcp://a:1|tcp://b:2},{tcp://c:3}"),
            ["tcp://a:1", "tcp://b:2", "tcp://c:3"]
        );
        assert_eq!(urls(AddressFormat::DatabridgeGroup, "tcp://a:1"), ["tcp://a:1"]);
        for text in ["{tcp://a:1", "tcp://a:1}", "{{tcp://a:1}}"] {
            assert!(addresses(AddressFormat::DatabridgeGroup, text).is_err(), "{text}");
        }
    }

    #[test]
    fn brokers_keep_their_options_to_themselves() {
        let url = "amqp://u:p@clientid/carbon?failover='roundrobin'%26cyclecount='2'%26\
            brokerlist='tcp://a:5672?retries='5'%26connectdelay='50';tcp://b:8672?ssl='true''&x='y'";
        let expected = [("tcp://a:5672", Some("amqp")), ("tcp://b:8672", Some("amqps"))];
        assert_eq!(found(AddressFormat::AmqpUrl, url), expected);
        assert_eq!(found(AddressFormat::BrokerList, "\"tcp://a:1\""), [("tcp://a:1", Some("amqp"))]);
        // The scheme that it says then is its own.
        assert_eq!(found(AddressFormat::BrokerList, "https://a:1"), [("https://a:1", None)]);
        for text in
            ["tcp://a:1", "amqp://u:p@c/carbon", "amqp://u:p@c/carbon?brokerlist='tcp://a:1", "amqp://c?brokerlist=tcp://a:1"]
        {
            assert!(addresses(AddressFormat::AmqpUrl, text).is_err(), "{text}");
        }
    }

    #[test]
    fn databases_without_a_network_have_no_address() {
        let mysql = "jdbc:mysql://db:3306/apim?autoReconnect=true";
        assert_eq!(found(AddressFormat::JdbcUrl, mysql), [("mysql://db:3306/apim", None)]);
        assert_eq!(found(AddressFormat::JdbcUrl, "jdbc:sqlserver://db:1433;databaseName=x"), [("sqlserver://db:1433", None)]);
        assert!(found(AddressFormat::JdbcUrl, "jdbc:h2:repository/database/WSO2AM_DB;AUTO_SERVER=TRUE").is_empty());
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_within_its_bounds(text in "\\PC{0,60}|[a-z:/{}|,;'?=%&0-9]{0,60}") {
            use AddressFormat::{AmqpUrl, BrokerList, DatabridgeGroup, JdbcUrl, Url, UrlList};
            for format in [Url, UrlList, DatabridgeGroup, BrokerList, AmqpUrl, JdbcUrl] {
                for address in addresses(format, &text).unwrap_or_default() {
                    proptest::prop_assert!(text.get(address.range).is_some());
                }
            }
        }
    }
}
