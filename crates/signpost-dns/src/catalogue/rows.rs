//! The table itself, in the order of mechanisms.

use super::{CatalogueRow, Verdict};

const BOGUS: &[Verdict] = &[Verdict::Bogus];
const SECURE: &[Verdict] = &[Verdict::Secure];
const INSECURE: &[Verdict] = &[Verdict::Insecure];
/// Nothing comes, or nothing that can be judged: validators call that a failure, not a verdict.
const NO_ANSWER: &[Verdict] = &[Verdict::Bogus, Verdict::Indeterminate];
/// A resolver may find the answer, or none, but not that there is no chain.
const ANY: &[Verdict] = &[Verdict::Secure, Verdict::Bogus, Verdict::Indeterminate];
/// The RFC leaves it to the validator's policy or resources.
const SECURE_OR_BOGUS: &[Verdict] = &[Verdict::Secure, Verdict::Bogus];
const SECURE_OR_INSECURE: &[Verdict] = &[Verdict::Secure, Verdict::Insecure];
const INSECURE_OR_BOGUS: &[Verdict] = &[Verdict::Insecure, Verdict::Bogus];

const HOST: &str = "submit1.example.com/A";
const SERVICE: &str = "_submission._tcp.example.com/SRV";
const KEYS: &str = "example.com/DNSKEY";
const DELEGATION: &str = "example.com/DS";
const ABSENT: &str = "_pop3s._tcp.nope.example.com/SRV";
const HASHED_ABSENT: &str = "_pop3s._tcp.nope.nsec3.example.com/SRV";
const HASHED_HOST: &str = "www.nsec3.example.com/A";

const fn row(
    kind: &'static str,
    at: &'static str,
    question: &'static str,
    verdicts: &'static [Verdict],
    rule: &'static str,
) -> CatalogueRow {
    CatalogueRow { kind, records: None, rcode: None, at, question, verdicts, rule }
}

/// A fault of the answer to the question itself.
const fn at(
    kind: &'static str,
    question: &'static str,
    verdicts: &'static [Verdict],
    rule: &'static str,
) -> CatalogueRow {
    row(kind, question, question, verdicts, rule)
}

const fn with_records(records: &'static str, row: CatalogueRow) -> CatalogueRow {
    CatalogueRow { records: Some(records), ..row }
}

const fn with_rcode(rcode: &'static str, row: CatalogueRow) -> CatalogueRow {
    CatalogueRow { rcode: Some(rcode), ..row }
}

const FORGED_SERVICE: &str = "_submission._tcp.example.com. 300 IN SRV 1 1 587 mail.attacker.test.";
const FORGED_HOST: &str = "submit1.example.com. 300 IN A 203.0.113.1";

/// RFC 4035 section 5.3.1, the list of what an RRSIG record must be to be used.
const USABLE: &str = "RFC 4035 section 5.3.1: the RRSIG must have the RRset's type, owner zone, labels, validity and a key of the DNSKEY RRset";
const INTACT: &str = "RFC 4035 section 5.3.3: the signature must verify over the canonical RRset";
const EXPECTED: &str = "RFC 4035 section 5.5: where the parent's DS says that the zone is signed, an RRset without usable signature is bogus";
const KEY_CHAIN: &str =
    "RFC 4035 section 5.2: a DNSKEY that the DS names must be in the DNSKEY RRset and sign it";
const DS_MATCH: &str = "RFC 4035 section 5.2: the DS must match a DNSKEY in key tag, algorithm and digest";
const DS_PROOF: &str =
    "RFC 4035 section 5.2: without DS, a validated NSEC or NSEC3 record must prove its absence";
const UNKNOWN_DS: &str = "RFC 4035 section 5.2: where no DS has an algorithm and digest type that the resolver knows, the zone is as if unsigned";
const NSEC_PROOF: &str =
    "RFC 4035 section 5.4: non-existence needs validated NSEC records for the name and for the wildcard";
const NSEC3_PROOF: &str = "RFC 5155 section 8.4: a name error needs the closest encloser, the next closer name and the wildcard proven";
const SERIAL: &str =
    "RFC 4034 section 3.1.5: inception and expiration are compared by serial number arithmetic (RFC 1982)";
const FAILURE: &str = "RFC 4035 section 5.5 and RFC 8499 section 10: without an answer nothing can be validated; it is a failure, never an absence";
const ANY_GOOD: &str = "RFC 4035 section 5.3.3: one signature that validates is enough";

pub(super) const ROWS: &[CatalogueRow] = &[
    // Signatures.
    at("signature-broken", HOST, BOGUS, INTACT),
    at("signature-broken", SERVICE, BOGUS, INTACT),
    at("signature-broken", "_submission._tcp.example.com/TXT", BOGUS, INTACT),
    at("signature-broken", "_certroot.example.com/TXT", BOGUS, INTACT),
    row("signature-broken", KEYS, HOST, BOGUS, KEY_CHAIN),
    row("signature-broken", DELEGATION, HOST, BOGUS, DS_PROOF),
    at("signature-missing", HOST, BOGUS, EXPECTED),
    at("signature-missing", SERVICE, BOGUS, EXPECTED),
    at("signature-missing", "_submission._tcp.example.com/TXT", BOGUS, EXPECTED),
    at("signature-missing", "_certroot.example.com/TXT", BOGUS, EXPECTED),
    row("signature-missing", KEYS, HOST, BOGUS, KEY_CHAIN),
    row("signature-missing", DELEGATION, HOST, BOGUS, DS_PROOF),
    at("signature-expired", HOST, BOGUS, USABLE),
    at("signature-expired", SERVICE, BOGUS, USABLE),
    at("signature-not-yet-valid", HOST, BOGUS, USABLE),
    at("signature-expires-before-inception", HOST, BOGUS, SERIAL),
    at("signature-inception-now", HOST, SECURE, SERIAL),
    at("signature-longest", HOST, SECURE, SERIAL),
    at("signature-too-long", HOST, BOGUS, SERIAL),
    at("signature-key-tag-wrong", HOST, BOGUS, USABLE),
    at("signature-key-unknown", HOST, BOGUS, USABLE),
    at("signature-algorithm-wrong", HOST, BOGUS, USABLE),
    at("signature-algorithm-unknown", HOST, BOGUS, USABLE),
    at("signature-labels-too-many", HOST, BOGUS, USABLE),
    at(
        "signature-labels-too-few",
        HOST,
        BOGUS,
        "RFC 4035 section 5.3.4: an expanded wildcard needs the proof that no closer match exists",
    ),
    at("signature-signer-unrelated", HOST, BOGUS, USABLE),
    at(
        "signature-signer-parent",
        HOST,
        BOGUS,
        "RFC 4035 section 5.3.1: the signer's name must be the name of the zone that contains the RRset",
    ),
    at("signature-type-covered-wrong", HOST, BOGUS, USABLE),
    at("signature-original-ttl-altered", HOST, BOGUS, INTACT),
    at("signature-length-wrong", HOST, BOGUS, "RFC 6605 section 4: a P-256 signature has 64 octets"),
    at(
        "signature-flood",
        HOST,
        SECURE_OR_BOGUS,
        "RFC 4035 section 5.3.3: local policy says whether all RRSIG records are tried",
    ),
    at("signature-extra", HOST, SECURE, ANY_GOOD),
    row("zone-signatures-missing", "example.com", HOST, BOGUS, EXPECTED),
    row("zone-signatures-expired", "example.com", HOST, BOGUS, USABLE),
    // RRsets.
    at("record-altered", HOST, BOGUS, INTACT),
    at("record-altered", SERVICE, BOGUS, INTACT),
    at("record-added", HOST, BOGUS, INTACT),
    at("record-dropped", SERVICE, BOGUS, INTACT),
    at(
        "ttl-raised",
        HOST,
        SECURE,
        "RFC 4035 section 5.3.3: the TTL is cut to the original TTL, which is what was signed",
    ),
    at(
        "owner-case-changed",
        HOST,
        SECURE,
        "RFC 4034 section 6.2: the canonical form of owners is in lower case",
    ),
    with_records(FORGED_SERVICE, at("forge", SERVICE, BOGUS, EXPECTED)),
    with_records(FORGED_HOST, at("forge", HOST, BOGUS, EXPECTED)),
    with_records(FORGED_SERVICE, at("forge-keeping-signature", SERVICE, BOGUS, INTACT)),
    with_records(FORGED_SERVICE, at("forge-signed", SERVICE, BOGUS, INTACT)),
    with_records(
        FORGED_SERVICE,
        at(
            "forged-ad",
            SERVICE,
            BOGUS,
            "RFC 4035 section 4.9.3: the AD bit of an answer that came over an insecure path proves nothing",
        ),
    ),
    with_records(
        "mail.attacker.test. 300 IN A 203.0.113.1\nsubmit1.example.com. 300 IN A 203.0.113.1",
        at(
            "additional-forged",
            SERVICE,
            SECURE,
            "RFC 4035 section 5: what is validated is the answer; RFC 2181 section 5.4.1: additional data is never to be passed on as an answer",
        ),
    ),
    // DNSKEY.
    row("dnskey-empty", KEYS, HOST, BOGUS, KEY_CHAIN),
    row("dnskey-zsk-removed", KEYS, HOST, BOGUS, USABLE),
    row("dnskey-ksk-removed", KEYS, HOST, BOGUS, KEY_CHAIN),
    row("dnskey-attacker", KEYS, HOST, BOGUS, KEY_CHAIN),
    row("dnskey-signed-by-zsk", KEYS, HOST, BOGUS, KEY_CHAIN),
    row(
        "dnskey-zone-bit-clear",
        "example.com",
        HOST,
        BOGUS,
        "RFC 4034 section 2.1.1: a key without the zone bit must not verify RRSIG records",
    ),
    row(
        "dnskey-zone-bit-clear-ksk",
        "example.com",
        HOST,
        BOGUS,
        "RFC 4034 section 5.2: the key that a DS names must be a zone key",
    ),
    row(
        "dnskey-zone-bit-clear-zsk",
        "example.com",
        HOST,
        BOGUS,
        "RFC 4034 section 2.1.1: a key without the zone bit must not verify RRSIG records",
    ),
    row(
        "dnskey-revoked",
        "example.com",
        HOST,
        BOGUS,
        "RFC 5011 section 2.1: a revoked key must not validate anything but its own revocation",
    ),
    row(
        "dnskey-protocol-wrong",
        "example.com",
        HOST,
        BOGUS,
        "RFC 4034 section 2.1.2: a key with another protocol than 3 must be treated as invalid",
    ),
    row("zsk-algorithm-wrong", "example.com", HOST, BOGUS, INTACT),
    row("zsk-algorithm-unassigned", "example.com", HOST, BOGUS, EXPECTED),
    row("zsk-algorithm-reserved", "example.com", HOST, BOGUS, EXPECTED),
    row("ksk-material-broken", "example.com", HOST, BOGUS, KEY_CHAIN),
    row("zsk-material-broken", "example.com", HOST, BOGUS, INTACT),
    row("zsk-truncated", "example.com", HOST, BOGUS, "RFC 6605 section 4: a P-256 key has 64 octets"),
    row("dnskey-standby", "example.com", HOST, SECURE, KEY_CHAIN),
    row(
        "dnskey-pre-published",
        "example.com",
        HOST,
        SECURE,
        "RFC 6781 section 4.1.1.1: a key may be published before it signs",
    ),
    row(
        "dnskey-multi-signer",
        "example.com",
        HOST,
        SECURE,
        "RFC 8901 section 2.1: several signers publish each other's zone signing keys",
    ),
    row(
        "ds-names-zsk",
        "example.com",
        HOST,
        SECURE,
        "RFC 4034 section 2.1.1: the SEP bit is a hint that validators must not use",
    ),
    row(
        "dnskey-tag-collisions",
        "example.com",
        HOST,
        SECURE_OR_BOGUS,
        "RFC 4034 section 5.3.1 and RFC 4035 section 5.3.1: keys with one tag are all tried, as far as local limits go",
    ),
    row(
        "dnskey-many",
        "example.com",
        HOST,
        SECURE_OR_BOGUS,
        "RFC 4035 section 5.3.1: every key with the right tag is tried, as far as local limits go",
    ),
    row("zone-unsigned", "example.com", HOST, BOGUS, EXPECTED),
    row(
        "trust-anchor-wrong",
        "*",
        HOST,
        BOGUS,
        "RFC 4035 section 5.1: the apex DNSKEY RRset must validate against a trust anchor",
    ),
    // DS.
    row("ds-stripped", DELEGATION, HOST, BOGUS, DS_PROOF),
    row("ds-denied-unsigned", DELEGATION, HOST, BOGUS, DS_PROOF),
    row("ds-wrong", DELEGATION, HOST, BOGUS, DS_MATCH),
    row("ds-key-tag-wrong", DELEGATION, HOST, BOGUS, DS_MATCH),
    row("ds-algorithm-wrong", DELEGATION, HOST, BOGUS, DS_MATCH),
    row("ds-algorithm-unknown", DELEGATION, HOST, INSECURE, UNKNOWN_DS),
    row(
        "ds-algorithm-dsa",
        DELEGATION,
        HOST,
        INSECURE,
        "RFC 8624 section 3.1: DSA must not be used for validation; RFC 4035 section 5.2",
    ),
    row(
        "ds-algorithm-rsamd5",
        DELEGATION,
        HOST,
        INSECURE,
        "RFC 8624 section 3.1: RSA/MD5 must not be used for validation; RFC 4035 section 5.2",
    ),
    row(
        "ds-algorithm-gost",
        DELEGATION,
        HOST,
        INSECURE,
        "RFC 8624 section 3.1 and RFC 9558: GOST R 34.10-2001 is not to be validated; RFC 4035 section 5.2",
    ),
    row("ds-digest-type-unknown", DELEGATION, HOST, INSECURE, UNKNOWN_DS),
    row(
        "ds-sha1-only",
        DELEGATION,
        HOST,
        SECURE_OR_INSECURE,
        "RFC 8624 section 3.3: validators must still know SHA-1 in DS; local policy may not",
    ),
    row(
        "ds-sha1-good-sha256-bad",
        DELEGATION,
        HOST,
        BOGUS,
        "RFC 4509 section 3: validators should ignore SHA-1 where SHA-256 is present",
    ),
    row("ds-good-and-bad", DELEGATION, HOST, SECURE, "RFC 4035 section 5.2: one DS that matches is enough"),
    row(
        "ds-many",
        DELEGATION,
        HOST,
        SECURE_OR_BOGUS,
        "RFC 4035 section 5.2: one DS that matches is enough, as far as local limits go",
    ),
    row(
        "ds-answered-by-child",
        DELEGATION,
        HOST,
        BOGUS,
        "RFC 4035 section 5.2: an NSEC record with the SOA bit is the child's and says nothing of DS",
    ),
    row("ds-referral", DELEGATION, HOST, BOGUS, DS_PROOF),
    row("ds-alias", DELEGATION, HOST, BOGUS, DS_PROOF),
    row(
        "cds-wrong",
        "example.com",
        HOST,
        SECURE,
        "RFC 7344 section 4: CDS speaks to the parent, not to validators",
    ),
    row(
        "cds-delete",
        "example.com",
        HOST,
        SECURE,
        "RFC 8078 section 4: a request for removal changes nothing until the parent acts",
    ),
    // Denial by NSEC.
    at("denial-stripped", ABSENT, BOGUS, NSEC_PROOF),
    at("denial-stripped", "submit1.example.com/AAAA", BOGUS, NSEC_PROOF),
    at("denial-signature-missing", ABSENT, BOGUS, NSEC_PROOF),
    at("denial-signature-broken", ABSENT, BOGUS, INTACT),
    at("denial-signature-expired", ABSENT, BOGUS, USABLE),
    at("denial-next-closer-absent", ABSENT, BOGUS, NSEC_PROOF),
    at("denial-wildcard-absent", ABSENT, BOGUS, NSEC_PROOF),
    at(
        "denial-wildcard-absent",
        "x.wild.example.com/SRV",
        BOGUS,
        "RFC 4035 section 3.1.3.4: wildcard NODATA needs the wildcard's NSEC record",
    ),
    at("forged-nodata", SERVICE, BOGUS, NSEC_PROOF),
    at("forged-nxdomain", SERVICE, BOGUS, NSEC_PROOF),
    at("nsec-piggy-backed", SERVICE, BOGUS, NSEC_PROOF),
    at(
        "nsec-type-bit-set",
        "submit1.example.com/AAAA",
        BOGUS,
        "RFC 4035 section 5.4: the type must be absent from the NSEC record's bit map",
    ),
    at(
        "nsec-cname-bit-set",
        "submit1.example.com/AAAA",
        BOGUS,
        "RFC 6840 section 4.3: the CNAME bit must be absent from the bit map too",
    ),
    at(
        "nsec-from-parent",
        HOST,
        BOGUS,
        "RFC 6840 section 4.1: an ancestor delegation's NSEC record says nothing of names below the cut",
    ),
    at(
        "nsec-from-grandparent",
        HOST,
        BOGUS,
        "RFC 6840 section 4.1: an ancestor delegation's NSEC record says nothing of names below the cut",
    ),
    at("nsec-from-another-zone", ABSENT, BOGUS, USABLE),
    at(
        "nsec-self-loop",
        "submit1.example.com/AAAA",
        SECURE_OR_BOGUS,
        "RFC 4034 section 4.1.1: only the last NSEC record of a zone leads back, and only to the apex; a lack of a type is proven all the same",
    ),
    at(
        "nsec-self-loop",
        "nope.example.com/A",
        BOGUS,
        "RFC 4034 section 4.1.1: only the last NSEC record of a zone leads back, and only to the apex",
    ),
    at(
        "nsec-overreach",
        "zzz.example.com/A",
        BOGUS,
        "RFC 4034 section 4.1.1: the next domain name is in the zone; that of the last is the apex",
    ),
    at(
        "empty-non-terminal-denied",
        "_tcp.example.com/SRV",
        SECURE_OR_BOGUS,
        "RFC 4592 section 2.2.2: a name with names below it exists; a validator may put right what the proof shows, a lack of the type",
    ),
    at(
        "denial-mixed",
        ABSENT,
        BOGUS,
        "RFC 5155 section 8.2 and RFC 4035 section 5.4: either chain must prove it alone",
    ),
    // Denial by NSEC3.
    at("denial-stripped", HASHED_ABSENT, BOGUS, NSEC3_PROOF),
    at("denial-signature-missing", HASHED_ABSENT, BOGUS, NSEC3_PROOF),
    at("denial-signature-broken", HASHED_ABSENT, BOGUS, INTACT),
    at("denial-encloser-absent", HASHED_ABSENT, BOGUS, NSEC3_PROOF),
    at("denial-next-closer-absent", HASHED_ABSENT, BOGUS, NSEC3_PROOF),
    at("denial-wildcard-absent", HASHED_ABSENT, BOGUS, NSEC3_PROOF),
    at(
        "nsec3-owner-hash-wrong",
        "www.nsec3.example.com/AAAA",
        BOGUS,
        "RFC 5155 section 8.5: NODATA needs the NSEC3 record that matches the name",
    ),
    at("nsec3-next-hash-wrong", HASHED_ABSENT, BOGUS, NSEC3_PROOF),
    at(
        "nsec3-hash-algorithm-unknown",
        HASHED_ABSENT,
        INSECURE_OR_BOGUS,
        "RFC 5155 section 8.1: NSEC3 records with unknown hash algorithms are ignored",
    ),
    at(
        "nsec3-flags-unknown",
        HASHED_ABSENT,
        BOGUS,
        "RFC 5155 section 8.2: NSEC3 records with unknown flags are ignored",
    ),
    at(
        "nsec3-owner-outside-zone",
        HASHED_ABSENT,
        BOGUS,
        "RFC 5155 section 3: the owner of an NSEC3 record is directly below the apex",
    ),
    at(
        "nsec3-hash-length-wrong",
        HASHED_ABSENT,
        BOGUS,
        "RFC 5155 section 3.1.7: the next hash is as long as the hash algorithm makes it",
    ),
    row(
        "nsec3-opt-out-forged",
        "secure.optout.example.com/DS",
        "www.secure.optout.example.com/A",
        BOGUS,
        INTACT,
    ),
    at(
        "nsec-type-bit-set",
        "www.nsec3.example.com/AAAA",
        BOGUS,
        "RFC 5155 section 8.5: the type and CNAME must be absent from the bit map",
    ),
    row(
        "nsec3-iterations-high",
        "nsec3.example.com",
        "nope.nsec3.example.com/A",
        INSECURE_OR_BOGUS,
        "RFC 9276 section 3.2: validators may treat NSEC3 with more than 100 iterations as insecure or as a failure",
    ),
    row(
        "nsec3-iterations-excessive",
        "nsec3.example.com",
        "nope.nsec3.example.com/A",
        INSECURE_OR_BOGUS,
        "RFC 5155 section 10.3 and RFC 9276 section 3.2: beyond the limit it is insecure or a failure",
    ),
    row(
        "nsec3param-missing",
        "nsec3.example.com",
        HASHED_HOST,
        SECURE,
        "RFC 5155 section 4: NSEC3PARAM is for authoritative servers; validators do not use it",
    ),
    row(
        "nsec3param-salt-wrong",
        "nsec3.example.com",
        HASHED_HOST,
        SECURE,
        "RFC 5155 section 4: NSEC3PARAM is for authoritative servers; validators do not use it",
    ),
    // Wildcards.
    at(
        "wildcard-proof-stripped",
        "x.wild.example.com/A",
        BOGUS,
        "RFC 4035 section 5.3.4: an expanded wildcard needs the proof that no closer match exists",
    ),
    at(
        "denial-signature-missing",
        "x.wild.example.com/A",
        BOGUS,
        "RFC 4035 section 5.3.4: an expanded wildcard needs the proof that no closer match exists",
    ),
    at(
        "wildcard-proof-stripped",
        "x.wild.nsec3.example.com/A",
        BOGUS,
        "RFC 5155 section 8.8: an expanded wildcard needs the next closer name covered",
    ),
    at(
        "wildcard-replayed",
        "host.wild.example.com/A",
        BOGUS,
        "RFC 4035 section 5.3.4: a wildcard must not stand for a name that exists",
    ),
    at(
        "wildcard-from-parent",
        HOST,
        BOGUS,
        "RFC 4035 section 5.3.1: the signer's name must be the name of the zone that contains the RRset",
    ),
    // Aliases.
    at("cname-injected", HOST, BOGUS, EXPECTED),
    at(
        "cname-from-parent",
        HOST,
        BOGUS,
        "RFC 4035 section 5.3.1: the signer's name must be the name of the zone that contains the RRset",
    ),
    at("cname-loop", HOST, ANY, "RFC 1034 section 3.6.2: alias loops are an error"),
    at(
        "dname-cname-mismatch",
        "a.moved.example.com/A",
        SECURE_OR_BOGUS,
        "RFC 6672 section 5.3.1: the CNAME must be the one that the validated DNAME makes; a validator may make it itself",
    ),
    // Messages on their way.
    row("dnssec-stripped", "*", HOST, BOGUS, EXPECTED),
    row("do-ignored", "*", HOST, BOGUS, EXPECTED),
    row("edns-dropped", "*", HOST, BOGUS, EXPECTED),
    row(
        "edns-formerr",
        "*",
        HOST,
        NO_ANSWER,
        "RFC 4035 section 4.1 and RFC 6891 section 7: without EDNS there are no signatures",
    ),
    at("servfail", HOST, NO_ANSWER, FAILURE),
    row("servfail", KEYS, HOST, NO_ANSWER, FAILURE),
    row("servfail", DELEGATION, HOST, NO_ANSWER, FAILURE),
    row("refused", "*", HOST, NO_ANSWER, FAILURE),
    with_rcode("NOTAUTH", at("rcode", HOST, NO_ANSWER, FAILURE)),
    at("timeout", HOST, NO_ANSWER, FAILURE),
    at(
        "udp-dropped",
        HOST,
        ANY,
        "RFC 7766 section 5: a resolver may ask by TCP without having asked by UDP first",
    ),
    at(
        "truncated-tcp-refused",
        HOST,
        NO_ANSWER,
        "RFC 2181 section 9: a truncated answer must be asked again, not used",
    ),
    at("id-wrong", HOST, NO_ANSWER, "RFC 5452 section 9.1: an answer with another ID is not an answer"),
    at("qr-clear", HOST, NO_ANSWER, "RFC 1035 section 4.1.1: a message with QR clear is a query"),
    at(
        "question-wrong",
        HOST,
        NO_ANSWER,
        "RFC 5452 section 9.1: an answer to another question is not an answer",
    ),
    at(
        "question-case-changed",
        HOST,
        SECURE_OR_BOGUS,
        "RFC 4343 section 3: names compare without case; a resolver may insist on its own letters against spoofing",
    ),
    at(
        "class-wrong",
        HOST,
        NO_ANSWER,
        "RFC 1035 section 3.2.4 and RFC 5452 section 9.1: records of another class answer nothing",
    ),
    at("garbled", HOST, NO_ANSWER, "RFC 1035 section 4.1: a message that ends inside a record is none"),
    row("ad-set", "*", HOST, SECURE, "RFC 4035 section 4.9.3: a validator sets AD by its own verdict"),
    at(
        "server-forged",
        HOST,
        SECURE,
        "RFC 2181 section 5.4.1: what is not asked for and not signed is not believed",
    ),
    // Clocks.
    row("clock-shifted", "*", HOST, BOGUS, USABLE),
];
