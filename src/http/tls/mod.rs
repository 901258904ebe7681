//! Which certificate the hotline shows: the county's own, or one that the daemon made. Browsers give the microphone to encrypted pages
//! only, so beyond loopback there is always one. Answers no request.

mod authority;
mod door;
mod names;

use std::{path::PathBuf, sync::Arc, time::Duration};

use anyhow::Context;
use axum_server::tls_rustls::RustlsConfig;
use rustls::{
    ServerConfig,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer},
};

use authority::Issued;
pub(super) use authority::fingerprint;
pub(super) use door::{Door, Encrypted};

use crate::{
    app::App,
    config::{Tls, Transport},
};

/// How often an own certificate is looked at: it expires, and addresses change.
const RENEW_EVERY: Duration = Duration::from_secs(3600);

/// None on loopback without a certificate: plain HTTP.
pub(super) async fn prepare(app: &App) -> anyhow::Result<Option<RustlsConfig>> {
    // Only fails when a provider is installed already, which is as good.
    let _ = ring::default_provider().install_default();
    if let Some(files) = &app.config.http.tls {
        return Ok(Some(given(files).await?));
    }
    if app.config.http.is_loopback() {
        return Ok(None);
    }
    let config = RustlsConfig::from_config(own(app)?);
    tracing::info!(
        "certificate of the hotline's own; its authority's SHA-256 is {}",
        authority_file(app)
            .and_then(|file| std::fs::read(file).ok())
            .map(|der| fingerprint(&der))
            .unwrap_or_default()
    );
    tokio::spawn(renew(app.clone(), config.clone()));
    Ok(Some(config))
}

/// Asked anew for each connection: a certificate of our own is renewed while the daemon runs.
pub type Shown = Arc<dyn Fn() -> Arc<ServerConfig> + Send + Sync>;

/// What telephones are shown that connect by TLS: the same certificate, also on loopback. None where none does.
pub async fn for_phones(app: &App) -> anyhow::Result<Option<Shown>> {
    let mut listen = app.config.sip.listen.iter();
    if !listen.any(|listen| listen.transport == Transport::Tls) {
        return Ok(None);
    }
    let _ = ring::default_provider().install_default();
    let config = match &app.config.http.tls {
        Some(files) => given(files).await?,
        None => {
            let config = RustlsConfig::from_config(own(app)?);
            tokio::spawn(renew(app.clone(), config.clone()));
            config
        }
    };
    // Browsers' protocol is none of theirs.
    let served = move || {
        let mut served = ServerConfig::clone(&config.get_inner());
        served.alpn_protocols.clear();
        Arc::new(served)
    };
    Ok(Some(Arc::new(served)))
}

/// Where the certificate of our own authority is; none where browsers need not trust one.
pub(super) fn authority_file(app: &App) -> Option<PathBuf> {
    let http = &app.config.http;
    (http.tls.is_none() && !http.is_loopback()).then(|| authority::certificate_in(&folder(app)))
}

fn folder(app: &App) -> PathBuf {
    app.config.service.data_dir.join("tls")
}

fn own(app: &App) -> anyhow::Result<Arc<ServerConfig>> {
    let names = names::of(&app.config.http);
    let issued = authority::issue(&folder(app), &names, app.clock.now())
        .with_context(|| format!("no certificate could be made in {}", folder(app).display()))?;
    served(issued)
}

fn served(issued: Issued) -> anyhow::Result<Arc<ServerConfig>> {
    let chain = issued.chain.into_iter().map(CertificateDer::from).collect();
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(issued.key));
    let mut config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

async fn renew(app: App, config: RustlsConfig) {
    loop {
        tokio::select! {
            () = app.stopping.cancelled() => return,
            () = tokio::time::sleep(RENEW_EVERY) => {}
        }
        match own(&app) {
            Ok(newest) => config.reload_from_config(newest),
            Err(error) => tracing::warn!(%error, "the certificate could not be renewed"),
        }
    }
}

async fn given(files: &Tls) -> anyhow::Result<RustlsConfig> {
    let loaded = RustlsConfig::from_pem_file(&files.cert, &files.key).await;
    loaded.with_context(|| {
        format!(
            "{} and {} are no certificate with its key",
            files.cert.display(),
            files.key.display()
        )
    })
}
