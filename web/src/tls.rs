//! TLS at the edge, for those without a proxy: rustls, versions 1.2 and 1.3, with the certificate from two files.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::RwLock;
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::{self, PemObject as _};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{self, ServerConfig};
use tokio_rustls::server::TlsStream;
use tokio_util::either::Either;

/// A connection, with TLS or without. The box keeps the plain one, of which there may be many more, as small as it was.
pub(crate) type Stream = Either<TcpStream, Box<TlsStream<TcpStream>>>;

/// What the one protocol is called that is spoken here within TLS.
const ALPN: &[u8] = b"http/1.1";

/// The first byte of a TLS connection, a handshake record; no HTTP request begins with it.
pub(crate) const HANDSHAKE: u8 = 0x16;

/// The certificate and key that the server shows, as they were last read.
#[derive(Debug)]
pub struct Tls {
    certificate: PathBuf,
    key: PathBuf,
    current: RwLock<Arc<ServerConfig>>,
}

/// Why the files can't be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file can't be read, or is no PEM.
    #[error("{} can't be read as PEM", .0.display())]
    Unreadable(PathBuf, #[source] pem::Error),
    /// There is no certificate in the file.
    #[error("{} holds no certificate; it should have lines with BEGIN CERTIFICATE", .0.display())]
    NoCertificate(PathBuf),
    /// There is no key in the file.
    #[error("{} holds no private key; it should have a line with BEGIN PRIVATE KEY", .0.display())]
    NoKey(PathBuf),
    /// The two don't go together, or are of a kind that isn't known.
    #[error("the certificate in {} and the key in {} can't be used together", .0.display(), .1.display())]
    Unfit(PathBuf, PathBuf, #[source] rustls::Error),
}

impl Tls {
    /// Reads a chain of certificates, the server's own first, and its key.
    ///
    /// # Errors
    /// Where a file can't be read, or they can't be used; the text says which.
    pub fn read(certificate: PathBuf, key: PathBuf) -> Result<Self, TlsError> {
        let current = RwLock::new(Arc::new(configuration(&certificate, &key)?));
        Ok(Self { certificate, key, current })
    }

    /// Reads the same files again, for the connections from now on. Where they can't be used, nothing changes.
    ///
    /// # Errors
    /// As [`Tls::read`].
    pub fn read_again(&self) -> Result<(), TlsError> {
        let fresh = configuration(&self.certificate, &self.key)?;
        *self.current.write() = Arc::new(fresh);
        Ok(())
    }

    /// Shakes hands with a client.
    pub(crate) async fn accept(&self, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        let current = Arc::clone(&self.current.read());
        TlsAcceptor::from(current).accept(stream).await
    }
}

fn configuration(certificate: &Path, key: &Path) -> Result<ServerConfig, TlsError> {
    let unreadable = |path: &Path| {
        let path = path.to_owned();
        move |error| TlsError::Unreadable(path, error)
    };
    let chain = CertificateDer::pem_file_iter(certificate).map_err(unreadable(certificate))?;
    let chain = chain.collect::<Result<Vec<_>, _>>().map_err(unreadable(certificate))?;
    if chain.is_empty() {
        return Err(TlsError::NoCertificate(certificate.to_owned()));
    }
    let secret = PrivateKeyDer::from_pem_file(key).map_err(|error| no_key(key, error))?;
    let unfit = |error| TlsError::Unfit(certificate.to_owned(), key.to_owned(), error);
    let mut configuration = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(unfit)?
        .with_no_client_auth()
        .with_single_cert(chain, secret)
        .map_err(unfit)?;
    configuration.alpn_protocols = vec![ALPN.to_vec()];
    Ok(configuration)
}

fn no_key(path: &Path, error: pem::Error) -> TlsError {
    if matches!(error, pem::Error::NoItemsFound) {
        TlsError::NoKey(path.to_owned())
    } else {
        TlsError::Unreadable(path.to_owned(), error)
    }
}
