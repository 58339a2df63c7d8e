//! `hctc cert`: a local certificate authority for use on a LAN, where no public one will sign.

use rcgen::{BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use std::fs;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// Writes `ca.pem` (to be installed in the agents' browsers), `server.pem` and `server.key` into a
/// folder. An authority that is already there signs again, so that browsers need it once only.
///
/// # Errors
/// A sentence for the person who typed the command.
pub fn make(folder: &Path, names: &[String]) -> Result<String, String> {
    fs::create_dir_all(folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    let (authority, ca_pem) = authority(folder)?;
    let key = KeyPair::generate().map_err(said)?;
    let mut params = CertificateParams::new(names.to_vec()).map_err(|e| format!("a name cannot be put in a certificate: {e}"))?;
    params.distinguished_name.push(DnType::CommonName, names.first().map_or("localhost", String::as_str));
    // Browsers of Apple's refuse a server's certificate that does not say it is one.
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let leaf = params.signed_by(&key, &authority).map_err(said)?;
    write(&folder.join("server.pem"), &format!("{}{ca_pem}", leaf.pem()), 0o644)?;
    write(&folder.join("server.key"), &key.serialize_pem(), 0o600)?;
    Ok(format!(
        "Wrote {0}/server.pem and {0}/server.key for {1}.\nStart with HCTC_TLS_CERT={0}/server.pem HCTC_TLS_KEY={0}/server.key\nand install {0}/ca.pem in each agent's browser as a trusted authority.\nKeep {0}/ca.key to yourself: whoever has it can pass for any site in those browsers.",
        folder.display(),
        names.join(", ")
    ))
}

fn authority(folder: &Path) -> Result<(Issuer<'static, KeyPair>, String), String> {
    let (cert_path, key_path) = (folder.join("ca.pem"), folder.join("ca.key"));
    if let (Ok(cert), Ok(key)) = (fs::read_to_string(&cert_path), fs::read_to_string(&key_path)) {
        let key = KeyPair::from_pem(&key).map_err(said)?;
        let issuer = Issuer::new(authority_params(), key);
        return Ok((issuer, cert));
    }
    let key = KeyPair::generate().map_err(said)?;
    let cert = authority_params().self_signed(&key).map_err(said)?.pem();
    write(&cert_path, &cert, 0o644)?;
    write(&key_path, &key.serialize_pem(), 0o600)?;
    Ok((Issuer::new(authority_params(), key), cert))
}

fn authority_params() -> CertificateParams {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.distinguished_name.push(DnType::CommonName, "HCTC local authority");
    params
}

fn write(path: &Path, text: &str, mode: u32) -> Result<(), String> {
    let open = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(mode).open(path);
    open.and_then(|mut file| file.write_all(text.as_bytes())).map_err(|e| format!("{}: {e}", path.display()))
}

fn said(error: rcgen::Error) -> String {
    format!("the certificate could not be made: {error}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pair_serves_and_the_authority_stays() {
        let folder = tempfile::tempdir().expect("temp");
        make(folder.path(), &["hctc.local".into(), "192.0.2.7".into()]).expect("made");
        crate::http::acceptor(&folder.path().join("server.pem"), &folder.path().join("server.key")).expect("they fit");
        let before = fs::read_to_string(folder.path().join("ca.pem")).expect("there");
        make(folder.path(), &["other.local".into()]).expect("made again");
        assert_eq!(before, fs::read_to_string(folder.path().join("ca.pem")).expect("there"));
    }

    #[test]
    fn a_key_of_another_pair_is_refused() {
        let one = tempfile::tempdir().expect("temp");
        let two = tempfile::tempdir().expect("temp");
        make(one.path(), &["a".into()]).expect("made");
        make(two.path(), &["b".into()]).expect("made");
        assert!(crate::http::acceptor(&one.path().join("server.pem"), &two.path().join("server.key")).is_err());
    }
}
