//! Which limits hold, as the command line and the file say it.

use std::fmt;
use std::net::IpAddr;

use clap::ValueEnum;
use greenroom_protocol::limits::{Bucket, Cap, Limits, Rate};
use ipnet::IpNet;
use serde::Deserialize;
use serde::de::{self, MapAccess, Visitor};

/// Limits that belong together; docs/limits.md has their values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Preset {
    /// Nobody who uses a client meets them
    Standard,
    /// For a server that is open to the world
    Strict,
}

/// `limits` in the file: the name of a preset, or a table of single limits by name, with a `preset` perhaps.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct LimitsTable {
    preset: Option<Preset>,
    rates: Vec<(Bucket, Rate)>,
    caps: Vec<(Cap, u32)>,
}

impl LimitsTable {
    /// What holds, where the command line may name another preset.
    pub(crate) fn decided(self, preset: Option<Preset>) -> Limits {
        let mut limits = match preset.or(self.preset).unwrap_or(Preset::Standard) {
            Preset::Standard => Limits::standard(),
            Preset::Strict => Limits::strict(),
        };
        self.rates.into_iter().for_each(|(bucket, rate)| limits.set_rate(bucket, rate));
        self.caps.into_iter().for_each(|(cap, value)| limits.set_cap(cap, value));
        limits
    }
}

impl<'de> Deserialize<'de> for LimitsTable {
    fn deserialize<D: de::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Entries)
    }
}

struct Entries;

impl<'de> Visitor<'de> for Entries {
    type Value = LimitsTable;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("`standard`, `strict`, or a table of limits by name")
    }

    fn visit_str<E: de::Error>(self, preset: &str) -> Result<LimitsTable, E> {
        let preset = Preset::deserialize(de::value::StrDeserializer::new(preset))?;
        Ok(LimitsTable { preset: Some(preset), ..LimitsTable::default() })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<LimitsTable, A::Error> {
        let mut table = LimitsTable::default();
        while let Some(key) = entries.next_key::<Key>()? {
            match key {
                Key::Preset => table.preset = Some(entries.next_value()?),
                Key::Rate(bucket) => table.rates.push((bucket, entries.next_value()?)),
                Key::Cap(cap) => table.caps.push((cap, entries.next_value()?)),
            }
        }
        Ok(table)
    }
}

/// A key of the table, with `_` or with `-`.
#[derive(Deserialize)]
#[serde(try_from = "String")]
enum Key {
    Preset,
    Rate(Bucket),
    Cap(Cap),
}

impl TryFrom<String> for Key {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let name = text.replace('-', "_");
        let rate = || Bucket::ALL.into_iter().find(|bucket| bucket.terms().name == name).map(Self::Rate);
        let cap = || Cap::ALL.into_iter().find(|cap| cap.terms().name == name).map(Self::Cap);
        let preset = (name == "preset").then_some(Self::Preset);
        preset.or_else(rate).or_else(cap).ok_or_else(|| format!("there is no limit {text:?}; see docs/limits.md"))
    }
}

/// A network in the file; a single address is one of its own.
#[derive(Debug, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Proxy(pub(crate) IpNet);

impl TryFrom<String> for Proxy {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        proxy(&text).map(Self)
    }
}

/// A network, such as `10.0.0.0/8`, or a single address.
pub(crate) fn proxy(text: &str) -> Result<IpNet, String> {
    let single = || text.parse::<IpAddr>().map(IpNet::from);
    text.parse().or_else(|_| single()).map_err(|_| format!("{text:?} is no network such as 10.0.0.0/8, and no address"))
}
