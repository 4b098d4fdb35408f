//! What the libraries get wrong, and the audited validator must not.
//!
//! Each case is a lie, or an honest sight that looks like one, with the verdict of every validator: hickory's
//! and `domain`'s as they are, so that a release that mends one is noticed here.

use hickory_proto::rr::DNSClass;
use hickory_proto::rr::RecordType::{A, CNAME, DNSKEY, DS, NS, NSEC, RRSIG, SOA};
use signpost_validate::SecurityStatus::{self, Bogus, Indeterminate, Insecure, Secure};
use signpost_validate::{Answer, AuditedValidator, DomainValidator, HickoryValidator, Lookup, Resolver};

use crate::forge::{
    Forge, HOST, KSK, Key, REVOKED, Reply, Rrset, UNSIGNED, ZSK, address, broken, denial, nsec, positive,
    soa, wire,
};

const ZONE: &str = "example.com.";

/// The verdicts of hickory, `domain` and the audit on the address of `owner`.
async fn verdicts(forge: Forge, owner: &str) -> [Lookup; 3] {
    let served = forge.serve().await;
    let owner = crate::forge::name(owner);
    let hickory = HickoryValidator::new(&served.upstream).lookup(&owner, A).await;
    let domain = DomainValidator::new(&served.upstream).lookup(&owner, A).await;
    let audited = AuditedValidator::new(&served.upstream).lookup(&owner, A).await;
    [hickory, domain, audited]
}

async fn check(forge: Forge, owner: &str, expected: [SecurityStatus; 3], because: &str) {
    let lookups = verdicts(forge, owner).await;
    assert_eq!(lookups.each_ref().map(|lookup| lookup.security), expected, "{lookups:#?}");
    assert!(lookups[2].reason.contains(because), "{:?} lacks {because:?}", lookups[2].reason);
}

fn host(last: u8) -> Rrset {
    Rrset::new(HOST, A, address(last))
}

#[tokio::test]
async fn control() {
    check(Forge::new(), HOST, [Secure; 3], "").await;
    // hickory asks more of an unsigned zone than a forge of six names can answer.
    let [_, domain, audited] = verdicts(Forge::new(), UNSIGNED).await;
    assert_eq!([domain.security, audited.security], [Insecure; 2]);
    assert_eq!(audited.reason, "unsigned.com. is delegated without DS");
}

/// RFC 4035 §5.3.1: the signer must be the zone that contains the RRset.
#[tokio::test]
async fn the_parent_signs_for_its_child() {
    let mut forge = Forge::new();
    let signed = host(66).signed("com.", &forge.com);
    forge.reply(HOST, A, positive(signed));
    check(forge, HOST, [Secure, Secure, Bogus], "by com., but the zone is example.com.").await;
}

/// The same across an unsigned cut: the parent's word does not make the child signed.
#[tokio::test]
async fn the_parent_signs_for_its_unsigned_child() {
    let mut forge = Forge::new();
    let signed = Rrset::new(UNSIGNED, A, address(66)).signed("com.", &forge.com);
    forge.reply(UNSIGNED, A, positive(signed));
    check(forge, UNSIGNED, [Secure, Secure, Insecure], "delegated without DS").await;
}

/// RFC 5011 §2.1: a revoked key is no way into the zone, although its DS is still there.
#[tokio::test]
async fn the_only_key_is_revoked() {
    let mut forge = Forge::new();
    forge.example.flags = KSK | REVOKED;
    forge.sign();
    check(forge, HOST, [Bogus, Secure, Bogus], "no usable key of example.com.").await;
}

/// RFC 5011 §2.1: nor does it sign data.
#[tokio::test]
async fn a_revoked_key_signs_data() {
    let mut forge = Forge::new();
    let revoked = Key::new(ZSK | REVOKED);
    let keys = Rrset::new(ZONE, DNSKEY, [forge.example.rdata(), revoked.rdata()]);
    let keys = keys.signed(ZONE, &forge.example);
    forge.reply(ZONE, DNSKEY, positive(keys));
    forge.reply(HOST, A, positive(host(66).signed(ZONE, &revoked)));
    check(forge, HOST, [Bogus, Secure, Bogus], "revoked").await;
}

/// RFC 4034 §2.1.2: a DNSKEY record with another protocol than 3 is no key.
#[tokio::test]
async fn the_protocol_is_not_dnssec() {
    let mut forge = Forge::new();
    forge.example.protocol = 4;
    forge.sign();
    check(forge, HOST, [Bogus, Secure, Bogus], "no usable key of example.com.").await;
}

/// RFC 4509 §3: a SHA-1 digest is no way in when there is a SHA-256 one.
#[tokio::test]
async fn a_good_sha1_digest_beside_a_bad_sha256_one() {
    let mut forge = Forge::new();
    let mut bad = forge.example.ds(ZONE, 2);
    *bad.last_mut().unwrap() ^= 1;
    let set = Rrset::new(ZONE, DS, [forge.example.ds(ZONE, 1), bad]);
    let signed = set.signed("com.", &forge.com);
    forge.reply(ZONE, DS, positive(signed));
    check(forge, HOST, [Secure, Secure, Bogus], "no usable key of example.com. matches its DS").await;
}

/// A SHA-1 digest alone is weak, not wrong.
#[tokio::test]
async fn a_sha1_digest_alone() {
    let mut forge = Forge::new();
    let signed = Rrset::new(ZONE, DS, [forge.example.ds(ZONE, 1)]).signed("com.", &forge.com);
    forge.reply(ZONE, DS, positive(signed));
    check(forge, HOST, [Secure; 3], "").await;
}

/// RFC 4035 §5.2: the DNSKEY RRset must be signed. hickory is content when every key matches a DS.
#[tokio::test]
async fn the_keys_are_not_signed() {
    let mut forge = Forge::new();
    let keys = Rrset::new(ZONE, DNSKEY, [forge.example.rdata()]).records();
    forge.reply(ZONE, DNSKEY, positive(keys));
    check(forge, HOST, [Secure, Bogus, Bogus], "").await;
}

/// Whoever owns any unsigned domain is named as signer, and the forgery is no longer checked.
#[tokio::test]
async fn an_unsigned_zone_is_named_as_signer() {
    let mut forge = Forge::new();
    let forged = host(66).signed("unsigned.com.", &Key::new(ZSK));
    forge.reply(HOST, A, positive(forged));
    check(forge, HOST, [Bogus, Insecure, Bogus], "by unsigned.com., but the zone is example.com.").await;
}

/// The same trick denies a name.
#[tokio::test]
async fn an_unsigned_zone_is_named_as_signer_of_a_denial() {
    let mut forge = Forge::new();
    let forged = denial(&[soa(ZONE)], "unsigned.com.", &Key::new(ZSK));
    forge.reply(HOST, A, Reply { name_error: true, ..forged });
    check(forge, HOST, [Bogus, Insecure, Bogus], "by unsigned.com., but the zone is example.com.").await;
}

/// RFC 4035 §5.3.3: one good signature is enough, whatever stands before it.
#[tokio::test]
async fn a_foreign_signature_before_the_right_one() {
    let mut forge = Forge::new();
    let mut answers = host(1).records();
    answers.push(host(1).signature("net.example.com.", &Key::new(ZSK)));
    answers.push(host(1).signature(ZONE, &forge.example));
    forge.reply(HOST, A, positive(answers));
    check(forge, HOST, [Secure, Bogus, Secure], "").await;
}

/// RFC 4035 §5.3.3, within a limit that stops CVE-2023-50387.
#[tokio::test]
async fn two_broken_signatures_before_the_right_one() {
    let mut forge = Forge::new();
    let right = host(1).signature(ZONE, &forge.example);
    let mut answers = host(1).records();
    answers.extend([broken(&right), broken(&host(1).signature(ZONE, &forge.example)), right]);
    forge.reply(HOST, A, positive(answers));
    check(forge, HOST, [Secure, Bogus, Secure], "").await;
}

/// RFC 6840 §4.4: the child's own NSEC, at its apex, says nothing about DS in the parent.
#[tokio::test]
async fn the_child_denies_its_ds() {
    let mut forge = Forge::new();
    let apex = nsec(ZONE, HOST, &[NS, SOA, RRSIG, NSEC, DNSKEY]);
    let forged = denial(&[soa(ZONE), apex], ZONE, &forge.example);
    forge.reply(ZONE, DS, forged);
    check(forge, HOST, [Bogus, Bogus, Bogus], "DS of example.com.").await;
}

/// RFC 4035 §5.4: a denial of data is no denial of the name.
#[tokio::test]
async fn the_response_code_is_changed() {
    let mut forge = Forge::new();
    let leaf = nsec(HOST, ZONE, &[NSEC, RRSIG]);
    let forged = denial(&[soa(ZONE), leaf], ZONE, &forge.example);
    forge.reply(HOST, A, Reply { name_error: true, ..forged });
    check(forge, HOST, [Bogus, Bogus, Bogus], "").await;
}

/// A record of another class is covered by no signature, and must not slip in beside one that is.
#[tokio::test]
async fn a_record_of_another_class_is_added() {
    let mut forge = Forge::new();
    let mut answers = host(1).signed(ZONE, &forge.example);
    let mut foreign = host(66).records().remove(0);
    foreign.dns_class = DNSClass::CH;
    answers.insert(0, foreign);
    forge.reply(HOST, A, positive(answers));
    let lookups = verdicts(forge, HOST).await;
    assert_eq!(lookups.each_ref().map(|lookup| lookup.security), [Indeterminate, Bogus, Secure]);
    assert_eq!(lookups[2].records().len(), 1);
    assert_eq!(lookups[2].records()[0].data.to_string(), "192.0.2.1");
}

/// An unsigned alias leads out of a signed zone.
#[tokio::test]
async fn an_alias_is_injected() {
    let mut forge = Forge::new();
    let mut answers = Rrset::new(HOST, CNAME, [wire(UNSIGNED)]).records();
    answers.extend(Rrset::new(UNSIGNED, A, address(2)).records());
    forge.reply(HOST, A, positive(answers));
    check(forge, HOST, [Bogus, Bogus, Bogus], "").await;
}

/// A server that is authoritative for the alias alone stops there; its target must be asked for.
#[tokio::test]
async fn the_reply_stops_at_an_alias() {
    let mut forge = Forge::new();
    let alias = Rrset::new("alias.example.com.", CNAME, [wire(HOST)]).signed(ZONE, &forge.example);
    forge.reply("alias.example.com.", A, positive(alias.clone()));
    forge.reply("alias.example.com.", CNAME, positive(alias.clone()));
    forge.reply("alias.example.com.", DS, positive(alias));
    let lookups = verdicts(forge, "alias.example.com.").await;
    for lookup in &lookups {
        assert_eq!(lookup.security, Secure, "{lookup:?}");
        assert_eq!(lookup.records()[0].name, crate::forge::name(HOST));
    }
}

/// The forged alias must not lead anywhere, although the right one is there when asked for.
#[tokio::test]
async fn a_forged_reply_stops_at_an_alias() {
    let mut forge = Forge::new();
    let right = Rrset::new("alias.example.com.", CNAME, [wire(HOST)]).signed(ZONE, &forge.example);
    let forged = Rrset::new("alias.example.com.", CNAME, [wire(UNSIGNED)]).records();
    forge.reply("alias.example.com.", A, positive(forged));
    forge.reply("alias.example.com.", CNAME, positive(right.clone()));
    forge.reply("alias.example.com.", DS, positive(right));
    let [_, domain, audited] = verdicts(forge, "alias.example.com.").await;
    for lookup in [domain, audited] {
        assert_eq!(lookup.security, Secure, "{lookup:?}");
        assert_eq!(lookup.records()[0].name, crate::forge::name(HOST));
    }
}

/// RFC 4035 §4.3: data that should be signed and cannot be checked is Bogus; where even that is unknown, nothing
/// can be said. Both are failures for whoever asks.
#[tokio::test]
async fn a_link_of_the_chain_cannot_be_had() {
    let mut forge = Forge::new();
    forge.replies.remove(&(crate::forge::name(ZONE), DNSKEY));
    check(forge, HOST, [Bogus, Bogus, Bogus], "DNSKEY of example.com.").await;
    let mut forge = Forge::new();
    forge.replies.remove(&(crate::forge::name(ZONE), DS));
    let lookups = verdicts(forge, HOST).await;
    assert_eq!(lookups[2].security, Indeterminate);
    assert!(lookups.iter().all(Lookup::is_failure), "{lookups:#?}");
}

/// What a Bogus answer says is still told, for those who report it.
#[tokio::test]
async fn a_bogus_answer_keeps_its_records() {
    let mut forge = Forge::new();
    forge.reply(HOST, A, positive(host(66).records()));
    let [_, domain, audited] = verdicts(forge, HOST).await;
    for lookup in [domain, audited] {
        assert_eq!(lookup.security, Bogus);
        assert!(matches!(&lookup.answer, Answer::Records(records) if records.len() == 1), "{lookup:?}");
    }
}
