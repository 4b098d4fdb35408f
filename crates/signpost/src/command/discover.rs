//! `signpost discover`: the reference client against real DNS and real servers.

use std::io::{BufRead, IsTerminal};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use rand::{Rng, SeedableRng};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use signpost_discovery::{Mode, Outcome, Request, Rules, TrustStore, drive};
use signpost_validate::{AuditedValidator, TrustAnchor, Upstream};

use super::look_up::look_up;
use super::{print, tell};
use crate::argument::DiscoverOptions;
use crate::exit::{Exit, Failure};

/// How long one DNS question may take out there.
const PATIENCE: Duration = Duration::from_secs(3);

/// Finds the servers for an address, verifies them and logs in.
pub(crate) fn discover(options: &DiscoverOptions) -> Result<Exit, Failure> {
    let address = options.address.parse().map_err(|error: signpost_discovery::AddressError| {
        Failure::usage(format_args!("`{}`: {error}", options.address))
    })?;
    let upstream = upstream(options)?;
    // A password that is never used: nothing is connected to.
    let password = if options.look_up { unused_password()? } else { password(&options.address)? };
    let mut request = Request::new(address, password, options.service);
    request.mode = Mode::Configure;
    request.roots = roots(options)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::not_started(format_args!("no runtime: {error}")))?;
    #[expect(clippy::disallowed_methods, reason = "a real discovery draws its targets at random")]
    let mut random = rand::rngs::StdRng::from_rng(&mut rand::rng());
    let resolver = Arc::new(AuditedValidator::new(&upstream));
    let nothing_left =
        |error: &str| Failure::not_started(format_args!("nothing is left to ask with: {error}"));
    if options.look_up {
        let looked_up = runtime.block_on(look_up(request, &*resolver, move || random.next_u64(), options));
        return upstream.shortage.noted().map_or(looked_up, |error| Err(nothing_left(error)));
    }
    let driven = drive(request, Rules::default(), resolver, move || random.next_u64());
    let driven = runtime.block_on(driven);
    if let Some(error) = upstream.shortage.noted() {
        return Err(nothing_left(error));
    }
    let outcome = driven.map_err(Failure::not_started)?;
    print(&format!("{outcome}\n"))?;
    Ok(if matches!(outcome, Outcome::Configured(_)) { Exit::AsExpected } else { Exit::Unexpected })
}

fn upstream(options: &DiscoverOptions) -> Result<Upstream, Failure> {
    let anchor = trust_anchor(options)?;
    let Some(server) = &options.server else {
        let mut upstream = Upstream::system()
            .map_err(|error| Failure::not_started(error).hint("name a DNS server with `--server ADDRESS`"))?;
        upstream.trust_anchor = anchor;
        return Ok(upstream);
    };
    let address = server
        .parse::<SocketAddr>()
        .or_else(|_| server.parse::<IpAddr>().map(|address| SocketAddr::new(address, 53)))
        .map_err(|_| Failure::usage(format_args!("`{server}` is no IP address, with or without a port")))?;
    let mut upstream = Upstream::new(address, anchor);
    upstream.timeout = PATIENCE;
    Ok(upstream)
}

/// The anchors of a file, or those of the public root.
fn trust_anchor(options: &DiscoverOptions) -> Result<TrustAnchor, Failure> {
    let Some(path) = &options.trust_anchor else { return Ok(TrustAnchor::iana()) };
    let text = std::fs::read_to_string(path).map_err(|error| Failure::unread(path, &error))?;
    text.parse().map_err(|error| {
        Failure::usage(format_args!("{path}: {error}"))
            .hint("write DS or DNSKEY records, one a line, as a master file has them")
    })
}

/// The certificates of a file, or what browsers trust.
fn roots(options: &DiscoverOptions) -> Result<TrustStore, Failure> {
    let Some(path) = &options.ca else {
        return Ok(TrustStore { certificates: Vec::new(), anchors: webpki_roots::TLS_SERVER_ROOTS.to_vec() });
    };
    let text = std::fs::read(path).map_err(|error| Failure::unread(path, &error))?;
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text).collect();
    match certificates {
        Ok(certificates) if !certificates.is_empty() => Ok(certificates.into()),
        Ok(_) => {
            Err(Failure::usage(format_args!("{path} holds no certificate")).hint("give the roots in PEM"))
        }
        Err(error) => Err(Failure::usage(format_args!("{path}: {error}")).hint("give the roots in PEM")),
    }
}

fn unused_password() -> Result<signpost_discovery::Password, Failure> {
    "unused".parse().map_err(|error: signpost_discovery::PasswordError| Failure::usage(error))
}

/// The first line of standard input; never an argument, where others could read it.
fn password(address: &str) -> Result<signpost_discovery::Password, Failure> {
    if std::io::stdin().is_terminal() {
        tell(&format!("password of {address} (it is shown as you type):"));
    }
    let mut line = String::new();
    std::io::stdin()
        .lock()
        .read_line(&mut line)
        .map_err(|error| Failure::unread("the password from standard input", &error))?;
    let line = line.trim_end_matches(['\r', '\n']);
    line.parse().map_err(|error: signpost_discovery::PasswordError| {
        Failure::usage(error).hint("give the password as the first line of standard input")
    })
}
