//! An authority of the hotline's own: made once, imported into every browser, and signing this machine's certificate from then on. Its key
//! never leaves the data directory.

use std::{
    collections::BTreeSet,
    fs,
    io::Write,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use anyhow::Context;
use chrono::{DateTime, Datelike, TimeDelta, Utc};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Every browser has to import it again when it ends.
const AUTHORITY_DAYS: i64 = 20 * 365;
/// The longest that every browser accepts from an imported authority.
const CERTIFICATE_DAYS: i64 = 825;
const RENEW_BEFORE_DAYS: i64 = 30;

/// A certificate with its issuer's, and its key (PKCS #8), in DER.
pub(super) struct Issued {
    pub(super) chain: Vec<Vec<u8>>,
    pub(super) key: Vec<u8>,
}

/// For whom the certificate was made, to know when to make another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Subject {
    names: BTreeSet<String>,
    until: DateTime<Utc>,
}

pub(super) fn certificate_in(folder: &Path) -> PathBuf {
    folder.join("ca.crt")
}

/// As people compare it: pairs of hexadecimal digits.
pub(in crate::http) fn fingerprint(der: &[u8]) -> String {
    let digest = Sha256::digest(der);
    let pairs: Vec<_> = digest.iter().map(|byte| format!("{byte:02X}")).collect();
    pairs.join(":")
}

/// The certificate for these names: the one there is, or a new one when it ends soon or the names changed.
pub(super) fn issue(folder: &Path, names: &BTreeSet<String>, now: DateTime<Utc>) -> anyhow::Result<Issued> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let (authority, issuer) = authority(folder, now)?;
    if let Some((certificate, key)) = current(folder, names, now) {
        return Ok(Issued {
            chain: vec![certificate, authority],
            key,
        });
    }
    let until = now + TimeDelta::days(CERTIFICATE_DAYS);
    let mut params = CertificateParams::new(names.iter().cloned().collect::<Vec<_>>())?;
    params.distinguished_name.push(DnType::CommonName, "minsheng");
    set_validity(&mut params, now, until);
    params.use_authority_key_identifier_extension = true;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let key = KeyPair::generate()?;
    let certificate = params.signed_by(&key, &issuer)?.der().to_vec();
    let subject = Subject {
        names: names.clone(),
        until,
    };
    // The description last: what a crash left half-written is made anew.
    write(&folder.join("server.key"), &key.serialize_der(), 0o600)?;
    write(&folder.join("server.crt"), &certificate, 0o644)?;
    write(&folder.join("server.json"), &serde_json::to_vec(&subject)?, 0o644)?;
    Ok(Issued {
        chain: vec![certificate, authority],
        key: key.serialize_der(),
    })
}

fn current(folder: &Path, names: &BTreeSet<String>, now: DateTime<Utc>) -> Option<(Vec<u8>, Vec<u8>)> {
    let subject: Subject = serde_json::from_slice(&fs::read(folder.join("server.json")).ok()?).ok()?;
    let lasts = subject.until - now > TimeDelta::days(RENEW_BEFORE_DAYS);
    if subject.names != *names || !lasts {
        return None;
    }
    let key = fs::read(folder.join("server.key")).ok()?;
    Some((fs::read(folder.join("server.crt")).ok()?, key))
}

/// The one there is, or a new one.
fn authority(folder: &Path, now: DateTime<Utc>) -> anyhow::Result<(Vec<u8>, Issuer<'static, KeyPair>)> {
    let (certificate, key) = (certificate_in(folder), folder.join("ca.key"));
    if certificate.exists() && key.exists() {
        let der = fs::read(&certificate)?;
        let key = KeyPair::try_from(fs::read(&key)?).context("ca.key cannot be read")?;
        let issuer = Issuer::from_ca_cert_der(&der.clone().into(), key).context("ca.crt cannot be read")?;
        return Ok((der, issuer));
    }
    let pair = KeyPair::generate()?;
    let mut params = CertificateParams::default();
    // Two hotlines' authorities in one browser are told apart by their names.
    let mark = &fingerprint(pair.public_key_raw())[..11];
    params
        .distinguished_name
        .push(DnType::CommonName, format!("民声12345热线 本地证书 {mark}"));
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    set_validity(&mut params, now, now + TimeDelta::days(AUTHORITY_DAYS));
    let der = params.self_signed(&pair)?.der().to_vec();
    write(&key, &pair.serialize_der(), 0o600)?;
    write(&certificate, &der, 0o644)?;
    Ok((der, Issuer::new(params, pair)))
}

/// From yesterday, so that a clock that is a little behind does not refuse it.
fn set_validity(params: &mut CertificateParams, now: DateTime<Utc>, until: DateTime<Utc>) {
    let day = |at: DateTime<Utc>| {
        // Months and days are below a hundred.
        rcgen::date_time_ymd(at.year(), at.month() as u8, at.day() as u8)
    };
    params.not_before = day(now - TimeDelta::days(1));
    params.not_after = day(until);
}

/// Whole or not at all, and from its first byte for nobody else's eyes where that is asked.
fn write(path: &Path, bytes: &[u8], mode: u32) -> anyhow::Result<()> {
    let half = path.with_extension("new");
    let _ = fs::remove_file(&half);
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(mode)
        .open(&half)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&half, path)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn names(list: &[&str]) -> BTreeSet<String> {
        list.iter().map(|name| (*name).to_owned()).collect()
    }

    fn now() -> DateTime<Utc> {
        "2026-03-02T02:00:00Z".parse().expect("time")
    }

    #[test]
    fn the_authority_is_made_once_and_its_key_is_nobody_elses() {
        let dir = tempfile::tempdir().expect("directory");
        let folder = dir.path().join("tls");
        let first = issue(&folder, &names(&["localhost"]), now()).expect("issued");
        let second = issue(&folder, &names(&["localhost", "10.0.0.2"]), now()).expect("issued");
        assert_eq!(
            first.chain[1], second.chain[1],
            "browsers need not import it again"
        );
        assert_ne!(first.chain[0], second.chain[0], "the machine has another address");
        for key in ["ca.key", "server.key"] {
            let mode = fs::metadata(folder.join(key)).expect("key").permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{key}");
        }
    }

    #[test]
    fn a_certificate_is_kept_until_a_month_before_its_end() {
        let dir = tempfile::tempdir().expect("directory");
        let at = |days| {
            issue(dir.path(), &names(&["localhost"]), now() + TimeDelta::days(days))
                .expect("issued")
                .chain
        };
        let first = at(0);
        assert_eq!(at(CERTIFICATE_DAYS - RENEW_BEFORE_DAYS - 1), first);
        let renewed = at(CERTIFICATE_DAYS - RENEW_BEFORE_DAYS);
        assert_ne!(renewed[0], first[0]);
        assert_eq!(renewed[1], first[1]);
    }

    #[test]
    fn what_a_crash_left_half_written_is_made_anew() {
        let dir = tempfile::tempdir().expect("directory");
        issue(dir.path(), &names(&["localhost"]), now()).expect("issued");
        fs::remove_file(dir.path().join("server.crt")).expect("removed");
        fs::write(dir.path().join("server.new"), b"half").expect("written");
        assert!(issue(dir.path(), &names(&["localhost"]), now()).is_ok());
        fs::write(dir.path().join("ca.key"), b"not a key").expect("written");
        let refused = issue(dir.path(), &names(&["localhost"]), now())
            .err()
            .expect("an error");
        assert!(refused.to_string().contains("ca.key"), "{refused:#}");
    }

    #[test]
    fn a_fingerprint_is_what_browsers_show() {
        assert!(fingerprint(b"").starts_with("E3:B0:C4:42:98"));
        assert_eq!(fingerprint(b"").len(), 95);
    }
}
