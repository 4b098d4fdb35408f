//! Chains, by pins and by the WebPKI.

use std::sync::Arc;
use std::time::Duration;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DistinguishedName, DnType, ExtendedKeyUsagePurpose,
    GeneralSubtree, IsCa, Issuer, KeyPair, KeyUsagePurpose, NameConstraints, date_time_ymd,
};
use ring::digest;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use signpost_discovery::{Defect, Pin, PinVerifier, Reason, Rules, TrustStore, VerificationRule};
use signpost_record::DigestAlgorithm;

const HOST: &str = "submit1.example.com";

/// 2026-11-23, inside the dates of every certificate that says nothing of them.
fn now() -> UnixTime {
    UnixTime::since_unix_epoch(Duration::from_secs(1_795_400_000))
}

type Authority = CertifiedIssuer<'static, KeyPair>;

fn params(name: &str, ca: bool) -> CertificateParams {
    let names = if ca { vec![] } else { vec![name.to_owned()] };
    let mut params = CertificateParams::new(names).unwrap();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params.not_before = date_time_ymd(2026, 1, 1);
    params.not_after = date_time_ymd(2030, 1, 1);
    if ca {
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    }
    params
}

fn expired(mut params: CertificateParams) -> CertificateParams {
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = date_time_ymd(2021, 1, 1);
    params
}

fn root(params: CertificateParams) -> Authority {
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

fn below(issuer: &Issuer<'_, KeyPair>, params: CertificateParams) -> Authority {
    CertifiedIssuer::signed_by(params, KeyPair::generate().unwrap(), issuer).unwrap()
}

fn der(authority: &Authority) -> CertificateDer<'static> {
    authority.der().clone()
}

fn leaf(issuer: &Issuer<'_, KeyPair>, params: CertificateParams) -> CertificateDer<'static> {
    params.signed_by(&KeyPair::generate().unwrap(), issuer).unwrap().der().clone()
}

fn pin(certificate: &CertificateDer<'_>) -> Pin {
    let value = digest::digest(&digest::SHA256, certificate).as_ref().to_vec();
    Pin { algorithm: DigestAlgorithm::Sha256, value }
}

/// root, intermediate, leaf, all in order.
struct Hierarchy {
    root: Authority,
    intermediate: Authority,
    leaf: CertificateDer<'static>,
}

impl Hierarchy {
    fn new(
        root_params: CertificateParams,
        intermediate_params: CertificateParams,
        leaf_params: CertificateParams,
    ) -> Self {
        let root = root(root_params);
        let intermediate = below(&root, intermediate_params);
        let leaf = leaf(&intermediate, leaf_params);
        Self { root, intermediate, leaf }
    }

    fn honest() -> Self {
        Self::new(params("root", true), params("intermediate", true), params(HOST, false))
    }

    /// The chain with its root.
    fn chain(&self) -> Vec<CertificateDer<'static>> {
        vec![self.leaf.clone(), der(&self.intermediate), der(&self.root)]
    }
}

fn verify(
    rule: VerificationRule,
    trusted: &[CertificateDer<'static>],
    chain: &[CertificateDer<'_>],
    rules: Rules,
) -> Result<(), Reason> {
    let store = Arc::new(TrustStore::from(trusted.to_vec()));
    let verifier = PinVerifier::new(rule, store, rules, &rustls::crypto::ring::default_provider());
    let name = ServerName::try_from(HOST).unwrap();
    verifier.verify(&chain[0], &chain[1..], &name, now()).map_err(|untrusted| untrusted.reason)
}

#[track_caller]
fn check_pinned(pinned: &CertificateDer<'_>, chain: &[CertificateDer<'_>], expected: Result<(), Reason>) {
    let rule = VerificationRule::Pinned(vec![pin(pinned)]);
    assert_eq!(verify(rule, &[], chain, Rules::default()), expected);
}

#[track_caller]
fn check_webpki(
    trusted: &CertificateDer<'static>,
    chain: &[CertificateDer<'_>],
    expected: Result<(), Reason>,
) {
    let trusted = [trusted.clone()];
    assert_eq!(verify(VerificationRule::WebPki, &trusted, chain, Rules::default()), expected);
}

#[test]
fn any_certificate_of_the_path_can_be_pinned() {
    let honest = Hierarchy::honest();
    for pinned in honest.chain() {
        check_pinned(&pinned, &honest.chain(), Ok(()));
    }
    // The order in which a server sends its issuers is its own affair.
    let [leaf, intermediate, root] = honest.chain().try_into().unwrap();
    check_pinned(&root.clone(), &[leaf, root, intermediate], Ok(()));
}

#[test]
fn any_digest_can_pin() {
    let honest = Hierarchy::honest();
    let algorithms = [
        (DigestAlgorithm::Sha1, &digest::SHA1_FOR_LEGACY_USE_ONLY),
        (DigestAlgorithm::Sha256, &digest::SHA256),
        (DigestAlgorithm::Sha384, &digest::SHA384),
        (DigestAlgorithm::Sha512, &digest::SHA512),
    ];
    for (algorithm, digest) in algorithms {
        let value = ring::digest::digest(digest, &der(&honest.root)).as_ref().to_vec();
        let rule = VerificationRule::Pinned(vec![Pin { algorithm, value: value.clone() }]);
        assert_eq!(verify(rule, &[], &honest.chain(), Rules::default()), Ok(()));
        let rule = VerificationRule::Pinned(vec![Pin { algorithm, value: value[1..].to_vec() }]);
        assert_eq!(verify(rule, &[], &honest.chain(), Rules::default()), Err(Reason::PinMismatch));
    }
}

#[test]
fn the_root_may_be_local_instead_of_sent() {
    let honest = Hierarchy::honest();
    let chain = &honest.chain()[..2];
    let rule = VerificationRule::Pinned(vec![pin(&der(&honest.root))]);
    assert_eq!(verify(rule.clone(), &[der(&honest.root)], chain, Rules::default()), Ok(()));
    assert_eq!(verify(rule, &[], chain, Rules::default()), Err(Reason::PinMismatch));
}

#[test]
fn a_chain_that_the_webpki_accepts_is_refused_without_its_pin() {
    let (honest, other) = (Hierarchy::honest(), Hierarchy::honest());
    let rule = VerificationRule::Pinned(vec![pin(&der(&other.root))]);
    let trusted = [der(&honest.root), der(&other.root)];
    assert_eq!(verify(VerificationRule::WebPki, &trusted, &honest.chain(), Rules::default()), Ok(()));
    assert_eq!(verify(rule, &trusted, &honest.chain(), Rules::default()), Err(Reason::PinMismatch));
}

#[test]
fn a_pinned_certificate_must_be_on_the_path() {
    let (attacker, victim) = (Hierarchy::honest(), Hierarchy::honest());
    let mut chain = attacker.chain();
    chain.push(der(&victim.root));
    check_pinned(&der(&victim.root), &chain, Err(Reason::PinMismatch));
    chain.push(victim.leaf.clone());
    check_pinned(&victim.leaf, &chain, Err(Reason::PinMismatch));
}

#[test]
fn pins_are_alternatives() {
    let (honest, other) = (Hierarchy::honest(), Hierarchy::honest());
    let rule = VerificationRule::Pinned(vec![pin(&der(&other.root)), pin(&der(&honest.root))]);
    for hierarchy in [honest, other] {
        assert_eq!(verify(rule.clone(), &[], &hierarchy.chain(), Rules::default()), Ok(()));
    }
    assert_eq!(
        verify(VerificationRule::Pinned(vec![]), &[], &Hierarchy::honest().chain(), Rules::default()),
        Err(Reason::PinMismatch)
    );
}

#[test]
fn a_pinned_end_entity_needs_neither_name_nor_date_nor_issuer() {
    let elsewhere = leaf(&root(params("root", true)), expired(params("elsewhere.example.net", false)));
    check_pinned(&elsewhere, std::slice::from_ref(&elsewhere), Ok(()));
    let self_signed = der(&root(expired(params(HOST, true))));
    check_pinned(&self_signed, std::slice::from_ref(&self_signed), Ok(()));
}

#[test]
fn dates_hold_on_the_whole_path_to_the_pin() {
    let (ca, end) = (params("intermediate", true), params(HOST, false));
    let broken = [
        Hierarchy::new(params("root", true), ca.clone(), expired(end.clone())),
        Hierarchy::new(params("root", true), expired(ca.clone()), end.clone()),
        Hierarchy::new(expired(params("root", true)), ca.clone(), end.clone()),
    ];
    for hierarchy in broken {
        check_pinned(&der(&hierarchy.root), &hierarchy.chain(), Err(Reason::CertificateExpired));
    }
    let mut early = params("root", true);
    early.not_before = date_time_ymd(2029, 1, 1);
    let hierarchy = Hierarchy::new(early, ca.clone(), end.clone());
    check_pinned(&der(&hierarchy.root), &hierarchy.chain(), Err(Reason::CertificateExpired));
    // What stands above the pin is not asked for.
    let hierarchy = Hierarchy::new(expired(params("root", true)), ca, end);
    check_pinned(&der(&hierarchy.intermediate), &hierarchy.chain(), Ok(()));
}

#[test]
fn the_target_is_the_reference_identifier() {
    let check = |name: &str, expected| {
        let hierarchy =
            Hierarchy::new(params("root", true), params("intermediate", true), params(name, false));
        check_pinned(&der(&hierarchy.root), &hierarchy.chain(), expected);
        check_webpki(&der(&hierarchy.root), &hierarchy.chain(), expected);
    };
    for name in ["submit1.example.com", "*.example.com", "SUBMIT1.example.com"] {
        check(name, Ok(()));
    }
    for name in [
        "example.com",
        "submit2.example.com",
        "*.com",
        "s*.example.com",
        "*.submit1.example.com",
        "submit1.example.com.evil.example",
    ] {
        check(name, Err(Reason::CertificateNameMismatch));
    }
}

#[test]
fn a_common_name_is_no_presented_identifier() {
    let mut end = params(HOST, false);
    end.subject_alt_names = vec![];
    let hierarchy = Hierarchy::new(params("root", true), params("intermediate", true), end);
    check_pinned(&der(&hierarchy.root), &hierarchy.chain(), Err(Reason::CertificateNameMismatch));
}

#[test]
fn a_pinned_issuer_must_be_an_authority() {
    let mut no_ca = params("root", false);
    no_ca.is_ca = IsCa::ExplicitNoCa;
    let mut no_sign = params("root", true);
    no_sign.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    let mut for_clients = params("root", true);
    for_clients.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    let plain = params("root", false);
    for bad in [no_ca, no_sign, for_clients, plain] {
        let hierarchy = Hierarchy::new(bad, params("intermediate", true), params(HOST, false));
        check_pinned(&der(&hierarchy.root), &hierarchy.chain(), Err(Reason::CertificateUntrusted));
    }
}

#[test]
fn issuers_below_the_pin_must_be_authorities() {
    let mut no_sign = params("intermediate", true);
    no_sign.key_usages = vec![KeyUsagePurpose::CrlSign];
    let mut for_clients = params("intermediate", true);
    for_clients.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    for bad in [params("intermediate", false), no_sign, for_clients] {
        let hierarchy = Hierarchy::new(params("root", true), bad, params(HOST, false));
        check_pinned(&der(&hierarchy.root), &hierarchy.chain(), Err(Reason::CertificateUntrusted));
        check_webpki(&der(&hierarchy.root), &hierarchy.chain(), Err(Reason::CertificateUntrusted));
    }
}

#[test]
fn path_lengths_hold_at_the_pin_and_below() {
    let limited = |name: &str, length| {
        let mut params = params(name, true);
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(length));
        params
    };
    let end = params(HOST, false);
    let check = |root_params, expected| {
        let hierarchy = Hierarchy::new(root_params, params("intermediate", true), end.clone());
        check_pinned(&der(&hierarchy.root), &hierarchy.chain(), expected);
    };
    check(limited("root", 1), Ok(()));
    check(limited("root", 0), Err(Reason::CertificateUntrusted));

    let root = root(params("root", true));
    let first = below(&root, limited("first", 0));
    let second = below(&first, params("second", true));
    let chain = [leaf(&second, end.clone()), der(&second), der(&first), der(&root)];
    check_pinned(&der(&root), &chain, Err(Reason::CertificateUntrusted));
    check_pinned(&der(&second), &chain, Ok(()));
}

#[test]
fn name_constraints_hold_at_the_pin_and_below() {
    let constrained = |name: &str, subtree: &str| {
        let mut params = params(name, true);
        let permitted_subtrees = vec![GeneralSubtree::DnsName(subtree.to_owned())];
        params.name_constraints = Some(NameConstraints { permitted_subtrees, excluded_subtrees: vec![] });
        params
    };
    for (subtree, expected) in [("example.com", Ok(())), ("example.net", Err(Reason::CertificateUntrusted))] {
        let end = params(HOST, false);
        let at_root = Hierarchy::new(constrained("root", subtree), params("intermediate", true), end.clone());
        check_pinned(&der(&at_root.root), &at_root.chain(), expected);
        let below = Hierarchy::new(params("root", true), constrained("intermediate", subtree), end);
        check_pinned(&der(&below.root), &below.chain(), expected);
    }
}

#[test]
fn an_end_entity_for_clients_is_refused() {
    let mut end = params(HOST, false);
    end.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    let hierarchy = Hierarchy::new(params("root", true), params("intermediate", true), end);
    check_pinned(&der(&hierarchy.root), &hierarchy.chain(), Err(Reason::CertificateUntrusted));
}

#[test]
fn a_missing_intermediate_breaks_the_path() {
    let honest = Hierarchy::honest();
    let chain = [honest.leaf.clone(), der(&honest.root)];
    check_pinned(&der(&honest.root), &chain, Err(Reason::PinMismatch));
    check_webpki(&der(&honest.root), &chain, Err(Reason::CertificateUntrusted));
}

#[test]
fn a_signature_with_another_key_leads_nowhere() {
    let real = root(params("root", true));
    let impostor = root(params("root", true));
    let chain = [leaf(&impostor, params(HOST, false)), der(&real)];
    check_pinned(&der(&real), &chain, Err(Reason::PinMismatch));
    check_webpki(&der(&real), &chain, Err(Reason::CertificateUntrusted));
}

#[test]
fn the_webpki_is_the_rule_without_pins() {
    let (honest, other) = (Hierarchy::honest(), Hierarchy::honest());
    check_webpki(&der(&honest.root), &honest.chain(), Ok(()));
    check_webpki(&der(&honest.root), &honest.chain()[..2], Ok(()));
    check_webpki(&der(&other.root), &honest.chain(), Err(Reason::CertificateUntrusted));
    let late =
        Hierarchy::new(params("root", true), params("intermediate", true), expired(params(HOST, false)));
    check_webpki(&der(&late.root), &late.chain(), Err(Reason::CertificateExpired));
    let self_signed = der(&root(params(HOST, false)));
    check_webpki(&der(&honest.root), &[self_signed], Err(Reason::CertificateUntrusted));
}

#[test]
fn garbage_is_refused() {
    let honest = Hierarchy::honest();
    let garbage = CertificateDer::from(vec![0x30, 0x03, 1, 2, 3]);
    check_pinned(&der(&honest.root), std::slice::from_ref(&garbage), Err(Reason::PinMismatch));
    check_pinned(
        &der(&honest.root),
        &[garbage.clone(), der(&honest.root)],
        Err(Reason::CertificateUntrusted),
    );
    check_pinned(&garbage, &[honest.leaf.clone(), garbage.clone()], Err(Reason::CertificateUntrusted));
    check_webpki(&garbage, &honest.chain(), Err(Reason::CertificateUntrusted));
}

#[test]
fn each_defect_of_the_verifier_accepts_one_thing_more() {
    let honest = Hierarchy::honest();
    let other = Hierarchy::honest();
    let late =
        Hierarchy::new(params("root", true), params("intermediate", true), expired(params(HOST, false)));
    let elsewhere =
        Hierarchy::new(params("root", true), params("intermediate", true), params("a.example", false));
    let mut smuggled = honest.chain();
    smuggled.push(der(&other.root));
    let cases = [
        (Defect::AcceptsAnyCertificate, &other.root, honest.chain(), Reason::PinMismatch),
        (Defect::IgnoresNameMismatch, &elsewhere.root, elsewhere.chain(), Reason::CertificateNameMismatch),
        (Defect::PinsButSkipsChain, &other.root, smuggled, Reason::PinMismatch),
        (Defect::SkipsPin, &other.root, honest.chain(), Reason::PinMismatch),
        (Defect::TakesExpiredChain, &late.root, late.chain(), Reason::CertificateExpired),
    ];
    for (expected, pinned, chain, reason) in &cases {
        for &defect in Defect::ALL {
            let rule = VerificationRule::Pinned(vec![pin(&der(pinned))]);
            let result = verify(rule, &[der(&honest.root)], chain, Rules::from(defect));
            let accepted = if defect == *expected { Ok(()) } else { Err(*reason) };
            // Without the pin the chain is judged by other roots, and without the path its dates are not seen.
            // Two chains of the same names differ in signatures alone.
            let other_question = [Defect::AcceptsAnyCertificate, Defect::SkipsPin].contains(&defect)
                || [
                    (Defect::ComparesIssuerNames, Defect::PinsButSkipsChain),
                    (Defect::ComparesIssuerNames, Defect::TakesExpiredChain),
                    (Defect::FindsPinBesidePath, Defect::PinsButSkipsChain),
                    (Defect::PinsButSkipsChain, Defect::TakesExpiredChain),
                    (Defect::WaivesNameUnderPin, Defect::IgnoresNameMismatch),
                ]
                .contains(&(defect, *expected));
            if defect == *expected || !other_question {
                assert_eq!(result, accepted, "{defect} where {expected} shows");
            }
        }
    }
}

#[test]
fn an_expired_anchor_is_taken_by_the_same_defect() {
    let late =
        Hierarchy::new(expired(params("root", true)), params("intermediate", true), params(HOST, false));
    let rule = VerificationRule::Pinned(vec![pin(&der(&late.root))]);
    assert_eq!(verify(rule, &[], &late.chain(), Defect::TakesExpiredChain.into()), Ok(()));
}
