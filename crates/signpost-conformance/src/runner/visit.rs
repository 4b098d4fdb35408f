//! One case in its lab: the subject is started, asked, and started again as often as the case wants.

use std::net::IpAddr;
use std::pin::pin;
use std::time::Duration;

use signpost_format::Report;
use signpost_lab::{Household, Lab, LabError, Network, PRIVATE_RESOLVER};
use signpost_machine::explain;
use signpost_sandbox::{Layout, Limits, Namespace, PrivateNetwork};
use tokio::time::MissedTickBehavior;

use super::{Options, Stop};
use crate::case::{Case, Visit};
use crate::judge::Run;
use crate::stable_hash::stable_hash;
use crate::subject::{Environment, Isolation, Session, Subject, SubjectError};

/// What came of all visits of a case.
pub(super) struct Visited {
    /// The address that the subject was told to ask from in each visit, where that was said.
    pub(super) sources: Vec<Option<IpAddr>>,
    /// Every step of every visit, in order. A visit that ended in an error has no further steps.
    pub(super) runs: Vec<Run>,
    /// How late this thread was woken at worst: time in which neither the lab nor a subject in process could do anything.
    pub(super) stall: Duration,
}

/// How often it is looked at whether the thread is woken in time.
const BEAT: Duration = Duration::from_millis(20);

/// Raises the lab of a case and lets the subject visit it so many times.
pub(super) fn visit(
    stop: &Stop,
    case: &Case,
    visits: u32,
    subject: &dyn Subject,
    options: Options,
) -> Result<Visited, String> {
    let blueprint = case.blueprint().map_err(|error| error.to_string())?;
    // The thread has it until it ends.
    let _private;
    let (network, namespace) = match subject.isolation() {
        Isolation::Loopback => (Network::Loopback, None),
        Isolation::Network => {
            _private = PrivateNetwork::enter().map_err(|error| error.to_string())?;
            (Network::Loopback, None)
        }
        Isolation::Namespace => {
            let layout = Layout::new("client.example", PRIVATE_RESOLVER, &blueprint.ca_pem());
            let layout = subject.visible().into_iter().fold(layout, Layout::visible);
            (Network::Private, Some(Namespace::enter(&layout).map_err(|error| error.to_string())?))
        }
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| format!("no runtime: {}", explain(&error)))?;
    let visited = async {
        let started: Result<Lab, LabError> = blueprint.start(network);
        let mut lab = started.map_err(|error| error.to_string())?;
        lab.allow(options.deadline);
        // In a network of its own there is nobody else.
        if subject.isolation() == Isolation::Loopback {
            lab.keep_to(if subject.is_in_process() { Household::Process } else { Household::Descendants });
        }
        let runs = Vec::with_capacity(visits as usize);
        let mut visited = Visited { sources: Vec::new(), runs, stall: Duration::ZERO };
        for (number, visit) in (0..visits).zip(case.visits.iter().cycle()) {
            let source = lab.begin_run(visit.view.as_deref()).map_err(|error| error.to_string())?;
            if let Some(view) = &visit.view {
                let source = source.ok_or_else(|| format!("the world has no view {view}"))?;
                // Nobody tells an unmodified program where to ask from, so its system does.
                if let (Some(namespace), IpAddr::V4(address)) = (&namespace, source) {
                    namespace.speak_from(address).map_err(|error| error.to_string())?;
                }
            }
            visited.sources.push(source);
            let seed = seed_of(options.seed, &case.id, number);
            let Options { deadline, limits, .. } = options;
            let stay = Stay { subject, namespace: namespace.as_ref(), seed, deadline, limits };
            visited.runs.extend(stay.ask(&mut lab, visit).await?);
        }
        Ok(visited)
    };
    let visited = noticing_stalls(visited);
    runtime.block_on(async {
        tokio::select! {
            visited = visited => visited.map(|(visited, stall)| Visited { stall, ..visited }),
            // What the subject started ends with what is dropped here.
            () = stop.stopped() => Err("somebody stopped the run".to_owned()),
        }
    })
}

/// Does this, and measures how late the thread was woken at worst meanwhile.
async fn noticing_stalls<T, E>(work: impl Future<Output = Result<T, E>>) -> Result<(T, Duration), E> {
    let mut stall = Duration::ZERO;
    let mut beat = tokio::time::interval(BEAT);
    beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut work = pin!(work);
    loop {
        tokio::select! {
            // Whatever keeps the thread from coming back to its beat kept it from all else, too.
            due = beat.tick() => stall = stall.max(due.elapsed()),
            done = &mut work => {
                // What was overdue when the work ended belongs to it.
                let overdue = tokio::time::timeout(Duration::ZERO, beat.tick()).await;
                let overdue = overdue.map_or(Duration::ZERO, |due| due.elapsed());
                return done.map(|done| (done, stall.max(overdue)));
            }
        }
    }
}

fn seed_of(seed: u64, case: &str, run: u32) -> u64 {
    stable_hash(&format!("{seed} {case} {run}"))
}

/// A subject in a lab, from its start to its end.
struct Stay<'a> {
    subject: &'a dyn Subject,
    namespace: Option<&'a Namespace>,
    seed: u64,
    deadline: Duration,
    limits: Limits,
}

impl Stay<'_> {
    /// Asks each step, until one ends in an error.
    async fn ask(&self, lab: &mut Lab, visit: &Visit) -> Result<Vec<Run>, String> {
        let recorder = lab.recorder().clone();
        let Self { seed, namespace, limits, .. } = *self;
        let environment = Environment { recorder: &recorder, seed, limits, namespace };
        let mut session: Option<Box<dyn Session + '_>> = None;
        let mut runs = Vec::with_capacity(visit.steps.len());
        for (number, step) in visit.steps.iter().enumerate() {
            if number > 0 {
                lab.next_step(number, visit.view.as_deref()).map_err(|error| error.to_string())?;
            }
            let assignment = lab.assign(&step.task);
            let ended = if visit.steps.len() == 1 {
                self.within_deadline(self.subject.run(&assignment, environment)).await
            } else {
                if session.is_none() {
                    session = self.subject.stay(environment);
                }
                match &mut session {
                    Some(session) => self.within_deadline(session.ask(&assignment)).await,
                    None => Ok(Report::unsupported(
                        assignment.role(),
                        "it cannot be asked again in the same process",
                    )),
                }
            };
            lab.settle().await;
            let transcript =
                if number + 1 == visit.steps.len() { lab.take_transcript() } else { recorder.take_step() };
            let is_over = ended.is_err() || transcript.gap().is_some();
            runs.push(Run { transcript, ended });
            if is_over {
                let _ = lab.take_transcript();
                break;
            }
        }
        Ok(runs)
    }

    async fn within_deadline(
        &self,
        asked: impl Future<Output = Result<Report, SubjectError>>,
    ) -> Result<Report, String> {
        match tokio::time::timeout(self.deadline, asked).await {
            Ok(Ok(report)) => Ok(report),
            Ok(Err(error)) => Err(error.to_string()),
            Err(_) => Err(SubjectError::TimedOut(self.deadline).to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    #[tokio::test]
    async fn a_thread_that_is_kept_from_its_work_is_noticed_and_a_wait_is_not() {
        let busy = async {
            tokio::task::yield_now().await;
            let begun = Instant::now();
            while begun.elapsed() < Duration::from_millis(150) {
                std::hint::spin_loop();
            }
            Ok::<_, ()>(1)
        };
        let (done, stall) = noticing_stalls(busy).await.unwrap();
        assert_eq!(done, 1);
        assert!(stall >= Duration::from_millis(100), "{stall:?}");
        let waiting =
            async { tokio::time::timeout(Duration::from_millis(150), std::future::pending::<()>()).await };
        let begun = Instant::now();
        let (_, stall) = noticing_stalls(async { Ok::<_, ()>(waiting.await) }).await.unwrap();
        // Where this thread itself was late, that is what is measured.
        let late = begun.elapsed() - Duration::from_millis(150);
        assert!(stall <= late + BEAT, "{stall:?} where there were {late:?}");
    }
}
