//! One accept loop for HTTP and HTTPS: bounded connections, header timeout against slow senders,
//! upgrades for WebSockets, and a drain.

use axum::Router;
use axum::extract::ConnectInfo;
use axum::http::Request;
use axum::response::Response;
use hyper::body::Incoming;
use hyper::service::Service;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;

/// Connections open at once: 200 agents, supervisors, 10,000 chat pages, and room.
const MAX_CONNECTIONS: usize = 12_000;
/// A client that has not sent its request head by then is let go (slow-loris).
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);
/// A client that has not finished its TLS handshake by then is let go.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// Why HTTPS cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file is missing or no PEM.
    #[error("{file}: {why}")]
    File {
        /// Which file.
        file: String,
        /// What is wrong.
        why: String,
    },
    /// Certificate and key do not fit.
    #[error("certificate and key do not belong together: {0}")]
    Mismatch(rustls::Error),
}

/// Reads certificate chain and key.
///
/// # Errors
/// [`TlsError`] with the file concerned.
pub fn acceptor(cert: &Path, key: &Path) -> Result<TlsAcceptor, TlsError> {
    let fault = |path: &Path, why: String| TlsError::File { file: path.display().to_string(), why };
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_file_iter(cert)
        .and_then(|certs| certs.collect())
        .map_err(|e| fault(cert, e.to_string()))?;
    let key = PrivateKeyDer::from_pem_file(key).map_err(|e| fault(key, e.to_string()))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(TlsError::Mismatch)?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(TlsError::Mismatch)?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}

/// Serves until told to stop, then waits for what is under way until `hard` says enough.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    tls: Option<TlsAcceptor>,
    stop: CancellationToken,
    hard: CancellationToken,
) {
    let seats = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let connections = TaskTracker::new();
    loop {
        let seat = tokio::select! {
            () = stop.cancelled() => break,
            seat = Arc::clone(&seats).acquire_owned() => seat.expect("the semaphore is never closed"),
        };
        let (stream, peer) = tokio::select! {
            () = stop.cancelled() => break,
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                // Out of file descriptors, or the peer gave up: neither is a reason to stop.
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be taken");
                    tokio::time::sleep(Duration::from_millis(20)).await;
                    continue;
                }
            },
        };
        let (router, tls, stop, hard) = (router.clone(), tls.clone(), stop.clone(), hard.clone());
        connections.spawn(async move {
            tokio::select! {
                () = hard.cancelled() => {}
                () = connection(stream, peer, router, tls, stop) => {}
            }
            drop(seat);
        });
    }
    connections.close();
    connections.wait().await;
}

async fn connection(stream: TcpStream, peer: SocketAddr, router: Router, tls: Option<TlsAcceptor>, stop: CancellationToken) {
    // Small frames of a live desk should not wait for more.
    let _ = stream.set_nodelay(true);
    let service = router.map_request(move |mut request: Request<_>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        request
    });
    let service = TowerToHyperService::new(service);
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT);
    match tls {
        Some(tls) => {
            let Ok(Ok(stream)) = tokio::time::timeout(HANDSHAKE_TIMEOUT, tls.accept(stream)).await else { return };
            drive(builder.serve_connection_with_upgrades(TokioIo::new(stream), service), stop).await;
        }
        None => drive(builder.serve_connection_with_upgrades(TokioIo::new(stream), service), stop).await,
    }
}

async fn drive<I, S>(connection: auto::UpgradeableConnection<'_, I, S, TokioExecutor>, stop: CancellationToken)
where
    I: hyper::rt::Read + hyper::rt::Write + Unpin + Send + 'static,
    S: Service<Request<Incoming>, Response = Response>,
    S::Future: Send + 'static,
    S::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let mut connection = std::pin::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        if error.downcast_ref::<hyper::Error>().is_some_and(hyper::Error::is_parse) {
            metrics::counter!("http_malformed_total").increment(1);
        }
        tracing::debug!(%error, "a connection ended early");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustls_pki_types::ServerName;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    /// A page over the certificate of `hctc cert`, checked by a client that trusts its authority.
    #[tokio::test]
    async fn serves_https_with_the_given_certificate() {
        let folder = tempfile::tempdir().expect("temp");
        crate::commands::cert::make(folder.path(), &["hctc.local".into()]).expect("made");
        let file = |name: &str| folder.path().join(name);
        let tls = acceptor(&file("server.pem"), &file("server.key")).expect("they fit");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback");
        let address = listener.local_addr().expect("bound");
        let router = Router::new().route("/", axum::routing::get(|| async { "good" }));
        let (stop, hard) = (CancellationToken::new(), CancellationToken::new());
        let served = tokio::spawn(serve(listener, router, Some(tls), stop.clone(), hard));

        let mut roots = rustls::RootCertStore::empty();
        for cert in CertificateDer::pem_file_iter(file("ca.pem")).expect("pem") {
            roots.add(cert.expect("a certificate")).expect("an authority");
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_root_certificates(roots)
            .with_no_client_auth();
        let name = ServerName::try_from("hctc.local").expect("a name");
        let stream = TcpStream::connect(address).await.expect("connected");
        let mut stream = tokio_rustls::TlsConnector::from(Arc::new(config)).connect(name, stream).await.expect("trusted");
        stream.write_all(b"GET / HTTP/1.1\r\nhost: hctc.local\r\nconnection: close\r\n\r\n").await.expect("sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.expect("read");
        assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("good"), "{answer}");
        stop.cancel();
        served.await.expect("it ends");
    }
}
