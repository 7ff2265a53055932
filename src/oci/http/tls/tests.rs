use std::time::Duration;

use super::*;
use crate::oci::Roots;

/// Of `registry.example.com`, self-signed and marked as an authority, as `openssl req -x509` makes
/// them; from 2026-11-28, for a hundred years.
const ALONE: &str = "\
-----BEGIN CERTIFICATE-----
MIIBtjCCAVygAwIBAgIUU739QYEKH5E1MhDLsBvsuElo/+wwCgYIKoZIzj0EAwIw
HzEdMBsGA1UEAwwUcmVnaXN0cnkuZXhhbXBsZS5jb20wIBcNMjYxMTI4MTI0ODQx
WhgPMjEyNjExMDQxMjQ4NDFaMB8xHTAbBgNVBAMMFHJlZ2lzdHJ5LmV4YW1wbGUu
Y29tMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEoWrETt9ncvtm+SrrfwlwAXOW
L+WY+XY4aTG069936ER15Jq0ouyJTbAdZbWHxykT18O2Nm0HDHTq5j+iYLRmJqN0
MHIwHQYDVR0OBBYEFPvpLFyvNYO7UxMV9ekl+S+45NSjMB8GA1UdIwQYMBaAFPvp
LFyvNYO7UxMV9ekl+S+45NSjMA8GA1UdEwEB/wQFMAMBAf8wHwYDVR0RBBgwFoIU
cmVnaXN0cnkuZXhhbXBsZS5jb20wCgYIKoZIzj0EAwIDSAAwRQIgKKc8NWxePreG
zqqJeKpDmIQkhSXrZiGt6Dae8t8CUx4CIQDtutUgWNMkPkdK2n/ReVpWZAiWKTej
nNwdYo1epatnOg==
-----END CERTIFICATE-----
";

/// What is told of the certificate when it is shown for `name` in the year `year`.
fn told(name: &str, year: u64, ca: Option<&str>) -> Result<(), String> {
    let pem = |pem: &str| roots::certificates(pem.as_bytes());
    let verifier = Verifier {
        usual: OnceLock::new(),
        roots: Arc::new(Usual::new(Roots::default())),
        beside: RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() },
        provider: Arc::new(aws_lc_rs::default_provider()),
        pinned: ca.map(pem).unwrap_or_default(),
        any: false,
    };
    let server = &pem(ALONE)[0];
    let now = UnixTime::since_unix_epoch(Duration::from_secs((year - 1970) * 365 * 24 * 3600));
    let name = ServerName::try_from(name.to_owned()).unwrap();
    let result = verifier.verify_server_cert(server, &[], &name, &[], now);
    result.map(drop).map_err(|error| all(&meaning("a.io".to_owned(), &error)))
}

fn all(error: &OciError) -> String {
    format!("{error}; {}", error.hint().unwrap_or("nothing"))
}

#[test]
fn a_self_signed_certificate_is_told_in_words_with_what_to_do() {
    assert_eq!(
        told("registry.example.com", 2030, None).unwrap_err(),
        "the certificate of `a.io` is not to be trusted: it is that of an authority and not of a server; most often it is self-signed; `ca-file` in its `[registries.NAME]` can name that very certificate"
    );
}

#[test]
fn a_self_signed_certificate_that_the_ca_file_has_is_trusted_for_its_name() {
    assert_eq!(told("registry.example.com", 2030, Some(ALONE)), Ok(()));
    assert_eq!(
        told("other.example.com", 2030, Some(ALONE)).unwrap_err(),
        "the certificate of `a.io` is not to be trusted: it is made out to another name; is it reached by the name that its `subjectAltName` has?"
    );
}

#[test]
fn a_certificate_out_of_its_time_is_told_with_the_clock() {
    assert_eq!(
        told("registry.example.com", 2020, None).unwrap_err(),
        "the certificate of `a.io` is not to be trusted: it is not valid yet; is the clock of this machine right?"
    );
    assert_eq!(
        told("registry.example.com", 2200, None).unwrap_err(),
        "the certificate of `a.io` is not to be trusted: it has expired; is the clock of this machine right? else it has to be renewed"
    );
}

#[test]
fn no_kind_of_mistake_is_told_as_the_program_names_it() {
    let other = rustls::OtherError(Arc::new(io::Error::other("SomethingNew")));
    let kinds = [
        (CertificateError::UnknownIssuer, "somebody unknown has signed it"),
        (CertificateError::InvalidPurpose, "it is not made out for a server"),
        (CertificateError::BadEncoding, "it can't be read"),
        (CertificateError::Other(other), "it is of a kind that is not supported"),
    ];
    for (kind, words) in kinds {
        assert_eq!(in_words(&kind).0, words);
    }
}
