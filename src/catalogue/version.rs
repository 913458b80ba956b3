//! Product families (`2.6`) and ranges of them.

use std::fmt;
use std::str::FromStr;

use serde::Deserialize;
use serde::de::{Deserializer, Error};

/// A product family: the first two numbers of a version. `1.10` comes after `1.9`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Family {
    major: u32,
    minor: u32,
}

impl FromStr for Family {
    type Err = String;

    /// Reads `2.6`, `2.6.0`, `4.7.0-SNAPSHOT`; what follows the second number is ignored.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut numbers = text.trim().split(['.', '-']).map(str::parse::<u32>);
        match (numbers.next(), numbers.next()) {
            (Some(Ok(major)), Some(Ok(minor))) => Ok(Self { major, minor }),
            (Some(Ok(major)), None) => Ok(Self { major, minor: 0 }),
            _ => Err(format!("'{text}' is no version: expected numbers such as 2.6 or 2.6.0")),
        }
    }
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

impl<'de> Deserialize<'de> for Family {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

/// A range of families, both ends included: `1.8..2.6`, `3.0..`, `..2.6`, `2.6`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Range {
    from: Option<Family>,
    to: Option<Family>,
}

impl Range {
    /// Whether the family lies in the range.
    pub fn contains(self, family: Family) -> bool {
        self.from.is_none_or(|from| from <= family) && self.to.is_none_or(|to| family <= to)
    }

    /// Whether it holds for every version.
    pub fn is_all(self) -> bool {
        self.from.is_none() && self.to.is_none()
    }
}

impl fmt::Display for Range {
    /// In words: `1.8 to 2.6`, `from 3.0 on`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.from, self.to) {
            (None, None) => formatter.write_str("all versions"),
            (Some(from), None) => write!(formatter, "from {from} on"),
            (None, Some(to)) => write!(formatter, "up to {to}"),
            (Some(from), Some(to)) if from == to => write!(formatter, "{from} only"),
            (Some(from), Some(to)) => write!(formatter, "{from} to {to}"),
        }
    }
}

impl FromStr for Range {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let end = |text: &str| if text.is_empty() { Ok(None) } else { text.parse().map(Some) };
        match text.split_once("..") {
            Some((from, to)) => Ok(Self { from: end(from)?, to: end(to)? }),
            None => text.parse().map(|family| Self { from: Some(family), to: Some(family) }),
        }
    }
}

impl<'de> Deserialize<'de> for Range {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

/// Something that holds for some versions.
pub trait Versioned {
    /// The versions for which it holds.
    fn versions(&self) -> Range;
}

/// The first entry that holds for the family. Without one, only an entry that holds for every version counts.
pub fn pick<T: Versioned>(entries: &[T], family: Option<Family>) -> Option<&T> {
    entries.iter().find(|entry| holds(entry.versions(), family))
}

/// Whether a range holds for a family, or for every version where none is known.
pub fn holds(range: Range, family: Option<Family>) -> bool {
    family.map_or(range.is_all(), |family| range.contains(family))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_ten_comes_after_one_nine() {
        let family = |text: &str| text.parse::<Family>().expect("a family");
        assert!(family("1.10") > family("1.9.1"));
        assert_eq!(family("2.6.0"), family("2.6"));
        assert_eq!(family("4.7.0-SNAPSHOT").to_string(), "4.7");
        assert!("two".parse::<Family>().is_err());
    }

    #[test]
    fn ranges_include_both_ends() {
        let range: Range = "1.8..2.6".parse().expect("a range");
        let family = |text: &str| text.parse().expect("a family");
        assert!(range.contains(family("1.8")) && range.contains(family("2.6")) && !range.contains(family("3.0")));
        assert!(holds(Range::default(), None) && !holds(range, None));
    }
}
