//! A declarative honest internet: zones, certificates, mail servers and a user, as `world.toml` says it.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use std::ops::Range;

use camino::{Utf8Path, Utf8PathBuf};
use serde::Deserialize;
use serde_spanned::Spanned;
use signpost_dns::Signing;
use signpost_pki::CertificateSpec;
use signpost_protocol::{Label, UnknownLabel};
use signpost_source::{Files, Problem, Source};

use crate::signing::{SigningKeys, Way};
use crate::world_error::WorldError;

/// A world, checked: every name in it leads somewhere.
#[derive(Clone, Debug)]
pub struct World {
    /// Name of its folder.
    pub name: String,
    /// Names of the worlds that it stands on, the nearest first.
    pub bases: Vec<String>,
    /// What it shows.
    pub title: String,
    /// The user's domain.
    pub domain: String,
    /// The user.
    pub user: User,
    /// The zones, parents before children.
    pub zones: Vec<WorldZone>,
    /// The certificates.
    pub certificates: Vec<CertificateSpec>,
    /// The mail servers.
    pub servers: Vec<WorldServer>,
    /// Who gets other zones.
    pub views: Vec<WorldView>,
}

/// Whose account it is.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct User {
    /// E-mail address, which is also the login name.
    pub address: String,
    /// Password.
    pub password: String,
}

impl User {
    /// The login names that servers know: the address, and its local part.
    #[must_use]
    pub fn logins(&self) -> Vec<String> {
        let local = self.address.rsplit_once('@').map_or(self.address.as_str(), |(local, _)| local);
        vec![self.address.clone(), local.to_owned()]
    }
}

/// A zone as its publisher wrote it.
#[derive(Clone, Debug)]
pub struct WorldZone {
    /// Origin, absolute, with the final dot.
    pub origin: String,
    /// Master file, with its placeholders.
    pub source: Source,
    /// How it is signed.
    pub signing: Signing,
}

/// What those see who ask from one address (RFC 8499 section 6). Everybody else sees the world's own zones.
#[derive(Clone, Debug)]
pub struct WorldView {
    /// Name in faults and expectations.
    pub name: String,
    /// The asking address, in the documentation block.
    pub address: Ipv4Addr,
    /// What stands in the place of the world's zones with the same origins.
    pub zones: Vec<WorldZone>,
    /// Whether its zones, from the root on, have keys of their own, and who asks there another trust anchor.
    pub own_keys: bool,
}

/// A mail server.
#[derive(Clone, Debug)]
pub struct WorldServer {
    /// Name in faults, expectations and transcripts.
    pub name: String,
    /// Host name that it greets with.
    pub host: String,
    /// Address in the documentation block 192.0.2.0/24, for which the lab puts a loopback address.
    pub address: Ipv4Addr,
    /// What it listens for.
    pub listeners: Vec<WorldListener>,
    /// Name of the certificate that it presents.
    pub certificate: String,
    /// The SASL mechanisms that it offers.
    pub mechanisms: Vec<String>,
    /// Whether only forged data leads to it.
    pub attacker: bool,
}

/// One service of a mail server.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct WorldListener {
    /// What it offers, and how TLS begins there.
    pub label: Label,
    /// The port in the world: the standard one, or the server's `port`.
    pub port: u16,
}

/// How many worlds may stand on one another.
const DEEPEST_BASE: usize = 8;

impl World {
    /// The server of this name, which stands at these bytes of a file.
    ///
    /// # Errors
    ///
    /// That there is none, with the name that was meant.
    pub fn server(&self, name: &str, span: Range<usize>) -> Result<&WorldServer, Problem> {
        self.servers.iter().find(|server| server.name == name).ok_or_else(|| {
            let known: Vec<&str> = self.servers.iter().map(|server| server.name.as_str()).collect();
            Problem::at(span, format!("the world has no server `{name}`")).one_of(name, &known)
        })
    }

    /// Reads a world by the name of its folder.
    ///
    /// # Errors
    ///
    /// A file that cannot be read, or what is wrong in it and where.
    pub fn load(files: &Files, name: &str) -> Result<Self, WorldError> {
        let mut world = Self {
            name: name.to_owned(),
            bases: Vec::new(),
            title: String::new(),
            domain: String::new(),
            user: User { address: String::new(), password: String::new() },
            zones: Vec::new(),
            certificates: Vec::new(),
            servers: Vec::new(),
            views: Vec::new(),
        };
        for (folder, source, file) in stack(files, name)?.into_iter().rev() {
            // The base of the last that is put over it is the nearest.
            world.bases.splice(0..0, file.base.as_ref().map(|base| base.get_ref().clone()));
            world.put_over(files, &folder, &source, file)?;
        }
        Ok(world)
    }

    /// Every port that a listener of this world or a guessing client uses.
    #[must_use]
    pub fn ports(&self) -> BTreeSet<u16> {
        let standard = Label::ALL.iter().map(|label| label.port());
        let used =
            self.servers.iter().flat_map(|server| server.listeners.iter().map(|listener| listener.port));
        standard.chain(used).collect()
    }

    /// The zones for everybody and those of the views.
    pub fn all_zones(&self) -> impl Iterator<Item = &WorldZone> {
        self.zones.iter().chain(self.views.iter().flat_map(|view| &view.zones))
    }

    /// The servers that present a certificate, by it or by one that it issued.
    #[must_use]
    pub fn servers_below(&self, certificate: &str) -> Vec<&WorldServer> {
        self.servers.iter().filter(|server| self.is_below(&server.certificate, certificate)).collect()
    }

    fn is_below(&self, certificate: &str, above: &str) -> bool {
        let mut current = Some(certificate);
        // An issuer is followed at most once for each certificate, so that a cycle ends too.
        for _ in 0..=self.certificates.len() {
            match current {
                Some(name) if name == above => return true,
                Some(name) => {
                    current = self
                        .certificates
                        .iter()
                        .find(|spec| spec.name == name)
                        .and_then(|spec| spec.issuer.as_deref());
                }
                None => return false,
            }
        }
        false
    }

    /// Puts what a file says over what its bases said: zones by origin, certificates and servers by name.
    fn put_over(
        &mut self,
        files: &Files,
        folder: &Utf8Path,
        source: &Source,
        file: WorldFile,
    ) -> Result<(), WorldError> {
        let mut problems = Vec::new();
        self.title = file.title;
        if let Some(domain) = file.domain {
            self.domain = domain;
        }
        if let Some(user) = file.user {
            self.user = user;
        }
        for table in file.zone {
            match read_zone(files, folder, table) {
                Ok(zone) => replace(&mut self.zones, zone, |zone| zone.origin.clone()),
                Err(problem) => problems.push(problem),
            }
        }
        for table in &file.certificate {
            let spec = CertificateSpec {
                issuer: table.issuer.as_ref().map(|issuer| issuer.get_ref().clone()),
                names: table.names.clone(),
                ca: table.ca,
                trusted: table.trusted,
                path_length: table.path_length,
                ..CertificateSpec::new(table.name.get_ref())
            };
            replace(&mut self.certificates, spec, |spec| spec.name.clone());
        }
        for table in &file.certificate {
            let issuer = table.issuer.as_ref();
            problems.extend(issuer.and_then(|issuer| self.unknown_certificate(issuer)));
        }
        for table in file.server {
            problems.extend(self.unknown_certificate(&table.certificate));
            match read_server(table) {
                Ok(server) => replace(&mut self.servers, server, |server| server.name.clone()),
                Err(problem) => problems.push(problem),
            }
        }
        for table in file.view {
            match self.read_view(files, folder, table) {
                Ok(view) => replace(&mut self.views, view, |view| view.name.clone()),
                Err(problem) => problems.push(problem),
            }
        }
        if self.domain.is_empty() {
            problems
                .push(Problem::at(0..0, "the world has no `domain`").help("add `domain = \"example.com\"`"));
        }
        if self.user.address.is_empty() {
            problems.push(
                Problem::at(0..0, "the world has no `[user]`")
                    .help("add `[user]` with `address` and `password`"),
            );
        }
        source.check(problems).map_err(WorldError::Problems)
    }

    fn read_view(&self, files: &Files, folder: &Utf8Path, table: ViewTable) -> Result<WorldView, Problem> {
        let name = table.name.into_inner();
        let address = documentation_address(&table.address)?;
        let others = self.views.iter().filter(|view| view.name != name);
        let takes = self.servers.iter().map(|server| (&server.name, server.address));
        let taken = takes.chain(others.map(|view| (&view.name, view.address)));
        if let Some((owner, _)) = taken.into_iter().find(|(_, taken)| *taken == address) {
            return Err(Problem::at(table.address.span(), format!("{address} is the address of `{owner}`"))
                .help("whoever asks in a view has an address of their own"));
        }
        let mut zones = Vec::with_capacity(table.zone.len());
        for table in table.zone {
            let span = table.origin.span();
            let zone = read_zone(files, folder, table)?;
            let known: Vec<&str> = self.zones.iter().map(|zone| zone.origin.as_str()).collect();
            if !known.contains(&zone.origin.as_str()) {
                return Err(Problem::at(span, format!("the world has no zone `{}`", zone.origin))
                    .one_of(&zone.origin, &known));
            }
            zones.push(zone);
        }
        Ok(WorldView { name, address, zones, own_keys: table.own_keys })
    }

    fn unknown_certificate(&self, name: &Spanned<String>) -> Option<Problem> {
        let known: Vec<&str> = self.certificates.iter().map(|spec| spec.name.as_str()).collect();
        (!known.contains(&name.get_ref().as_str())).then(|| {
            Problem::at(name.span(), format!("no certificate is named `{}`", name.get_ref()))
                .help(format!("known are {}", known.join(", ")))
        })
    }
}

/// The file of a world and of each that it stands on, the nearest first, with their folders.
fn stack(files: &Files, name: &str) -> Result<Vec<(Utf8PathBuf, Source, WorldFile)>, WorldError> {
    let mut stack: Vec<(Utf8PathBuf, Source, WorldFile)> = Vec::new();
    let mut next = Some(name.to_owned());
    while let Some(name) = next {
        let folder = Utf8PathBuf::from(format!("worlds/{name}"));
        let source = files.read(&folder.join("world.toml")).map_err(WorldError::Unreadable)?;
        let file: WorldFile = source.parse().map_err(WorldError::Problems)?;
        if stack.len() == DEEPEST_BASE {
            let span = file.base.as_ref().map_or(0..0, Spanned::span);
            let problem =
                Problem::at(span, format!("worlds stand on one another more than {DEEPEST_BASE} deep"))
                    .help("look for a `base` that leads back to its own world");
            return Err(WorldError::Problems(source.problem(problem)));
        }
        next = file.base.as_ref().map(|base| base.get_ref().clone());
        stack.push((folder, source, file));
    }
    Ok(stack)
}

fn replace<T>(list: &mut Vec<T>, new: T, key: impl Fn(&T) -> String) {
    match list.iter_mut().find(|old| key(old) == key(&new)) {
        Some(old) => *old = new,
        None => list.push(new),
    }
}

fn read_zone(files: &Files, folder: &Utf8Path, table: ZoneTable) -> Result<WorldZone, Problem> {
    let source = files.read(&folder.join(table.file.get_ref())).map_err(|error| {
        Problem::at(table.file.span(), error).help("the path is relative to the world's folder")
    })?;
    let mut origin = table.origin.get_ref().clone();
    if !origin.ends_with('.') {
        origin.push('.');
    }
    let ZoneTable { signing: way, algorithm, iterations, salt, .. } = table;
    let signing = SigningKeys { way, algorithm, iterations, salt }.read()?;
    Ok(WorldZone { origin, source, signing })
}

fn read_server(table: ServerTable) -> Result<WorldServer, Problem> {
    let address = documentation_address(&table.address)?;
    let listeners = table
        .services
        .iter()
        .map(|name| {
            let label: Label = name
                .get_ref()
                .parse()
                .map_err(|error: UnknownLabel| Problem::at(name.span(), error.to_string()))?;
            Ok(WorldListener { label, port: table.port.unwrap_or(label.port()) })
        })
        .collect::<Result<Vec<_>, Problem>>()?;
    let ports: BTreeSet<u16> = listeners.iter().map(|listener| listener.port).collect();
    if ports.len() < listeners.len() {
        return Err(Problem::at(table.name.span(), "two services of this server have one port")
            .help("`port` is for a server with one service"));
    }
    Ok(WorldServer {
        name: table.name.into_inner(),
        host: table.host,
        address,
        listeners,
        certificate: table.certificate.into_inner(),
        mechanisms: table.mechanisms,
        attacker: table.attacker,
    })
}

fn documentation_address(address: &Spanned<Ipv4Addr>) -> Result<Ipv4Addr, Problem> {
    let (address, span) = (*address.get_ref(), address.span());
    if address.octets()[..3] != [192, 0, 2] {
        return Err(Problem::at(span, format!("{address} is not in 192.0.2.0/24"))
            .help("worlds use documentation addresses; the lab puts loopback addresses in their place"));
    }
    Ok(address)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WorldFile {
    base: Option<Spanned<String>>,
    title: String,
    domain: Option<String>,
    user: Option<User>,
    #[serde(default)]
    zone: Vec<ZoneTable>,
    #[serde(default)]
    certificate: Vec<CertificateTable>,
    #[serde(default)]
    server: Vec<ServerTable>,
    #[serde(default)]
    view: Vec<ViewTable>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ZoneTable {
    origin: Spanned<String>,
    file: Spanned<String>,
    #[serde(default)]
    signing: Way,
    algorithm: Option<Spanned<u8>>,
    iterations: Option<Spanned<u16>>,
    salt: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CertificateTable {
    name: Spanned<String>,
    issuer: Option<Spanned<String>>,
    #[serde(default)]
    names: Vec<String>,
    #[serde(default)]
    ca: bool,
    #[serde(default)]
    trusted: bool,
    path_length: Option<u8>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ServerTable {
    name: Spanned<String>,
    host: String,
    address: Spanned<Ipv4Addr>,
    services: Vec<Spanned<String>>,
    port: Option<u16>,
    certificate: Spanned<String>,
    #[serde(default = "usual_mechanisms")]
    mechanisms: Vec<String>,
    #[serde(default)]
    attacker: bool,
}

/// What nearly every client knows.
fn usual_mechanisms() -> Vec<String> {
    vec!["PLAIN".to_owned(), "LOGIN".to_owned()]
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ViewTable {
    name: Spanned<String>,
    address: Spanned<Ipv4Addr>,
    #[serde(default)]
    own_keys: bool,
    #[serde(default)]
    zone: Vec<ZoneTable>,
}
