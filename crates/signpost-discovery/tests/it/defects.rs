//! Every defect shows in one world and in no honest one.

use std::time::Duration;

use hickory_proto::rr::RecordType::{A, SRV, TXT};
use signpost_discovery::{Defect, Reason, Rules};
use signpost_protocol::Service;
use signpost_validate::{Failure, SecurityStatus};

use crate::misreadings;
use crate::simulation::Channel::{Clear, Tls};
use crate::simulation::{Reply, Run, SHA1, SHA256, Server, World, says};

const LABEL: &str = "_submission._tcp.example.com.";
const KEYS: &str = "_certroot.example.com.";

#[test]
fn no_defect_shows_where_everything_is_honest() {
    for world in [World::submission(), World::pop3()] {
        for &defect in Defect::ALL {
            let mut world = world.clone();
            world.rules = Rules::from(defect);
            let run = world.check("configured");
            assert!(!run.leaks(), "{defect}: {run:#?}");
        }
    }
}

/// The world in which a defect shows, and what the honest and the flawed client do there.
fn world(defect: Defect) -> Option<(World, &'static str, &'static str)> {
    let mut world = World::submission();
    let two = |world: &mut World, targets: [(u16, u16); 2]| {
        let [first, second] = targets;
        world.srv(
            "_submission",
            &[
                (first.0, first.1, 587, "submit1.example.com."),
                (second.0, second.1, 587, "submit2.example.com."),
            ],
        );
        world.address("submit2.example.com.", "192.0.2.2");
        world.serve("192.0.2.2:587", Server::submission());
    };
    let guessable = |world: &mut World| {
        world.address("smtp.example.com.", "192.0.2.9");
        world.serve("192.0.2.9:587", Server::submission());
    };
    let (honest, flawed) = match defect {
        Defect::AcceptsBogus => {
            world.believe(LABEL, SRV, SecurityStatus::Bogus);
            ("refused dnssec-bogus", "configured")
        }
        Defect::AcceptsBogusAddress => {
            world.believe("submit1.example.com.", A, SecurityStatus::Bogus);
            ("refused dnssec-bogus", "configured")
        }
        Defect::AsksCapabilitiesOnce => {
            let starttls = "250-hello\r\n250-STARTTLS\r\n250 AUTH PLAIN\r\n";
            world.server().on(Clear, "EHLO", says(starttls)).on(Tls, "EHLO", says("250 hello\r\n"));
            ("refused auth-not-offered", "configured")
        }
        Defect::AsksForUserInClear => {
            world.server().on(Clear, "STARTTLS", says("454 no\r\n"));
            ("refused starttls-refused", "leak")
        }
        Defect::BeginsTlsAfterAnything => {
            world.server().on(Clear, "STARTTLS", says("454 no\r\n"));
            ("refused starttls-refused", "configured")
        }
        Defect::BeginsTlsAfterSuccess => {
            world.server().on(Clear, "STARTTLS", says("250 go on\r\n"));
            ("refused starttls-protocol-error", "configured")
        }
        Defect::BeginsTlsUnanswered => {
            world.server().on(Clear, "STARTTLS", says("220-go on\r\n"));
            ("refused starttls-protocol-error", "configured")
        }
        Defect::ContinuesInClear => {
            world.server().handshake = Err(Reason::TlsFailed);
            ("refused tls-failed", "leak")
        }
        Defect::DropsBufferedPlaintext => {
            world.server().on(Clear, "STARTTLS", says("220 go\r\n250 evil\r\n"));
            ("refused plaintext-after-starttls", "configured")
        }
        Defect::DropsUnknownNames => {
            world.txt(LABEL, &["v=submission STARTTLS=_certroot.example.com future=1"]);
            ("configured", "configured")
        }
        Defect::ExpectsWholeReplies => {
            world.server().greeting = Reply::SaysSlowly(Duration::from_millis(1), vec!["2", "20 hello\r\n"]);
            ("configured", "refused protocol-error")
        }
        Defect::FallsBackToStarttlsPort => {
            world.srv("_submission", &[]);
            world.srv("_submissions", &[(1, 1, 465, "submit1.example.com.")]);
            let mut broken = Server::submission();
            broken.handshake = Err(Reason::TlsFailed);
            world.serve("192.0.2.1:465", broken);
            ("refused tls-failed", "leak")
        }
        Defect::FallsBackToHelo => {
            world.server().on(Clear, "EHLO", says("502 what?\r\n")).on(Clear, "HELO", says("250 hello\r\n"));
            ("refused starttls-not-offered", "leak")
        }
        Defect::FirstPolicyOfTwo => {
            world.txt(LABEL, &["v=submission STARTTLS=_certroot.example.com", "v=submission"]);
            ("refused policy-ambiguous", "configured")
        }
        Defect::GoesElsewhereAfterRejection => {
            two(&mut world, [(1, 0), (2, 0)]);
            world.server().on(Tls, "AUTH", says("535 no\r\n"));
            ("ask-user credentials-rejected", "configured")
        }
        Defect::GuessesOnServfail => {
            world.fail(LABEL, SRV, Failure::ServFail);
            guessable(&mut world);
            ("refused lookup-failed", "configured")
        }
        Defect::GuessesWhenUnreachable => {
            world.server().reachable = false;
            guessable(&mut world);
            ("unavailable unreachable", "configured")
        }
        Defect::HidesWeakDigest => {
            world.txt(KEYS, &[&format!("v=keyrecord {SHA1}")]);
            ("configured", "configured")
        }
        Defect::HurriesServers => {
            world.server().greeting = Reply::SaysSlowly(Duration::from_secs(6), vec!["220 hello\r\n"]);
            ("configured", "unavailable unreachable")
        }
        Defect::IgnoresFailedKeyLookup => {
            world.fail(KEYS, TXT, Failure::ServFail);
            ("refused lookup-failed", "configured")
        }
        Defect::IgnoresFailedPolicyLookup => {
            world.fail(LABEL, TXT, Failure::ServFail);
            ("refused lookup-failed", "configured")
        }
        Defect::IgnoresUnusableKeyRecord => {
            world.txt(KEYS, &["v=keyrecord uri=https://example.com/root"]);
            ("refused key-record-unusable", "configured")
        }
        Defect::IgnoresAuthRequired => {
            world.server().on(Tls, "EHLO", says("250 hello\r\n"));
            ("refused auth-not-offered", "configured")
        }
        Defect::IgnoresHalfALine => {
            world.server().on(Clear, "STARTTLS", says("220 go\r\n250"));
            ("refused plaintext-after-starttls", "configured")
        }
        Defect::IgnoresHiddenCapabilities => {
            world = World::pop3();
            world.server().on(Clear, "CAPA", says("-ERR what?\r\n"));
            ("configured", "leak")
        }
        Defect::IgnoresMalformedPolicy => {
            world.txt(LABEL, &["v=submission SMTP-AUTH=Optional"]);
            ("refused policy-malformed", "configured")
        }
        Defect::IgnoresRefusedStarttls => {
            world.server().on(Clear, "STARTTLS", says("454 no\r\n"));
            ("refused starttls-refused", "leak")
        }
        Defect::IgnoresRootTarget => {
            world.srv("_submission", &[(0, 0, 0, ".")]);
            guessable(&mut world);
            ("unavailable declared-absent", "configured")
        }
        Defect::IgnoresSaslRestriction => {
            world.txt(LABEL, &["v=submission STARTTLS=_certroot.example.com SASL=SCRAM-SHA-256"]);
            ("refused mechanism-not-allowed", "configured")
        }
        Defect::IgnoresStrippedStarttls => {
            world.server().on(Clear, "EHLO", says("250 hello\r\n"));
            ("refused starttls-not-offered", "leak")
        }
        Defect::IgnoresVersionTag => {
            world.txt(LABEL, &["v=mx STARTTLS=_nothing.example.com"]);
            ("configured", "refused key-record-unusable")
        }
        Defect::InsistsOnFarewell => {
            two(&mut world, [(1, 0), (2, 0)]);
            world.server().on(Tls, "QUIT", says("what?\r\n"));
            ("configured", "configured")
        }
        Defect::KeepsCapabilities => {
            let starttls = "250-hello\r\n250-STARTTLS\r\n250 AUTH PLAIN\r\n";
            world.server().on(Clear, "EHLO", says(starttls)).on(Tls, "EHLO", says("250 hello\r\n"));
            ("refused auth-not-offered", "configured")
        }
        Defect::KnowsOneRejection => {
            two(&mut world, [(1, 0), (2, 0)]);
            world.server().on(Tls, "AUTH", says("550 no\r\n"));
            ("ask-user credentials-rejected", "configured")
        }
        Defect::LocalPartAfterAnyFailure => {
            let full = "AUTH PLAIN AGFsaWNlQGV4YW1wbGUuY29tAGNvcnJlY3QgaG9yc2U=";
            world.server().on(Tls, full, says("454 later\r\n"));
            ("unavailable unreachable", "configured")
        }
        // Many servers take both names.
        Defect::LocalPartFirst => ("configured", "configured"),
        Defect::NamesUserInHelo => {
            world.server().on(Clear, "EHLO", says("502 what?\r\n"));
            ("refused starttls-not-offered", "refused starttls-not-offered")
        }
        Defect::NoFailover => {
            two(&mut world, [(1, 0), (2, 0)]);
            world.address("submit1.example.com.", "192.0.2.99");
            ("configured", "unavailable unreachable")
        }
        Defect::OutOfDomain => {
            world.srv("_submission", &[(1, 1, 587, "mx.example.net.")]);
            world.address("mx.example.net.", "192.0.2.1");
            world.unsigned();
            ("ask-user target-out-of-domain", "configured")
        }
        Defect::PrefersAuthInClear => {
            let both = "250-hello\r\n250-STARTTLS\r\n250 AUTH PLAIN\r\n";
            world.server().on(Clear, "EHLO", says(both));
            ("configured", "leak")
        }
        Defect::PriorityIgnored => {
            two(&mut world, [(2, 0), (1, 9)]);
            ("configured", "configured")
        }
        Defect::ReadsFirstString => {
            world.txt(LABEL, &["v=submission STARTTLS=_certr|oot.example.com"]);
            ("configured", "refused key-record-unusable")
        }
        Defect::ReconnectsInClear => {
            world.server().handshake = Err(Reason::TlsFailed);
            ("refused tls-failed", "leak")
        }
        Defect::ResubmitsAfterTemporaryFailure => {
            two(&mut world, [(1, 0), (2, 0)]);
            world.server().on(Tls, "From:", says("451 later\r\n"));
            ("refused protocol-error", "configured")
        }
        Defect::ResubmitsWithoutReply => {
            two(&mut world, [(1, 0), (2, 0)]);
            world.server().on(Tls, "From:", Reply::Close);
            ("refused protocol-error", "configured")
        }
        Defect::RetriesInClear => {
            world.server().on(Tls, "EHLO", says("421 no\r\n"));
            ("unavailable unreachable", "leak")
        }
        Defect::RetriesWithoutPin => {
            world.server().handshake = Err(Reason::PinMismatch);
            ("refused pin-mismatch", "refused pin-mismatch")
        }
        Defect::RefusesUnknownNames => {
            world.txt(LABEL, &["v=submission STARTTLS=_certroot.example.com future=1"]);
            ("configured", "refused policy-malformed")
        }
        // An open server takes the message, with and without.
        Defect::SendsBeforeAuth => ("configured", "configured"),
        Defect::SpeaksBehindStarttls => ("configured", "configured"),
        Defect::SubmitsAfterRejection => {
            world.server().on(Tls, "AUTH", says("535 no\r\n"));
            ("ask-user credentials-rejected", "configured")
        }
        Defect::SubmitsWithoutKnownMechanism => {
            world.server().on(Tls, "EHLO", says("250-hello\r\n250 AUTH GSSAPI\r\n"));
            ("refused auth-not-offered", "configured")
        }
        Defect::TakesIndeterminateForUnsigned => {
            world.believe(LABEL, SRV, SecurityStatus::Indeterminate);
            ("refused lookup-failed", "configured")
        }
        Defect::TrustsInsecureKeyRecord => {
            world.believe(KEYS, TXT, SecurityStatus::Insecure);
            ("refused key-record-insecure", "configured")
        }
        Defect::TrustsInsecurePolicyPins => {
            world.unsigned();
            world.txt(KEYS, &[]);
            ("configured", "refused key-record-unusable")
        }
        Defect::PrefersSha1 => {
            world.txt(KEYS, &[&format!("v=keyrecord {SHA1} {SHA256}")]);
            world.request.strict = true;
            ("configured", "refused weak-digest")
        }
        Defect::UsesApop => {
            world = World::pop3();
            world.server().greeting = says("+OK ready <1@example.com>\r\n");
            world.server().on(Tls, "APOP", says("-ERR no\r\n"));
            ("configured", "configured")
        }
        Defect::UsesApopInClear => {
            world = World::pop3();
            world.server().greeting = says("+OK ready <1@example.com>\r\n");
            world.server().on(Clear, "STLS", says("-ERR no\r\n"));
            ("refused starttls-refused", "refused starttls-refused")
        }
        Defect::UsesInjectedPlaintext => {
            world.server().on(Clear, "STARTTLS", says("220 go\r\n250-evil\r\n250 AUTH PLAIN\r\n"));
            world.server().on(Tls, "EHLO", says(""));
            ("refused plaintext-after-starttls", "configured")
        }
        Defect::WeightIgnored => {
            two(&mut world, [(1, 1), (1, 9)]);
            ("configured", "configured")
        }
        Defect::KeepsFirstSni | Defect::JudgesFirstTargetOnly => {
            two(&mut world, [(1, 1), (2, 1)]);
            world.server().handshake = Err(Reason::TlsFailed);
            ("configured", "configured")
        }
        Defect::JudgesNamedTargetsOnly => {
            world = World::bare(Service::Submission);
            guessable(&mut world);
            ("configured", "configured")
        }
        Defect::JudgesOnlyAfterStarttls => {
            world.srv("_submission", &[]);
            world.srv("_submissions", &[(1, 1, 465, "submit1.example.com.")]);
            world.serve("192.0.2.1:465", Server::submission());
            ("configured", "configured")
        }
        Defect::SendsDomainAsSni | Defect::SendsNoSni => ("configured", "configured"),
        Defect::AcceptsAliasTarget | Defect::SendsAliasAsSni => {
            world.alias("submit1.example.com.", "real.example.com.", "192.0.2.1");
            ("configured", "configured")
        }
        // These are flaws of the verifier and of the resolver.
        Defect::AcceptsAnyCertificate
        | Defect::ChecksDatesOfEndEntityOnly
        | Defect::ChecksTls12SignaturesOnly
        | Defect::ComparesIssuerNames
        | Defect::CountsEndEntityInPathLength
        | Defect::FindsPinBesidePath
        | Defect::IgnoresCaFlag
        | Defect::IgnoresKeyUsage
        | Defect::IgnoresNameConstraints
        | Defect::IgnoresNameMismatch
        | Defect::IgnoresNotBefore
        | Defect::IgnoresPathLength
        | Defect::IgnoresPurpose
        | Defect::JudgesAbovePin
        | Defect::MatchesCommonName
        | Defect::MatchesEmail
        | Defect::MatchesFirstNameOnly
        | Defect::MatchesNamesAtEnd
        | Defect::MatchesNamesAtStart
        | Defect::MatchesNamesByOctet
        | Defect::MatchesNamesOfParents
        | Defect::MatchesNamesOfSubdomains
        | Defect::MatchesUri
        | Defect::PinsButSkipsChain
        | Defect::PinsRootsOnly
        | Defect::RefusesWildcards
        | Defect::SkipsHandshakeSignature
        | Defect::SkipsPin
        | Defect::TakesPinnedCaForGranted
        | Defect::WaivesNameUnderPin
        | Defect::WaivesPossessionOfPinned
        | Defect::WantsDatesOfPinned
        | Defect::WantsNameOfPinned
        | Defect::WildcardCoversParent
        | Defect::WildcardInAnyLabel
        | Defect::WildcardInPartOfLabel
        | Defect::WildcardSpansLabels
        | Defect::RejectsSha1
        | Defect::TakesAdOnTrust
        | Defect::TakesAdditionalForAnswer
        | Defect::TakesBogusForSecure
        | Defect::TakesBogusForUnsigned
        | Defect::TakesExpiredChain
        | Defect::TakesFailureForAbsence
        | Defect::TakesUnsignedForSecure
        | Defect::TakesUnusualForUnsigned => return None,
        // These show at a second visit, or to a user who asks for less, which the rules are told of from outside.
        Defect::BelievesEverAfter
        | Defect::InsistsOnTlsOnce
        | Defect::KeepsAnswers
        | Defect::ObeysLesserStance
        | Defect::TrustsWhatWorked => return None,
        // These are about one text each, or about how labels stand to one another, which the cases of the suite show.
        defect if misreadings::shows(defect) => return None,
        // Resolvers are tested where they are.
        defect if Rules::from(defect).resolves_wrongly() => return None,
        // The rest need worlds that this simulation has not: the suite, in which a case has to name every defect, shows them.
        _ => return None,
    };
    Some((world, honest, flawed))
}

#[test]
fn every_defect_shows_somewhere() {
    for &defect in Defect::ALL {
        let Some((mut world, honest, flawed)) = world(defect) else { continue };
        let honest_run = world.check(honest);
        world.rules = Rules::from(defect);
        let flawed_run = world.run();
        match flawed {
            "leak" => assert!(flawed_run.leaks(), "{defect}: {flawed_run:#?}"),
            summary => assert_eq!(flawed_run.summary(), summary, "{defect}: {flawed_run:#?}"),
        }
        let notes = |run: &Run| if run.summary() == "configured" { run.notes() } else { Vec::new() };
        let seen = [&honest_run, &flawed_run].map(|run| (run.trace.clone(), notes(run)));
        assert_ne!(seen[0], seen[1], "{defect}");
    }
}

#[test]
fn pop3_in_clear_shows_as_well() {
    let strip = |world: &mut World| _ = world.server().on(Clear, "CAPA", says("+OK\r\nUSER\r\n.\r\n"));
    let refuse = |world: &mut World| _ = world.server().on(Clear, "STLS", says("-ERR no\r\n"));
    let break_tls = |world: &mut World| world.server().handshake = Err(Reason::TlsFailed);
    type Break = fn(&mut World);
    let cases: [(Defect, Break); 3] = [
        (Defect::IgnoresStrippedStarttls, strip),
        (Defect::IgnoresRefusedStarttls, refuse),
        (Defect::ContinuesInClear, break_tls),
    ];
    for (defect, break_it) in cases {
        let mut world = World::pop3();
        break_it(&mut world);
        world.rules = Rules::from(defect);
        let run = world.run();
        assert!(run.leaks(), "{defect}: {run:#?}");
    }
}

#[test]
fn implicit_tls_in_clear_shows_as_well() {
    let mut world = World::submission();
    world.srv("_submission", &[]);
    world.srv("_submissions", &[(1, 1, 465, "submit1.example.com.")]);
    let mut server = Server::submission();
    server.handshake = Err(Reason::TlsFailed);
    world.serve("192.0.2.1:465", server);
    world.check("refused tls-failed");
    world.rules = Rules::from(Defect::ContinuesInClear);
    assert!(world.run().leaks());
}

#[test]
fn odd_answers_to_starttls_do_not_stop_the_flawed_client() {
    for odd in ["354 go on\r\n", "220-go\r\n220 on\r\n"] {
        let mut world = World::submission();
        world.server().on(Clear, "STARTTLS", says(odd));
        world.rules = Rules::from(Defect::IgnoresRefusedStarttls);
        assert_eq!(world.run().leaks(), odd.starts_with("354"));
    }
    let mut world = World::pop3();
    world.server().on(Clear, "STLS", says("+ go on\r\n"));
    world.rules = Rules::from(Defect::IgnoresRefusedStarttls);
    assert!(world.run().leaks());
}

#[test]
fn no_failover_concerns_published_targets_only() {
    let mut world = World::bare(Service::Submission);
    world.address("mail.example.com.", "192.0.2.1");
    world.serve("192.0.2.1:587", Server::submission());
    world.rules = Rules::from(Defect::NoFailover);
    world.check("configured");
}

#[test]
fn a_guess_is_not_made_with_the_domain_alone() {
    let run = World::bare(Service::Submission).check("ask-user nothing-fits");
    assert!(!run.has("query example.com."), "{run:#?}");
}

#[test]
fn a_server_that_wants_a_login_first_gets_it_after_all() {
    let mut world = World::submission();
    world.rules = Rules::from(Defect::SendsBeforeAuth);
    world.server().on(Tls, "MAIL", says("530 log in\r\n"));
    let run = world.check("refused protocol-error");
    let at = |beginning: &str| run.trace.iter().position(|line| line.starts_with(beginning));
    assert!(at("tls MAIL") < at("tls AUTH"), "{run:#?}");
}
