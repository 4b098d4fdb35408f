//! Faults that nobody can come upon: they would convict no one, or whoever is right to go on.

use signpost_format::{Service, Task};
use signpost_lab::{Broken, Fault, FaultTable, Servers, World, WorldNames};
use signpost_protocol::Label;
use signpost_source::Problem;

use crate::evidence::SelectorKind;
use crate::role::Expectation;

/// What is wrong with the first of a scenario's faults at something that nothing serves and nobody asks for, and with each
/// other.
pub(crate) fn idle_faults<'f>(
    faults: impl Iterator<Item = (&'f FaultTable, &'f Fault)> + Clone,
    steps: impl Iterator<Item = (&'f Task, &'f Expectation)>,
    world: &World,
    names: &WorldNames,
    service: Option<Service>,
) -> Vec<Problem> {
    let mut names = names.clone().with(faults.clone().map(|(_, fault)| fault));
    for (task, expectation) in steps {
        if let Task::Resolve(question) = task {
            names.ask(&question.name);
        }
        // What a scenario waits for or forbids is asked for by somebody.
        let selectors = expectation.reached.iter().chain(&expectation.never);
        for target in selectors.filter(|selector| selector.kind == SelectorKind::Dns) {
            let name = target.target.as_deref().and_then(|target| target.rsplit_once('/'));
            name.into_iter().for_each(|(name, _)| names.ask(name));
        }
    }
    faults
        .filter_map(|(table, fault)| {
            let (message, help) = match &fault.broken {
                Broken::Answer(answer) => {
                    let owner = answer.target.owner.as_ref().filter(|owner| !names.lead_to(owner))?;
                    (
                        format!("nobody asks for `{owner}`"),
                        "nothing in the world has this name or leads to it: correct it, or publish what does",
                    )
                }
                Broken::Presents { servers, .. } | Broken::PresentsToOthers { servers, .. } => {
                    idle_at(servers, world, |label| service.is_none_or(|service| label.service() == service))?
                }
                Broken::Server { servers, fault } => idle_at(servers, world, |label| {
                    service.is_none_or(|service| label.service() == service) && fault.kind.applies_to(label)
                })?,
                Broken::Unreachable { servers, label } => idle_at(servers, world, |offered| match label {
                    Some(label) => offered == *label,
                    None => service.is_none_or(|service| offered.service() == service),
                })?,
                Broken::Certificate(_) | Broken::Zone { .. } => return None,
            };
            Some(Problem::at(table.at.span(), message).help(help))
        })
        .collect()
}

/// What is wrong with each of a scenario's faults of servers that an earlier one of its kind leaves nothing to do.
pub(crate) fn hidden_faults<'f>(
    faults: impl Iterator<Item = (&'f FaultTable, &'f Fault)> + Clone,
    world: &World,
) -> Vec<Problem> {
    let of_servers = faults.enumerate().filter_map(|(place, (table, fault))| match &fault.broken {
        Broken::Server { servers, fault } => Some((place, table, servers, &fault.kind)),
        _ => None,
    });
    of_servers
        .clone()
        .filter(|(place, _, servers, kind)| {
            let mut broken = world.servers.iter().filter(|server| servers.include(server));
            broken.all(|server| {
                let mut earlier = of_servers.clone().take_while(|(other, ..)| other < place);
                earlier.any(|(_, _, others, other)| others.include(server) && other.hides(kind))
            })
        })
        .map(|(_, table, _, kind)| {
            Problem::at(table.kind.span(), format!("an earlier `{kind}` leaves this one nothing to do"))
                .help("say both in one, or break another step or server")
        })
        .collect()
}

/// What is wrong with a fault at servers that serve nothing of this kind.
fn idle_at(
    servers: &Servers,
    world: &World,
    is_meant: impl Fn(Label) -> bool,
) -> Option<(String, &'static str)> {
    let broken = world.servers.iter().filter(|server| servers.include(server));
    let serves = broken.flat_map(|server| &server.listeners).any(|listener| is_meant(listener.label));
    let named = match servers {
        Servers::AllHonest => "no server".to_owned(),
        Servers::Named(name) => format!("`{name}` is no server that"),
    };
    (!serves).then(|| {
        (
            format!("{named} serves what is broken there"),
            "name a server that offers the case's service in this world; `{service}` stands for the service",
        )
    })
}
