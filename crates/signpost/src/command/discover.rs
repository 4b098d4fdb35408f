//! `signpost discover`: the reference client against real DNS and real servers, without a password.

use std::io::{BufRead, IsTerminal};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use rand::{Rng, SeedableRng};
use signpost_discovery::{Mode, Outcome, Request, Rules, TrustStore, drive};
use signpost_validate::{AuditedValidator, TrustAnchor, Upstream};

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
    let password = password(&options.address)?;
    let mut request = Request::new(address, password, options.service);
    request.mode = Mode::Configure;
    request.roots = TrustStore { certificates: Vec::new(), anchors: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::not_started(format_args!("no runtime: {error}")))?;
    #[expect(clippy::disallowed_methods, reason = "a real discovery draws its targets at random")]
    let mut random = rand::rngs::StdRng::from_rng(&mut rand::rng());
    let resolver = Arc::new(AuditedValidator::new(&upstream));
    let driven = drive(request, Rules::default(), resolver, move || random.next_u64());
    let driven = runtime.block_on(driven);
    if let Some(error) = upstream.shortage.noted() {
        return Err(Failure::not_started(format_args!("nothing is left to ask with: {error}")));
    }
    let outcome = driven.map_err(Failure::not_started)?;
    print(&format!("{outcome}\n"))?;
    Ok(if matches!(outcome, Outcome::Configured(_)) { Exit::AsExpected } else { Exit::Unexpected })
}

fn upstream(options: &DiscoverOptions) -> Result<Upstream, Failure> {
    let Some(server) = &options.server else {
        return Upstream::system()
            .map_err(|error| Failure::not_started(error).hint("name a DNS server with `--server ADDRESS`"));
    };
    let address = server
        .parse::<SocketAddr>()
        .or_else(|_| server.parse::<IpAddr>().map(|address| SocketAddr::new(address, 53)))
        .map_err(|_| Failure::usage(format_args!("`{server}` is no IP address, with or without a port")))?;
    let mut upstream = Upstream::new(address, TrustAnchor::iana());
    upstream.timeout = PATIENCE;
    Ok(upstream)
}

/// The first line of standard input; never an argument, where others could read it.
fn password(address: &str) -> Result<signpost_discovery::Password, Failure> {
    if std::io::stdin().is_terminal() {
        tell(&format!("password of {address} (it is shown as you type):"));
    }
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).map_err(|error| {
        Failure::usage(format_args!("failed to read the password from standard input: {error}"))
    })?;
    let line = line.trim_end_matches(['\r', '\n']);
    line.parse().map_err(|error: signpost_discovery::PasswordError| {
        Failure::usage(error).hint("give the password as the first line of standard input")
    })
}
