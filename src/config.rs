//! The configuration: flags and environment first, then the file, then the defaults.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use clap::ValueEnum;
use greenroom_protocol::limits::{Limits, RETENTION_MOST};
use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use crate::cli::Flags;
use crate::limits::{LimitsTable, Proxy};

/// Everything that can be configured, decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// Where to listen.
    pub listen: SocketAddr,
    /// Where else to serve `/metrics`, to whoever reaches it.
    pub metrics_listen: Option<SocketAddr>,
    /// Where to keep everything.
    pub data: PathBuf,
    /// When a message counts as stored.
    pub durability: Durability,
    /// Whether the fault laboratory is open.
    pub lab: bool,
    /// Whether rate limits and connection caps are lifted.
    pub no_limits: bool,
    /// Whether joining does not make rooms.
    pub no_room_creation: bool,
    /// Other pages that may connect.
    pub allow_origin: Vec<String>,
    /// How logs look.
    pub log_format: LogFormat,
    /// What holds where limits are not lifted.
    pub limits: Limits,
    /// Proxies that are believed about whom they speak for.
    pub trusted_proxy: Vec<IpNet>,
    /// What to speak TLS with; nothing means plain HTTP.
    pub tls: Option<TlsFiles>,
    /// Where to keep logs in files.
    pub log_dir: Option<PathBuf>,
    /// For how long what is said is kept, where its room doesn't keep it shorter.
    pub retention: Option<Duration>,
    /// What is compressed for clients that offer to read it.
    pub compression: Compression,
}

/// The two PEM files that TLS needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    /// The certificate, and those behind it.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}

/// When a message counts as stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Durability {
    /// Once it is synced to the disk: survives a power cut
    Fsync,
    /// Once it is with the operating system: survives kill -9
    Relaxed,
}

/// What is compressed for clients that offer to read it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Compression {
    /// Nothing
    Off,
    /// Pages of a room and long messages
    Large,
    /// Every message, too
    All,
}

impl From<Compression> for greenroom_protocol::Compression {
    fn from(compression: Compression) -> Self {
        match compression {
            Compression::Off => Self::Off,
            Compression::Large => Self::Large,
            Compression::All => Self::All,
        }
    }
}

/// How logs look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people
    Text,
    /// One JSON object a line
    Json,
}

/// The file: the same keys as the flags, with `_` or with `-`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    listen: Option<SocketAddr>,
    #[serde(alias = "metrics-listen")]
    metrics_listen: Option<SocketAddr>,
    data: Option<PathBuf>,
    durability: Option<Durability>,
    lab: Option<bool>,
    #[serde(alias = "no-limits")]
    no_limits: Option<bool>,
    #[serde(alias = "no-room-creation")]
    no_room_creation: Option<bool>,
    #[serde(alias = "allow-origin")]
    allow_origin: Option<Vec<String>>,
    #[serde(alias = "log-format")]
    log_format: Option<LogFormat>,
    #[serde(default)]
    limits: LimitsTable,
    #[serde(alias = "trusted-proxy")]
    trusted_proxy: Option<Vec<Proxy>>,
    #[serde(alias = "tls-cert")]
    tls_cert: Option<PathBuf>,
    #[serde(alias = "tls-key")]
    tls_key: Option<PathBuf>,
    #[serde(alias = "log-dir")]
    log_dir: Option<PathBuf>,
    retention: Option<Time>,
    compression: Option<Compression>,
}

/// A time, as people write it.
#[derive(Debug, Deserialize)]
#[serde(try_from = "String")]
struct Time(Duration);

impl TryFrom<String> for Time {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        retention(&text).map(Self)
    }
}

/// A time for which something is kept, as people write it.
pub(crate) fn retention(text: &str) -> Result<Duration, String> {
    let time = humantime::parse_duration(text).map_err(|error| format!("{error}; a time looks like 24h or 30 days"))?;
    if time < SHORTEST { Err("it is at least a second".to_owned()) } else { Ok(time.min(RETENTION_MOST)) }
}

/// What an operator may ask for; a room's own people may not ask for so little.
const SHORTEST: Duration = Duration::from_secs(1);

impl Config {
    /// Decides each value.
    ///
    /// # Errors
    /// Where the file can't be read, or has an error; the text names the file and the line.
    pub fn from(flags: Flags) -> anyhow::Result<Self> {
        let file = flags.config.as_deref().map(File::read).transpose()?.unwrap_or_default();
        let origins = if flags.allow_origin.is_empty() { file.allow_origin } else { Some(flags.allow_origin) };
        let proxies = file.trusted_proxy.unwrap_or_default().into_iter().map(|Proxy(proxy)| proxy).collect();
        let trusted_proxy = if flags.trusted_proxy.is_empty() { proxies } else { flags.trusted_proxy };
        Ok(Self {
            listen: flags.listen.or(file.listen).unwrap_or(SocketAddr::from(([127, 0, 0, 1], 3000))),
            metrics_listen: flags.metrics_listen.or(file.metrics_listen),
            data: flags.data.or(file.data).unwrap_or_else(|| PathBuf::from("data")),
            durability: flags.durability.or(file.durability).unwrap_or(Durability::Fsync),
            lab: flags.lab.or(file.lab).unwrap_or(false),
            no_limits: flags.no_limits.or(file.no_limits).unwrap_or(false),
            no_room_creation: flags.no_room_creation.or(file.no_room_creation).unwrap_or(false),
            allow_origin: origins.unwrap_or_default(),
            log_format: flags.log_format.or(file.log_format).unwrap_or(LogFormat::Text),
            limits: file.limits.decided(flags.limits),
            trusted_proxy,
            tls: TlsFiles::both(flags.tls_cert.or(file.tls_cert), flags.tls_key.or(file.tls_key))?,
            log_dir: flags.log_dir.or(file.log_dir),
            retention: flags.retention.or(file.retention.map(|Time(time)| time)),
            compression: flags.compression.or(file.compression).unwrap_or(Compression::Large),
        })
    }
}

impl TlsFiles {
    fn both(certificate: Option<PathBuf>, key: Option<PathBuf>) -> anyhow::Result<Option<Self>> {
        match (certificate, key) {
            (Some(certificate), Some(key)) => Ok(Some(Self { certificate, key })),
            (None, None) => Ok(None),
            (Some(_), None) => anyhow::bail!("--tls-cert needs the key of the certificate, too: give --tls-key"),
            (None, Some(_)) => anyhow::bail!("--tls-key needs the certificate, too: give --tls-cert"),
        }
    }
}

impl File {
    fn read(path: &Path) -> anyhow::Result<Self> {
        let shown = path.display();
        let text = std::fs::read_to_string(path).with_context(|| format!("the configuration {shown} can't be read"))?;
        toml::from_str(&text)
            .with_context(|| format!("the configuration {shown} has an error; see greenroom --help for its keys"))
    }
}

#[cfg(test)]
mod tests {
    use greenroom_protocol::limits::{Bucket, Cap};

    use super::*;
    use crate::limits::Preset;

    fn with_file(text: &str, flags: Flags) -> anyhow::Result<Config> {
        let dir = tempfile::tempdir()?;
        let path = dir.path().join("greenroom.toml");
        std::fs::write(&path, text)?;
        Config::from(Flags { config: Some(path), ..flags })
    }

    #[test]
    fn a_flag_wins_over_the_file_and_that_over_the_default() {
        let flags = Flags { data: Some("flag".into()), ..Flags::default() };
        let file = "no-limits = false\nlisten = \"0.0.0.0:80\"\ndata = \"file\"\nlab = true\nallow_origin = [\"https://a.example\"]";
        let config = with_file(file, flags).unwrap();
        assert_eq!(config.listen, "0.0.0.0:80".parse().unwrap());
        assert_eq!(config.data, PathBuf::from("flag"));
        assert!(config.lab && !config.no_limits);
        assert_eq!(config.allow_origin, ["https://a.example"]);
        assert_eq!(config.durability, Durability::Fsync);
    }

    #[test]
    fn each_limit_may_be_set_by_itself_above_a_preset() {
        let file = "[limits]\npreset = \"strict\"\nsends = \"7, then 3/min\"\nsockets-of-user = 3";
        let with = |limits| with_file(file, Flags { limits, ..Flags::default() }).unwrap().limits;
        let (strict, standard) = (with(None), with(Some(Preset::Standard)));
        for limits in [&strict, &standard] {
            assert_eq!(limits.rate(Bucket::Sends).to_string(), "7, then 3/min");
            assert_eq!(limits.cap(Cap::SocketsOfUser), 3);
        }
        assert_eq!(strict.rate(Bucket::Joins), Bucket::Joins.terms().strict);
        assert_eq!(standard.rate(Bucket::Joins), Bucket::Joins.terms().standard, "a flag wins over the file");
        let config =
            with_file("limits = \"strict\"\ntrusted_proxy = [\"10.0.0.0/8\", \"::1\"]", Flags::default()).unwrap();
        assert_eq!(config.limits, Limits::strict());
        assert_eq!(config.trusted_proxy, ["10.0.0.0/8".parse().unwrap(), "::1/128".parse().unwrap()]);
        for wrong in
            ["sends = \"5\"", "sends = 5", "sockets = \"many\"", "sockets = -1", "sendz = \"5/s\"", "preset = \"lax\""]
        {
            let error = with_file(&format!("lab = true\n[limits]\n{wrong}\n"), Flags::default()).unwrap_err();
            assert!(format!("{error:#}").contains("line 3"), "{error:#}");
        }
    }

    #[test]
    fn tls_has_both_its_files_or_none() {
        let with = |text| with_file(text, Flags::default());
        let key = Flags { tls_key: Some("key.pem".into()), ..Flags::default() };
        let files = TlsFiles { certificate: "cert.pem".into(), key: "key.pem".into() };
        assert_eq!(with_file("tls-cert = \"cert.pem\"", key).unwrap().tls, Some(files));
        assert_eq!(with("").unwrap().tls, None);
        let said = format!("{:#}", with("tls-cert = \"cert.pem\"").unwrap_err());
        assert!(said.contains("--tls-key"), "{said}");
        assert!(with("tls-key = \"key.pem\"").is_err());
    }

    #[test]
    fn a_time_is_written_as_people_write_it() {
        let with = |text: &str| with_file(&format!("retention = \"{text}\""), Flags::default());
        let day = Duration::from_secs(24 * 60 * 60);
        assert_eq!(with("24h").unwrap().retention, Some(day));
        assert_eq!(with("30 days").unwrap().retention, Some(30 * day));
        for wrong in ["24", "soon", "0s", "-1h"] {
            let said = format!("{:#}", with(wrong).unwrap_err());
            assert!(said.contains("line 1"), "{said}");
        }
        assert_eq!(with_file("", Flags::default()).unwrap().retention, None);
    }

    #[test]
    fn large_frames_are_compressed_unless_something_else_is_said() {
        let with = |text: &str| with_file(text, Flags::default());
        assert_eq!(with("").unwrap().compression, Compression::Large);
        assert_eq!(with("compression = \"off\"").unwrap().compression, Compression::Off);
        let all = Flags { compression: Some(Compression::All), ..Flags::default() };
        assert_eq!(with_file("compression = \"off\"", all).unwrap().compression, Compression::All);
        let said = format!("{:#}", with("compression = \"gzip\"").unwrap_err());
        assert!(said.contains("line 1") && said.contains("large"), "{said}");
    }

    #[test]
    fn an_error_in_the_file_names_the_file_and_the_line() {
        let error = with_file("lab = true\nlisten = 7\n", Flags::default()).unwrap_err();
        let said = format!("{error:#}");
        assert!(said.contains("greenroom.toml") && said.contains("line 2"), "{said}");
        let said = format!("{:#}", with_file("lisen = 7\n", Flags::default()).unwrap_err());
        assert!(said.contains("lisen"), "{said}");
    }
}
