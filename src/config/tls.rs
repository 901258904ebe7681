//! The county's own certificate: whether its files are what they should be, found before the daemon starts.

use std::path::Path;

use rustls::{
    ServerConfig,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};

/// A fault: which key of the section, and what is expected.
pub(super) type Fault = (&'static str, String);

pub(super) fn faults(cert: &Path, key: &Path) -> Vec<Fault> {
    let chain = CertificateDer::pem_file_iter(cert).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let chain = chain.ok().filter(|chain| !chain.is_empty());
    let private = PrivateKeyDer::from_pem_file(key).ok();
    let not_pem = |field, mark, path: &Path| {
        let shown = path.display();
        (
            field,
            format!("expected a PEM file with {mark}; {shown} is none or cannot be read"),
        )
    };
    match (chain, private) {
        (Some(chain), Some(private)) => mismatch(chain, private).into_iter().collect(),
        (chain, private) => [
            chain
                .is_none()
                .then(|| not_pem("tls_cert", "BEGIN CERTIFICATE", cert)),
            private.is_none().then(|| not_pem("tls_key", "PRIVATE KEY", key)),
        ]
        .into_iter()
        .flatten()
        .collect(),
    }
}

fn mismatch(chain: Vec<CertificateDer<'static>>, key: PrivateKeyDer<'static>) -> Option<Fault> {
    let provider = ring::default_provider().into();
    let built = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, key));
    let expected = "expected the key of the certificate in tls_cert";
    built
        .err()
        .map(|error| ("tls_key", format!("{expected}: {error}")))
}
