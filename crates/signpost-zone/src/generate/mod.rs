//! Records for the mail services of a domain: SRV, policies and key records, and on request those of their neighbours.
//!
//! What is generated is text for a master file; what it writes passes [`lint`](crate::lint).

mod autoconfig;
mod chain;
mod record;

pub use chain::{Chain, Pin};
pub use record::Generated;

use std::collections::BTreeSet;

use data_encoding::{BASE64, HEXLOWER};
use hickory_proto::rr::Name;
use signpost_pki::Digest;
use signpost_protocol::{Label, Service};
use signpost_record::Mechanisms;

use record::Writer;

/// What is to be published.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The domain behind the `@` of its users.
    pub domain: Name,
    /// The services that its users have.
    pub services: BTreeSet<Service>,
    /// Hosts that serve them, each at every label.
    pub servers: Vec<Name>,
    /// Labels at which nothing is offered.
    pub without: BTreeSet<Label>,
    /// Ports that are not the registered ones.
    pub ports: Vec<(Label, u16)>,
    /// Hosts that take mail from other servers.
    pub exchanges: Vec<Name>,
    /// What the servers present.
    pub chain: Chain,
    /// Which of it is pinned.
    pub pin: Pin,
    /// How long resolvers may keep what is published, in seconds.
    pub ttl: u32,
    /// The only SASL mechanisms that clients may use.
    pub mechanisms: Option<String>,
    /// Whether TLSA records are written.
    pub tlsa: bool,
    /// Whether MTA-STS is published, and in which mode.
    pub mta_sts: Option<StsMode>,
    /// Where reports on TLS go: `mailto:` or `https:`.
    pub tls_reports: Option<String>,
    /// Whether the file for clients that know no SRV records is written.
    pub autoconfig: bool,
}

/// What senders do whose TLS fails (RFC 8461 section 5).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum StsMode {
    /// Deliver nothing.
    Enforce,
    /// Deliver, and report.
    Testing,
}

/// Generates the records and files of a plan.
///
/// # Errors
///
/// What cannot be published, with what to do about it.
pub fn generate(plan: &Plan) -> Result<Generated, String> {
    check(plan)?;
    let key_owner = below(&plan.domain, &["_certroot"])?;
    let mut writer = Writer::new(plan.ttl);
    servers(plan, &mut writer)?;
    policies(plan, &key_owner, &mut writer)?;
    key_records(plan, &key_owner, &mut writer)?;
    exchanges(plan, &mut writer);
    if plan.tlsa {
        tlsa(plan, &mut writer)?;
    }
    neighbours(plan, &mut writer)?;
    if plan.autoconfig {
        writer.file("config-v1.1.xml", autoconfig::autoconfig(plan));
    }
    for host in plan.servers.iter().chain(&plan.exchanges).filter(|host| !plan.chain.names(host)) {
        if plan.pin != Pin::Leaf {
            writer.note(format!(
                "the first certificate does not name {host}: the one that this host presents has to"
            ));
        }
    }
    Ok(writer.finish())
}

fn check(plan: &Plan) -> Result<(), String> {
    let is_host = |name: &Name| {
        let is_label =
            |label: &[u8]| label.iter().all(|octet| octet.is_ascii_alphanumeric() || b"-_".contains(octet));
        !name.is_root() && name.iter().all(is_label)
    };
    if let Some(name) =
        [&plan.domain].into_iter().chain(&plan.servers).chain(&plan.exchanges).find(|name| !is_host(name))
    {
        return Err(format!(
            "`{name}` is no name of a host: write letters, digits and hyphens, and no wildcard"
        ));
    }
    if !plan.services.is_empty() && plan.servers.is_empty() {
        return Err(
            "no server is named: say which host serves the users, such as `--server mail.example.com`"
                .to_owned(),
        );
    }
    if plan.services.is_empty() && plan.exchanges.is_empty() {
        return Err("nothing is to be published: name a service or an exchange".to_owned());
    }
    let is_twice = |hosts: &[Name]| hosts.iter().collect::<BTreeSet<_>>().len() < hosts.len();
    if is_twice(&plan.servers) || is_twice(&plan.exchanges) {
        return Err("a host is named twice: name each once".to_owned());
    }
    let is_offered = |service: &Service| service.labels().iter().any(|label| !plan.without.contains(label));
    if let Some(service) = plan.services.iter().find(|service| !is_offered(service)) {
        return Err(format!("`{service}` is to be published and offered at no label: leave the service out"));
    }
    if let Some((label, _)) = plan.ports.iter().find(|(_, port)| *port == 0) {
        return Err(format!("port 0 at `{label}`: nobody can connect to it"));
    }
    let of_another = |(label, port): &&(Label, u16)| {
        Label::ALL.iter().any(|other| other != label && other.port() == *port)
    };
    if let Some((label, port)) = plan.ports.iter().find(of_another) {
        return Err(format!(
            "port {port} at `{label}` is the port of another label: clients would begin TLS in the wrong way"
        ));
    }
    if let Some(mechanisms) = &plan.mechanisms
        && Mechanisms::new(mechanisms).is_none()
    {
        return Err(format!("`{mechanisms}` is no list of SASL mechanisms: write `PLAIN,SCRAM-SHA-256`"));
    }
    if plan.tls_reports.as_deref().is_some_and(|uri| !is_report_address(uri)) {
        return Err("reports on TLS go to one `mailto:` or `https:` address".to_owned());
    }
    if plan.mta_sts.is_some() && plan.exchanges.is_empty() {
        return Err(
            "MTA-STS is about exchanges, and none is named: name them, such as `--exchange mx.example.com`"
                .to_owned(),
        );
    }
    if plan.pin == Pin::Leaf
        && let Some(host) = plan.servers.iter().chain(&plan.exchanges).find(|host| !plan.chain.names(host))
    {
        return Err(format!(
            "the first certificate does not name {host}: give the chain of all hosts, or pin a CA"
        ));
    }
    Ok(())
}

/// RFC 8460 section 3: commas, exclamation marks and semicolons are written by their numbers in a URI there.
fn is_report_address(uri: &str) -> bool {
    let is_plain = uri.bytes().all(|octet| octet.is_ascii_graphic() && !b",;!\"\\".contains(&octet));
    let is_mail = uri.strip_prefix("mailto:").is_some_and(|address| address.contains('@'));
    is_plain && (is_mail || uri.strip_prefix("https://").is_some_and(|rest| !rest.is_empty()))
}

fn below(domain: &Name, labels: &[&str]) -> Result<Name, String> {
    labels.iter().rev().try_fold(domain.clone(), |name, label| {
        name.prepend_label(*label)
            .map_err(|_| format!("`{domain}` is too long a name for what stands below it"))
    })
}

fn label_owner(plan: &Plan, label: Label) -> Result<Name, String> {
    below(&plan.domain, &[&format!("_{label}"), "_tcp"])
}

/// The labels of what users have, in the order in which they are preferred.
fn labels(plan: &Plan) -> impl Iterator<Item = Label> + '_ {
    plan.services.iter().flat_map(|service| service.labels().iter().copied())
}

fn offered(plan: &Plan) -> impl Iterator<Item = Label> + '_ {
    labels(plan).filter(|label| !plan.without.contains(label))
}

fn port(plan: &Plan, label: Label) -> u16 {
    plan.ports.iter().rev().find(|(own, _)| *own == label).map_or(label.port(), |(_, port)| *port)
}

fn servers(plan: &Plan, writer: &mut Writer) -> Result<(), String> {
    if plan.services.is_empty() {
        return Ok(());
    }
    writer.comment(
        "Where the services are. A lower priority number comes first: TLS from the first octet before STARTTLS. Of equal ones, \
         clients draw by weight.",
    );
    // RFC 2782: weight 0 where there is nothing to choose from.
    let weight = u8::from(plan.servers.len() > 1);
    for label in labels(plan) {
        let owner = label_owner(plan, label)?;
        if plan.without.contains(&label) {
            writer.record(&owner, "SRV", "0 0 0 .");
            continue;
        }
        let priority = if label.is_implicit_tls() { 1 } else { 2 };
        for server in &plan.servers {
            writer.record(
                &owner,
                "SRV",
                &format!("{priority} {weight} {} {}", port(plan, label), server.to_ascii()),
            );
        }
    }
    Ok(())
}

fn policies(plan: &Plan, key_owner: &Name, writer: &mut Writer) -> Result<(), String> {
    writer.comment(
        "What clients are to demand there: TLS with a chain to the key record below, whatever an attacker says. Without DNSSEC the \
         pin protects nobody: sign the zone.",
    );
    let exchanges = (!plan.exchanges.is_empty()).then_some(Label::Mx);
    for label in offered(plan).chain(exchanges) {
        let mut text = format!("v={label} STARTTLS={}", key_owner.to_ascii().trim_end_matches('.'));
        if label.service() == Service::Submission {
            text.push_str(" SMTP-AUTH=Required");
        }
        if let Some(mechanisms) = plan.mechanisms.as_ref().filter(|_| label != Label::Mx) {
            text.push_str(&format!(" SASL={mechanisms}"));
        }
        writer.text(&label_owner(plan, label)?, &text);
    }
    Ok(())
}

fn key_records(plan: &Plan, owner: &Name, writer: &mut Writer) -> Result<(), String> {
    let der = plan.chain.pinned_der(plan.pin)?;
    writer.comment(&format!("The pin: {}.", plan.chain.pinned_subject(plan.pin)?));
    writer.comment(match plan.pin {
        Pin::Root => {
            "It is the root: a renewal below it changes nothing here. Servers have to send the root with their chain. Before the CA \
             changes its root, publish the new one's key record beside this one and wait for the TTL."
        }
        Pin::Intermediate => {
            "It is the intermediate: CAs change these, often without a word. Look at the chain at every renewal, before the servers \
             present it; if its intermediate is another one, publish its key record beside this one first and wait for the TTL."
        }
        Pin::Leaf => {
            "It is the server's own certificate: every renewal makes another one. Publish the new one's key record beside this one, \
             wait for the TTL, only then let the servers present it, and then remove the old key record."
        }
    });
    let digest = |digest: Digest| format!("{digest}={}", BASE64.encode(&digest.of(der)));
    writer.text(owner, &format!("v=keyrecord {} {}", digest(Digest::Sha256), digest(Digest::Sha512)));
    Ok(())
}

fn exchanges(plan: &Plan, writer: &mut Writer) {
    if !plan.exchanges.is_empty() {
        writer.comment("Where mail from other servers goes.");
    }
    for exchange in &plan.exchanges {
        writer.record(&plan.domain, "MX", &format!("10 {}", exchange.to_ascii()));
    }
}

fn tlsa(plan: &Plan, writer: &mut Writer) -> Result<(), String> {
    let (data, comment) = match plan.pin {
        Pin::Leaf => (
            format!("3 1 1 {}", HEXLOWER.encode(&plan.chain.leaf_key_digest())),
            "The same for clients that know DANE (RFC 7672, RFC 7673), by the key alone: it holds on as long as renewals keep the key.",
        ),
        Pin::Intermediate | Pin::Root => (
            format!("2 0 1 {}", HEXLOWER.encode(&Digest::Sha256.of(plan.chain.pinned_der(plan.pin)?))),
            "The same for clients that know DANE (RFC 7672, RFC 7673): change it whenever the key record changes. Each stands with the \
             host, so leave out those whose zone is another.",
        ),
    };
    writer.comment(comment);
    let mut places: BTreeSet<(&Name, u16)> =
        plan.exchanges.iter().map(|host| (host, Label::Mx.port())).collect();
    for label in offered(plan) {
        places.extend(plan.servers.iter().map(|host| (host, port(plan, label))));
    }
    for (host, port) in places {
        writer.record(&below(host, &[&format!("_{port}"), "_tcp"])?, "TLSA", &data);
    }
    Ok(())
}

fn neighbours(plan: &Plan, writer: &mut Writer) -> Result<(), String> {
    if let Some(mode) = plan.mta_sts {
        let mode = match mode {
            StsMode::Enforce => "enforce",
            StsMode::Testing => "testing",
        };
        let exchanges =
            plan.exchanges.iter().map(|host| format!("mx: {}\r\n", host.to_ascii().trim_end_matches('.')));
        // Two weeks, within which a domain that changes its mind is done.
        let file = format!(
            "version: STSv1\r\nmode: {mode}\r\n{}max_age: 1209600\r\n",
            exchanges.collect::<String>()
        );
        writer.comment(&format!(
            "For senders without DNSSEC. The id changes whenever the file does, which is served at https://mta-sts.{}/.well-known/mta-sts.txt: \
             that host needs an address.",
            plan.domain.to_ascii().trim_end_matches('.')
        ));
        let id = HEXLOWER.encode(&Digest::Sha256.of(file.as_bytes())[..16]);
        writer.text(&below(&plan.domain, &["_mta-sts"])?, &format!("v=STSv1; id={id};"));
        writer.file("mta-sts.txt", file);
    }
    if let Some(uri) = &plan.tls_reports {
        writer.comment("Where senders report what became of TLS.");
        writer.text(&below(&plan.domain, &["_smtp", "_tls"])?, &format!("v=TLSRPTv1; rua={uri}"));
    }
    Ok(())
}
