//! Clients that speak TLS, and certificates to believe in.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rcgen::generate_simple_self_signed;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use super::{Host, soon};

/// A certificate for this computer, and its key, as files.
pub(crate) struct Certificate {
    pub(crate) certificate: PathBuf,
    pub(crate) key: PathBuf,
    der: CertificateDer<'static>,
}

impl Certificate {
    /// Makes one in this directory, in place of the one before.
    pub(crate) fn make(dir: &Path) -> Self {
        let made = generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
        let (certificate, key) = (dir.join("cert.pem"), dir.join("key.pem"));
        std::fs::write(&certificate, made.cert.pem()).expect("written");
        std::fs::write(&key, made.signing_key.serialize_pem()).expect("written");
        Self { certificate, key, der: made.cert.der().clone() }
    }

    /// The flags by which a server shows it.
    pub(crate) fn flags(&self) -> [&str; 4] {
        let [certificate, key] =
            [&self.certificate, &self.key].map(|path| path.to_str().expect("paths of tests are text"));
        ["--tls-cert", certificate, "--tls-key", key]
    }

    /// Connects as a client that believes in this certificate and in no other.
    pub(crate) async fn connect(&self, host: &impl Host) -> std::io::Result<TlsStream<TcpStream>> {
        self.connect_offering(host, &[]).await
    }

    /// The same, and would like to speak one of these protocols.
    pub(crate) async fn connect_offering(
        &self,
        host: &impl Host,
        protocols: &[&str],
    ) -> std::io::Result<TlsStream<TcpStream>> {
        let mut roots = RootCertStore::empty();
        roots.add(self.der.clone()).expect("a certificate to believe in");
        let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("versions that there are")
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = protocols.iter().map(|protocol| protocol.as_bytes().to_vec()).collect();
        let stream = TcpStream::connect(host.address()).await?;
        let name = ServerName::try_from("localhost").expect("a name");
        soon("the handshake", TlsConnector::from(Arc::new(config)).connect(name, stream)).await
    }

    /// Writes a request that ends its connection, and reads the whole answer.
    pub(crate) async fn ask(&self, host: &impl Host, request: &str) -> String {
        let mut stream = self.connect(host).await.expect("a connection");
        stream.write_all(request.as_bytes()).await.expect("written");
        let mut answer = Vec::new();
        let _cut = soon("the whole answer", stream.read_to_end(&mut answer)).await;
        String::from_utf8(answer).expect("text")
    }
}
