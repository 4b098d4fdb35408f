//! Every misreading of policies and key records that one text can show, shows at that text.

use signpost_discovery::{Defect, Rules};

use crate::simulation::{SHA1, SHA256, World};

/// Where the texts stand.
#[derive(Clone, Copy)]
enum At {
    Keys,
    Policy,
}

/// A defect, and texts at which it shows; `|` divides character-strings.
fn texts(defect: Defect) -> Option<(At, Vec<String>)> {
    let policy = |texts: &[&str]| Some((At::Policy, texts.iter().map(|text| (*text).to_owned()).collect()));
    let key =
        |texts: &[&str]| Some((At::Keys, texts.iter().map(|text| format!("v=keyrecord {text}")).collect()));
    let pin = "v=submission STARTTLS=_certroot.example.com";
    match defect {
        Defect::CompletesSingleLabels => policy(&["v=submission STARTTLS=_certroot"]),
        Defect::CountsForeignText => policy(&[pin, "v=spf1 -all"]),
        Defect::FindsNamesAnywhere => {
            policy(&["v=submission X-STARTTLS=_x.example STARTTLS=_certroot.example.com"])
        }
        Defect::FindsVersionAnywhere => policy(&["STARTTLS=_x.example v=submission"]),
        Defect::FirstMechanismOnly => policy(&["v=submission SASL=EXTERNAL,PLAIN"]),
        Defect::FirstOfTwoNames | Defect::LastOfTwoNames => {
            policy(&[&format!("{pin} STARTTLS=_certroot.example.com")])
        }
        Defect::FirstTextOnly => policy(&["v=spf1 -all", pin]),
        Defect::FoldsNoNames => policy(&["v=submission starttls=_certroot.example.com"]),
        Defect::FoldsNoValues => policy(&["v=submission SMTP-AUTH=required"]),
        Defect::FoldsNoVersions => policy(&["v=Submission STARTTLS=_certroot.example.com"]),
        Defect::IgnoresEmptyValues => policy(&["v=submission STARTTLS="]),
        Defect::IgnoresOddFirstElement => policy(&["v=submission; STARTTLS=_certroot.example.com"]),
        Defect::IgnoresUnknownValues | Defect::TakesAnyAuthValue => policy(&["v=submission SMTP-AUTH=Maybe"]),
        Defect::JoinsStringsWithSpace => policy(&["v=submission STARTTLS=_certr|oot.example.com"]),
        Defect::KeepsPolicyBeforeMistake | Defect::SkipsWords => policy(&[&format!("{pin} word")]),
        Defect::LastMechanismOnly => policy(&["v=submission SASL=PLAIN,EXTERNAL"]),
        Defect::LastPolicyOfTwo | Defect::MergesPolicies => policy(&[pin, "v=submission"]),
        Defect::LastTextOnly => policy(&[pin, "v=spf1 -all"]),
        Defect::MatchesMechanismsByPart => policy(&["v=submission SASL=XPLAIN"]),
        Defect::MatchesNamesByPrefix => policy(&["v=submission STARTTLS-X=_x.example"]),
        Defect::MatchesServiceByPrefix | Defect::TakesOtherLabelsPolicy => {
            policy(&["v=submissions STARTTLS=_x.example"])
        }
        Defect::MatchesValuesByPrefix => policy(&["v=submission SMTP-AUTH=Required-not"]),
        Defect::OneSpaceSeparates => policy(&["v=submission  STARTTLS=_certroot.example.com"]),
        Defect::ReadsFirst255Octets => {
            let (first, rest) = ("x".repeat(200), "y".repeat(80));
            policy(&[&format!("v=submission n={first}|{rest} STARTTLS=_certroot.example.com")])
        }
        Defect::ReadsFirstDemandOnly => policy(&["v=submission n=1 STARTTLS=_certroot.example.com"]),
        Defect::RefusesAnyNameTwice => policy(&["v=submission n=1 n=2"]),
        Defect::RefusesFinalDot => policy(&[&format!("{pin}.")]),
        Defect::RefusesOtherMechanisms => policy(&["v=submission SASL=PLAIN,EXTERNAL"]),
        Defect::SemicolonsSeparate => policy(&[&format!("{pin}; n=1")]),
        Defect::SkipsMalformedBesidePolicy => policy(&[pin, "v=submission STARTTLS"]),
        Defect::StopsAtNul | Defect::StripsControlOctets => policy(&[&format!("{pin}\0")]),
        Defect::TabsSeparate => policy(&[&format!("{pin}\tn=1")]),
        Defect::TakesLikePoliciesForOne => policy(&[pin, &format!("{pin}.")]),
        Defect::TakesPreferredMechanism => policy(&["v=submission SASL=LOGIN"]),
        Defect::TakesUtf8 => policy(&[&format!("{pin} n=café")]),
        Defect::TrimsEqualsSign => policy(&["v=submission STARTTLS = _certroot.example.com"]),
        Defect::VersionAtFirstOctet => policy(&[&format!(" {pin}")]),
        Defect::DecodesHexadecimal => key(&[&format!("sha256={}", "00".repeat(32))]),
        Defect::DecodesLooseBits => key(&["sha256=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAD="]),
        Defect::DecodesUrlAlphabet | Defect::DecodesWithoutPadding => key(&[SHA256.trim_end_matches('=')]),
        Defect::IgnoresRecordWithUri | Defect::TrustsUri => key(&[&format!("{SHA256} uri=x")]),
        Defect::KnowsNoLongerDigests => key(&[&format!("sha384={}", "A".repeat(64))]),
        Defect::ReadsStrongestDigestOnly => key(&[&format!("sha1=A {SHA256}")]),
        Defect::RefusesSecondKeyRecord | Defect::StrongestDigestOfAllRecords => key(&[SHA1, SHA256]),
        Defect::RefusesUnknownDigests => key(&[&format!("{SHA256} sha3-256=A")]),
        Defect::RefusesUnreadableKeyRecord => key(&["sha256=A", SHA256]),
        Defect::SkipsUnreadableDigest => key(&[&format!("sha1={SHA1} {SHA256}")]),
        Defect::TakesAnyDigest | Defect::TakesFirstDigest => key(&[&format!("{SHA1} {SHA256}")]),
        Defect::TakesLastDigest => key(&[&format!("{SHA256} {SHA1}")]),
        Defect::TakesUriForPin => key(&["uri=x"]),
        Defect::TellsDigestByLength => key(&[&SHA1.replace("sha1", "sha256")]),
        _ => None,
    }
}

/// Whether a defect has its text here.
pub(crate) fn shows(defect: Defect) -> bool {
    texts(defect).is_some()
}

#[test]
fn every_misreading_shows_at_its_text() {
    let mut count = 0;
    for &defect in Defect::ALL {
        let Some((at, texts)) = texts(defect) else { continue };
        let mut world = World::submission();
        let owner = match at {
            At::Keys => "_certroot.example.com.",
            At::Policy => "_submission._tcp.example.com.",
        };
        world.txt(owner, &texts.iter().map(String::as_str).collect::<Vec<_>>());
        let honest = world.run();
        world.rules = Rules::from(defect);
        let flawed = world.run();
        let seen = [honest, flawed].map(|run| (run.summary(), run.trace));
        assert_ne!(seen[0], seen[1], "{defect}");
        count += 1;
    }
    assert!(count > 50, "only {count}");
}
