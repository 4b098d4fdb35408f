//! Each fault is what it says, by the judgement of webpki, x509-parser and a TLS handshake.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::ring::default_provider;
use rustls::{ClientConfig, ClientConnection, RootCertStore, ServerConnection};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use signpost_pki::{
    CertificateFault, CertificateFaultKind, CertificateSpec, Digest, HostNames, IdentifierForm, Identity,
    Pki, PkiErrorKind,
};
use webpki::{EndEntityCert, Error, KeyUsage};
use x509_parser::prelude::{FromDer, X509Certificate};

const HOST: &str = "submit1.example.com";

fn now() -> UnixTime {
    UnixTime::since_unix_epoch(Duration::from_secs(1_795_000_000))
}

fn specs() -> Vec<CertificateSpec> {
    vec![
        CertificateSpec {
            issuer: Some("intermediate".to_owned()),
            names: vec![HOST.to_owned()],
            ..CertificateSpec::new("leaf")
        },
        CertificateSpec { ca: true, trusted: true, ..CertificateSpec::new("root") },
        CertificateSpec { issuer: Some("root".to_owned()), ca: true, ..CertificateSpec::new("intermediate") },
    ]
}

fn build(certificate: &str, kind: CertificateFaultKind) -> Pki {
    let fault = CertificateFault::new(certificate, kind);
    Pki::build(&specs(), &[fault], now()).unwrap()
}

/// Where a kind can be: most at an end entity.
fn place(kind: &CertificateFaultKind) -> &'static str {
    match kind {
        CertificateFaultKind::IssuerPathLengthExceeded => "intermediate",
        _ => "leaf",
    }
}

fn verify(pki: &Pki, identity: &Identity, roots: &[CertificateDer<'static>]) -> Result<(), Error> {
    let anchors: Vec<_> = roots.iter().map(|root| webpki::anchor_from_trusted_cert(root).unwrap()).collect();
    assert!(pki.identity(&identity.name).is_some());
    let leaf = EndEntityCert::try_from(&identity.chain[0])?;
    leaf.verify_for_usage(
        webpki::ALL_VERIFICATION_ALGS,
        &anchors,
        &identity.chain[1..],
        now(),
        KeyUsage::server_auth(),
        None,
        None,
    )?;
    leaf.verify_is_valid_for_subject_name(&ServerName::try_from(HOST).unwrap())
}

fn judge(kind: CertificateFaultKind) -> Result<(), Error> {
    let pki = build(place(&kind), kind.clone());
    verify(&pki, pki.identity("leaf").unwrap(), pki.roots())
}

#[test]
fn an_honest_chain_passes_with_and_without_its_root() {
    let pki = Pki::build(&specs(), &[], now()).unwrap();
    let identity = pki.identity("leaf").unwrap().clone();
    assert_eq!(identity.chain.len(), 3);
    assert_eq!(verify(&pki, &identity, pki.roots()), Ok(()));
    let short = identity.without_root();
    assert_eq!(short.chain.len(), 2);
    assert_eq!(verify(&pki, &short, pki.roots()), Ok(()));
    assert_eq!(shake_hands(&short, pki.roots()), Ok(()));
}

#[test]
fn webpki_names_each_fault() {
    for kind in CertificateFaultKind::all() {
        let verdict = judge(kind.clone());
        let as_expected = match &kind {
            CertificateFaultKind::CommonNameOnly
            | CertificateFaultKind::OtherIdentifier { .. }
            | CertificateFaultKind::OtherName { .. } => {
                matches!(verdict, Err(Error::CertNotValidForName(_)))
            }
            CertificateFaultKind::Expired | CertificateFaultKind::IssuerExpired => {
                matches!(verdict, Err(Error::CertExpired { .. }))
            }
            CertificateFaultKind::ForgedIssuer | CertificateFaultKind::ForgedRoot => {
                matches!(verdict, Err(Error::InvalidSignatureForPublicKey | Error::UnknownIssuer))
            }
            CertificateFaultKind::IssuerNotCa | CertificateFaultKind::LeafAsIssuer => {
                matches!(verdict, Err(Error::EndEntityUsedAsCa))
            }
            // Webpki follows a few issuers and no more.
            CertificateFaultKind::LongChain => verdict == Err(Error::MaximumPathDepthExceeded),
            CertificateFaultKind::MissingIntermediate
            | CertificateFaultKind::RootBesideChain
            | CertificateFaultKind::SelfSigned
            | CertificateFaultKind::UnknownRoot => matches!(verdict, Err(Error::UnknownIssuer)),
            CertificateFaultKind::NameConstraintsViolated { .. } => {
                matches!(verdict, Err(Error::NameConstraintViolation))
            }
            CertificateFaultKind::CriticalExtensionUnknown => {
                verdict == Err(Error::UnsupportedCriticalExtension)
            }
            CertificateFaultKind::NotYetValid => matches!(verdict, Err(Error::CertNotValidYet { .. })),
            // Webpki looks at no issuer's key usage, and takes a root for granted.
            CertificateFaultKind::ChainOutOfOrder
            | CertificateFaultKind::IssuerCrossSigned
            | CertificateFaultKind::IssuerMayNotSign
            | CertificateFaultKind::IssuerPathLengthExceeded
            | CertificateFaultKind::OtherRoot
            | CertificateFaultKind::ReplacedKey
            | CertificateFaultKind::RootBesideOtherChain
            | CertificateFaultKind::RootNotSent => verdict == Ok(()),
            CertificateFaultKind::PathLengthExceeded => {
                matches!(verdict, Err(Error::PathLenConstraintViolated))
            }
            CertificateFaultKind::WrongPurpose => {
                matches!(verdict, Err(Error::RequiredEkuNotFoundContext(_)))
            }
            other => panic!("{other} has no expectation"),
        };
        assert!(as_expected, "{kind}: {verdict:?}");
    }
}

#[test]
fn only_an_owners_mistake_changes_what_is_published() {
    let honest = Pki::build(&specs(), &[], now()).unwrap();
    for kind in CertificateFaultKind::all() {
        let pki = build(place(&kind), kind.clone());
        let presented = &pki.identity("leaf").unwrap().chain[0];
        let published = pki.certificate("leaf").unwrap();
        // The key alone differs where a key is replaced; every other forgery is another certificate.
        let same = !kind.is_forgery() || kind == CertificateFaultKind::ReplacedKey;
        assert_eq!(presented == published, same, "{kind}");
        if kind.is_forgery() {
            // Signatures differ from build to build, what is signed does not.
            assert_eq!(to_be_signed(published), to_be_signed(honest.certificate("leaf").unwrap()), "{kind}");
        }
    }
}

#[test]
fn a_forged_chain_shares_no_key_with_the_real_one() {
    for kind in [
        CertificateFaultKind::ForgedRoot,
        CertificateFaultKind::OtherRoot,
        CertificateFaultKind::UnknownRoot,
        CertificateFaultKind::SelfSigned,
    ] {
        let pki = build("leaf", kind.clone());
        let real: Vec<_> =
            ["leaf", "intermediate", "root"].map(|name| public_key(pki.certificate(name).unwrap())).into();
        for certificate in &pki.identity("leaf").unwrap().chain {
            assert!(!real.contains(&public_key(certificate)), "{kind}");
        }
    }
}

#[test]
fn a_forged_root_has_the_real_roots_name() {
    let pki = build("leaf", CertificateFaultKind::ForgedRoot);
    let forged = pki.identity("leaf").unwrap().chain.last().unwrap().clone();
    let real = pki.certificate("root").unwrap();
    assert_eq!(subject(&forged), subject(real));
    assert_ne!(&forged, real);
}

#[test]
fn the_real_root_is_sent_beside_a_chain_that_does_not_lead_to_it() {
    let pki = build("leaf", CertificateFaultKind::RootBesideChain);
    let identity = pki.identity("leaf").unwrap().clone().without_root();
    assert_eq!(identity.chain.len(), 4);
    assert_eq!(&identity.chain[3], pki.certificate("root").unwrap());
    assert_ne!(parsed(&identity.chain[2]).subject(), parsed(&identity.chain[3]).subject());
}

#[test]
fn the_real_root_is_sent_above_issuers_that_only_have_the_right_names() {
    let pki = build("leaf", CertificateFaultKind::ForgedIssuer);
    let chain = &pki.identity("leaf").unwrap().chain;
    assert_eq!((chain.len(), &chain[2]), (3, pki.certificate("root").unwrap()));
    assert_eq!(parsed(&chain[0]).issuer(), parsed(&chain[1]).subject());
    assert_eq!(parsed(&chain[1]).issuer(), parsed(&chain[2]).subject());
}

#[test]
fn the_real_root_is_sent_beside_a_chain_of_another_that_is_trusted() {
    let pki = build("leaf", CertificateFaultKind::RootBesideOtherChain);
    let identity = pki.identity("leaf").unwrap().clone().without_root();
    assert_eq!((identity.chain.len(), &identity.chain[3]), (4, pki.certificate("root").unwrap()));
    assert_eq!(verify(&pki, &identity, &pki.roots()[1..]), Ok(()));
    assert_eq!(verify(&pki, &identity, &pki.roots()[..1]), Err(Error::UnknownIssuer));
}

#[test]
fn each_slip_of_an_issuer_is_alone() {
    let said = |kind: CertificateFaultKind| {
        let pki = build("leaf", kind);
        let issuer = parsed(pki.certificate("intermediate").unwrap());
        let constraints = issuer.basic_constraints().unwrap().unwrap().value;
        let usage = issuer.key_usage().unwrap().unwrap().value;
        (constraints.ca, usage.key_cert_sign(), issuer.extended_key_usage().unwrap().is_some())
    };
    assert_eq!(said(CertificateFaultKind::Expired), (true, true, false));
    assert_eq!(said(CertificateFaultKind::IssuerMayNotSign), (true, false, false));
    assert_eq!(said(CertificateFaultKind::IssuerNotCa), (false, true, false));
    let pki = build("intermediate", CertificateFaultKind::IssuerPathLengthExceeded);
    let root = parsed(pki.certificate("root").unwrap());
    let constraints = root.basic_constraints().unwrap().unwrap().value;
    assert_eq!((constraints.ca, constraints.path_len_constraint), (true, Some(0)));
}

#[test]
fn a_host_can_be_named_in_another_form_than_a_dns_id() {
    for (form, expected) in [
        (IdentifierForm::Email, "RFC822Name(postmaster@submit1.example.com)"),
        (IdentifierForm::Uri, "URI(https://submit1.example.com/)"),
    ] {
        let pki = build("leaf", CertificateFaultKind::OtherIdentifier { form });
        let leaf = parsed(pki.certificate("leaf").unwrap());
        let names = &leaf.subject_alternative_name().unwrap().unwrap().value.general_names;
        assert_eq!(names.iter().map(ToString::to_string).collect::<Vec<_>>(), [expected]);
    }
}

#[test]
fn a_service_id_holds_the_service_and_the_host() {
    let form = IdentifierForm::Service;
    let pki = build("leaf", CertificateFaultKind::OtherIdentifier { form });
    let leaf = parsed(pki.certificate("leaf").unwrap());
    let names = &leaf.subject_alternative_name().unwrap().unwrap().value.general_names;
    let [x509_parser::prelude::GeneralName::OtherName(kind, value)] = &names[..] else { panic!("{names:?}") };
    assert_eq!(kind.to_id_string(), "1.3.6.1.5.5.7.8.7");
    let name: &[u8] = b"\x16\x19_imap.submit1.example.com";
    assert!(value.ends_with(name), "{value:02x?}");
}

#[test]
fn an_address_is_named_once_it_is_known_and_no_other_digest_changes() {
    let form = IdentifierForm::Address;
    let mut pki = build("leaf", CertificateFaultKind::OtherIdentifier { form });
    let root = pki.certificate("root").unwrap().clone();
    let address = "127.4.5.6".parse::<IpAddr>().unwrap();
    pki.place(|certificate| if certificate == "leaf" { vec![address] } else { Vec::new() }).unwrap();
    let identity = pki.identity("leaf").unwrap();
    assert!(matches!(verify(&pki, identity, pki.roots()), Err(Error::CertNotValidForName(_))));
    let leaf = EndEntityCert::try_from(&identity.chain[0]).unwrap();
    assert_eq!(leaf.verify_is_valid_for_subject_name(&address.into()), Ok(()));
    assert_eq!(pki.certificate("root"), Some(&root));
    assert_eq!(pki.certificate("leaf"), identity.chain.first());
}

#[test]
fn who_asks_for_another_name_is_presented_something_else() {
    let specs = [
        CertificateSpec { names: vec![HOST.to_owned()], trusted: true, ..CertificateSpec::new("own") },
        CertificateSpec { names: vec!["other.example.com".to_owned()], ..CertificateSpec::new("otherwise") },
    ];
    let pki = Pki::build(&specs, &[], now()).unwrap();
    let (own, otherwise) = (pki.identity("own").unwrap(), pki.identity("otherwise").unwrap());
    let presented = |names: &[&str]| {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        shake_hands_with(own.server_config_by_name(&names, otherwise).unwrap(), pki.roots())
    };
    assert_eq!(presented(&["SUBMIT1.example.com"]), Ok(()));
    assert!(presented(&["other.example.com"]).is_err());
}

#[test]
fn a_cross_signed_issuer_leads_to_another_root_only() {
    let pki = build("leaf", CertificateFaultKind::IssuerCrossSigned);
    let identity = pki.identity("leaf").unwrap();
    let [_, issuer, root, cross, cross_root] = &identity.chain[..] else {
        panic!("{}", identity.chain.len())
    };
    assert_eq!(root, pki.certificate("root").unwrap());
    assert_eq!(parsed(issuer).subject(), parsed(cross).subject());
    assert_eq!(public_key(issuer), public_key(cross));
    assert!(matches!(verify(&pki, identity, std::slice::from_ref(root)), Err(Error::CertExpired { .. })));
    assert_eq!(verify(&pki, identity, std::slice::from_ref(cross_root)), Ok(()));
}

#[test]
fn a_chain_is_sent_in_another_order_and_whole() {
    let pki = build("leaf", CertificateFaultKind::ChainOutOfOrder);
    let sent = &pki.identity("leaf").unwrap().chain;
    let names = ["leaf", "root", "intermediate"];
    assert_eq!(sent.iter().collect::<Vec<_>>(), names.map(|name| pki.certificate(name).unwrap()));
}

#[test]
fn a_long_chain_has_a_hundred_certificates_each_issued_by_the_next() {
    let pki = build("leaf", CertificateFaultKind::LongChain);
    let sent = &pki.identity("leaf").unwrap().chain;
    assert_eq!(sent.len(), 100);
    assert!(sent.windows(2).all(|pair| parsed(&pair[0]).issuer() == parsed(&pair[1]).subject()));
    // What no handshake message of a TLS library is longer than.
    assert!(sent.iter().map(|certificate| certificate.len() + 5).sum::<usize>() < 1 << 16);
}

#[test]
fn a_fault_at_a_ca_reaches_what_it_issued() {
    for (certificate, kind) in [
        ("root", CertificateFaultKind::UnknownRoot),
        ("intermediate", CertificateFaultKind::UnknownRoot),
        ("intermediate", CertificateFaultKind::SelfSigned),
        ("intermediate", CertificateFaultKind::Expired),
        ("intermediate", CertificateFaultKind::LeafAsIssuer),
    ] {
        let pki = build(certificate, kind.clone());
        let verdict = verify(&pki, pki.identity("leaf").unwrap(), pki.roots());
        assert!(verdict.is_err(), "{kind} at {certificate}: {verdict:?}");
    }
}

#[test]
fn another_root_is_trusted_but_not_the_one_published() {
    let pki = build("leaf", CertificateFaultKind::OtherRoot);
    assert_eq!(pki.roots().len(), 2);
    let only_the_real_root = &pki.roots()[..1];
    assert_eq!(&only_the_real_root[0], pki.certificate("root").unwrap());
    let identity = pki.identity("leaf").unwrap();
    assert_eq!(verify(&pki, identity, only_the_real_root), Err(Error::UnknownIssuer));
    assert!(!identity.chain.contains(&only_the_real_root[0]));
}

#[test]
fn a_chain_is_sent_short_where_the_fault_says_so() {
    let without_intermediate = build("leaf", CertificateFaultKind::MissingIntermediate);
    let sent = &without_intermediate.identity("leaf").unwrap().chain;
    assert_eq!(sent.len(), 2);
    assert_eq!(&sent[1], without_intermediate.certificate("root").unwrap());
    let without_root = build("leaf", CertificateFaultKind::RootNotSent);
    let sent = &without_root.identity("leaf").unwrap().chain;
    assert_eq!(sent.len(), 2);
    assert_eq!(&sent[1], without_root.certificate("intermediate").unwrap());
}

#[test]
fn a_server_with_a_replaced_key_cannot_prove_possession() {
    let pki = build("leaf", CertificateFaultKind::ReplacedKey);
    let identity = pki.identity("leaf").unwrap();
    assert_eq!(
        shake_hands(identity, pki.roots()),
        Err(rustls::Error::InvalidCertificate(rustls::CertificateError::BadSignature))
    );
}

#[test]
fn a_self_signed_end_entity_is_sent_even_without_root() {
    let alone = CertificateSpec { names: vec![HOST.to_owned()], ..CertificateSpec::new("leaf") };
    let pki = Pki::build(&[alone], &[], now()).unwrap();
    assert_eq!(pki.identity("leaf").unwrap().clone().without_root().chain.len(), 1);
}

#[test]
fn specifications_that_do_not_fit_say_where() {
    let with = |change: &dyn Fn(&mut Vec<CertificateSpec>)| {
        let mut specs = specs();
        change(&mut specs);
        Pki::build(&specs, &[], now()).unwrap_err().to_string()
    };
    assert_eq!(
        with(&|specs| specs[2].issuer = Some("rot".to_owned())),
        "certificate `intermediate`: the world has no issuer `rot`; it has `leaf`, `root`, `intermediate`"
    );
    assert_eq!(
        with(&|specs| specs[1].issuer = Some("intermediate".to_owned())),
        "certificate `intermediate`: it is its own issuer, by way of `intermediate`, `root`"
    );
    assert_eq!(with(&|specs| specs.push(specs[0].clone())), "certificate `leaf`: the name is given twice");
    assert_eq!(
        with(&|specs| specs[2].ca = false),
        "certificate `leaf`: its issuer `intermediate` lacks `ca = true`"
    );
    assert_eq!(
        with(&|specs| specs[0].path_length = Some(1)),
        "certificate `leaf`: `path_length` is only for a certificate with `ca = true`"
    );
    assert_eq!(
        with(&|specs| specs[0].names.push("a..b".to_owned())),
        "certificate `leaf`: `a..b` is not a host name"
    );
}

#[test]
fn faults_that_do_not_fit_say_where() {
    let with = |certificate: &str, kinds: &[CertificateFaultKind]| {
        let faults: Vec<_> =
            kinds.iter().map(|kind| CertificateFault::new(certificate, kind.clone())).collect();
        Pki::build(&specs(), &faults, now()).unwrap_err()
    };
    let unknown = with("laef", &[CertificateFaultKind::Expired]);
    assert!(matches!(unknown.kind(), PkiErrorKind::UnknownCertificate { .. }));
    assert_eq!(
        unknown.to_string(),
        "fault at `pki:laef`: the world has no certificate `laef`; it has `root`, `intermediate`, `leaf`"
    );
    assert_eq!(
        with("root", &[CertificateFaultKind::IssuerExpired]).to_string(),
        "fault at `pki:root`: `issuer-expired` needs a certificate with an issuer, and `root` is self-signed"
    );
    assert_eq!(
        with("intermediate", &[CertificateFaultKind::MissingIntermediate]).to_string(),
        "fault at `pki:intermediate`: `missing-intermediate` needs an intermediate, and `intermediate` is issued by its root"
    );
    assert_eq!(
        with("leaf", &[CertificateFaultKind::IssuerPathLengthExceeded]).to_string(),
        "fault at `pki:leaf`: `issuer-path-length-exceeded` needs a CA, and `leaf` is none"
    );
    assert_eq!(
        with("root", &[CertificateFaultKind::CommonNameOnly]).to_string(),
        "fault at `pki:root`: `common-name-only` needs a certificate with `names`, and `root` has none"
    );
    assert_eq!(
        with("leaf", &[CertificateFaultKind::UnknownRoot, CertificateFaultKind::SelfSigned]).to_string(),
        "fault at `pki:leaf`: `self-signed` cannot be put on top of `unknown-root`"
    );
    let names = HostNames::try_from(vec!["a b".to_owned()]).unwrap();
    let fault = CertificateFault::new("leaf", CertificateFaultKind::OtherName { names });
    assert_eq!(
        Pki::build(&specs(), &[fault], now()).unwrap_err().to_string(),
        "fault at `pki:leaf`: `a b` is not a host name"
    );
}

#[test]
fn digests_are_those_of_the_published_der() {
    let pki = Pki::build(&specs(), &[], now()).unwrap();
    let der = pki.certificate("root").unwrap();
    assert_eq!(
        pki.digest("root", Digest::Sha256).unwrap(),
        ring::digest::digest(&ring::digest::SHA256, der).as_ref()
    );
    assert_eq!(pki.digest("nobody", Digest::Sha1), None);
}

#[test]
fn the_bundle_is_pem_of_the_roots() {
    let pki = build("leaf", CertificateFaultKind::OtherRoot);
    let text = pki.roots_pem();
    let read: Vec<_> =
        x509_parser::pem::Pem::iter_from_buffer(text.as_bytes()).map(|pem| pem.unwrap().contents).collect();
    assert_eq!(read, pki.roots().iter().map(|root| root.to_vec()).collect::<Vec<_>>());
}

#[test]
fn the_second_build_makes_no_keys() {
    Pki::build(&specs(), &[], now()).unwrap();
    let start = Instant::now();
    for _ in 0..20 {
        Pki::build(&specs(), &[], now()).unwrap();
    }
    // Three certificates a build; the bound is wide, since other tests run at the same time.
    assert!(start.elapsed() < Duration::from_secs(2), "{:?} for 20 builds", start.elapsed());
}

/// Lets rustls on both sides finish a handshake in memory.
fn shake_hands(identity: &Identity, roots: &[CertificateDer<'static>]) -> Result<(), rustls::Error> {
    shake_hands_with(identity.server_config().unwrap(), roots)
}

fn shake_hands_with(
    server: rustls::ServerConfig,
    roots: &[CertificateDer<'static>],
) -> Result<(), rustls::Error> {
    let provider = Arc::new(default_provider());
    let mut store = RootCertStore::empty();
    for root in roots {
        store.add(root.clone()).unwrap();
    }
    let verifier =
        rustls::client::WebPkiServerVerifier::builder_with_provider(Arc::new(store), provider.clone())
            .build()
            .unwrap();
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(AtLabTime(verifier)))
        .with_no_client_auth();
    let mut client = ClientConnection::new(Arc::new(config), ServerName::try_from(HOST).unwrap()).unwrap();
    let mut server = ServerConnection::new(Arc::new(server)).unwrap();
    while client.is_handshaking() || server.is_handshaking() {
        let mut wire = Vec::new();
        client.write_tls(&mut wire).unwrap();
        server.read_tls(&mut wire.as_slice()).unwrap();
        server.process_new_packets()?;
        let mut wire = Vec::new();
        server.write_tls(&mut wire).unwrap();
        client.read_tls(&mut wire.as_slice()).unwrap();
        client.process_new_packets()?;
    }
    Ok(())
}

/// WebPKI at the time of the tests' hierarchy instead of the machine's.
#[derive(Debug)]
struct AtLabTime(Arc<rustls::client::WebPkiServerVerifier>);

impl ServerCertVerifier for AtLabTime {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp: &[u8],
        _: UnixTime,
    ) -> Result<rustls::client::danger::ServerCertVerified, rustls::Error> {
        self.0.verify_server_cert(end_entity, intermediates, server_name, ocsp, now())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &rustls::DigitallySignedStruct,
    ) -> Result<rustls::client::danger::HandshakeSignatureValid, rustls::Error> {
        self.0.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &rustls::DigitallySignedStruct,
    ) -> Result<rustls::client::danger::HandshakeSignatureValid, rustls::Error> {
        self.0.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<rustls::SignatureScheme> {
        self.0.supported_verify_schemes()
    }
}

fn parsed<'a>(certificate: &'a CertificateDer<'static>) -> X509Certificate<'a> {
    X509Certificate::from_der(certificate).unwrap().1
}

fn to_be_signed(certificate: &CertificateDer<'static>) -> Vec<u8> {
    parsed(certificate).tbs_certificate.as_ref().to_vec()
}

fn public_key(certificate: &CertificateDer<'static>) -> Vec<u8> {
    parsed(certificate).public_key().raw.to_vec()
}

fn subject(certificate: &CertificateDer<'static>) -> String {
    parsed(certificate).subject().to_string()
}
