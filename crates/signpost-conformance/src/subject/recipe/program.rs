//! A recipe followed: an unmodified program as a subject, used as its user would.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use signpost_format::set_up::Stance;
use signpost_format::{Assignment, Profile, Report, Role, Service};
use signpost_sandbox::{Invocation, find_program};
use tokio::net::TcpStream;

use super::plan::{Command, Contents, Mode, Plan, Ready};
use super::process::{Processes, version_of};
use super::role;
use super::table::Answers;
use super::template::Values;
use crate::subject::resolver::ask;
use crate::subject::{Environment, Isolation, Session, Subject, SubjectError};

/// A program as installed on this system, used in one of the ways that its recipe has.
#[derive(Clone, Debug)]
pub(super) struct Program {
    plan: Arc<Plan>,
    mode: usize,
    name: String,
    version: String,
    /// Where each program of the recipe is.
    paths: BTreeMap<String, PathBuf>,
}

impl Program {
    /// Looks for every program that this mode runs, and asks for the version.
    ///
    /// # Errors
    ///
    /// The bytes of the recipe that name the one that is not installed.
    pub(super) fn find(
        plan: &Arc<Plan>,
        mode: usize,
        name: String,
    ) -> Result<Self, (String, std::ops::Range<usize>)> {
        let mode_name = &plan.modes[mode].name;
        let runs = |command: &&Command| command.when.can_hold_with(&[("mode", mode_name.clone())]);
        let mut paths = BTreeMap::new();
        for command in plan.commands.iter().filter(runs) {
            let path = find_program(&command.program)
                .map_err(|_| (command.program.clone(), command.place.clone()))?;
            paths.insert(command.program.clone(), path);
        }
        let version = plan.version.as_ref().and_then(|version| {
            let (program, arguments) = version.run.split_first()?;
            let mut said = version_of(&find_program(program).ok()?, arguments)?;
            if let Some(start) = version.begins.as_ref().and_then(|word| said.find(word)) {
                said.drain(..start);
            }
            Some(said)
        });
        let version = version.unwrap_or_else(|| "unknown".to_owned());
        Ok(Self { plan: Arc::clone(plan), mode, name, version, paths })
    }

    fn mode(&self) -> &Mode {
        &self.plan.modes[self.mode]
    }

    /// What the recipe cannot do, whatever is installed.
    fn cannot(&self, assignment: &Assignment) -> Option<Report> {
        let role = assignment.role();
        let reason = match assignment {
            _ if role != self.plan.role => format!("it is {}", self.plan.role.who()),
            Assignment::SetUp(assignment) if !self.plan.services.contains(&assignment.service) => {
                let known: Vec<&str> = self.plan.services.iter().map(|service| service.name()).collect();
                format!("{} only does {}", self.name, known.join(" and "))
            }
            _ => return None,
        };
        Some(Report::unsupported(role, reason))
    }
}

#[async_trait(?Send)]
impl Subject for Program {
    fn name(&self) -> &str {
        &self.name
    }

    fn version(&self) -> &str {
        &self.version
    }

    fn profiles(&self) -> &[Profile] {
        &self.plan.profiles
    }

    fn roles(&self) -> &[Role] {
        std::slice::from_ref(&self.plan.role)
    }

    fn services(&self) -> &[Service] {
        &self.plan.services
    }

    fn isolation(&self) -> Isolation {
        Isolation::Namespace
    }

    fn stance(&self) -> Stance {
        self.mode().stance.unwrap_or_default()
    }

    fn visible(&self) -> Vec<PathBuf> {
        // Each at the place where it was found, which may be a link, and where it really is: wherever a user has
        // installed a program, it is one that can be tested.
        let programs = self.paths.values().flat_map(|path| [Some(path.clone()), path.canonicalize().ok()]);
        let mut paths: Vec<PathBuf> = self.plan.visible.iter().cloned().chain(programs.flatten()).collect();
        // What lies below a folder that is shown is shown with it; sorted, the folder comes first.
        paths.sort();
        paths.dedup_by(|path, shown| path.starts_with(shown));
        paths
    }

    async fn run(
        &self,
        assignment: &Assignment,
        environment: Environment<'_>,
    ) -> Result<Report, SubjectError> {
        Use { program: self, environment, started: None }.ask(assignment).await
    }

    /// Only one that serves remembers anything when it is asked again.
    fn can_be_asked_again(&self) -> bool {
        self.plan.answers == Answers::Dns
    }

    fn stay<'s>(&'s self, environment: Environment<'s>) -> Option<Box<dyn Session + 's>> {
        self.can_be_asked_again()
            .then(|| Box::new(Use { program: self, environment, started: None }) as Box<dyn Session + 's>)
    }
}

/// One use of a program, from the first question to the last.
struct Use<'a> {
    program: &'a Program,
    environment: Environment<'a>,
    started: Option<Processes<'a>>,
}

#[async_trait(?Send)]
impl Session for Use<'_> {
    async fn ask(&mut self, assignment: &Assignment) -> Result<Report, SubjectError> {
        if let Some(report) = self.program.cannot(assignment) {
            return Ok(report);
        }
        let limit = Duration::from_millis(assignment.deadline_ms());
        let processes = match &mut self.started {
            Some(processes) => {
                processes.allow(limit);
                processes
            }
            None => {
                let mut processes = Processes::start(self.environment, limit)?;
                if let Some(report) = follow(self.program, &mut processes, assignment).await? {
                    return Ok(report);
                }
                self.started.insert(processes)
            }
        };
        match assignment {
            Assignment::Resolve(assignment) => processes.beside(ask(assignment)).await?.map(Report::from),
            Assignment::Relay(_) | Assignment::SetUp(_) => {
                Err(SubjectError::NotStarted("nothing serves what was asked for".to_owned()))
            }
        }
    }
}

/// Runs every command. `None`: it serves now, and can be asked.
async fn follow(
    program: &Program,
    processes: &mut Processes<'_>,
    assignment: &Assignment,
) -> Result<Option<Report>, SubjectError> {
    let plan = &program.plan;
    let mut values = prepare(program, processes, assignment)?;
    for command in &plan.commands {
        if !command.when.holds(&values) {
            continue;
        }
        let invocation = invocation(program, command, &values)?;
        if let Some(ready) = &command.ready {
            let (tcp, path) = ready.filled(&values)?;
            processes.stay(invocation)?;
            processes.beside(wait_until_ready(tcp, path)).await?;
            continue;
        }
        let Some(run) = processes.run(invocation, command.limit).await? else {
            role::give_up(plan.role, &mut values, "no answer in time");
            return role::report(plan.role, &values).map(Some);
        };
        let is_success = command.success.contains(&run.code);
        for rule in &command.rules {
            rule.apply(&run, is_success, &mut values)?;
        }
        if !is_success {
            role::give_up(plan.role, &mut values, &run.complaint());
        }
        if !is_success || values.has("outcome") {
            return role::report(plan.role, &values).map(Some);
        }
        for save in &command.saves {
            let is_kept = |line: &&str| !save.drop.as_ref().is_some_and(|pattern| pattern.is_match(line));
            let kept = run.text(save.from).lines().filter(is_kept).map(|line| format!("{line}\n"));
            let text: String = kept.chain([save.append.fill(&values)?]).collect();
            processes.save(&save.file, &text)?;
        }
    }
    match plan.answers {
        Answers::Dns => Ok(None),
        Answers::Output => role::report(plan.role, &values).map(Some),
    }
}

/// What is known before the first command, with the files that it finds.
fn prepare(
    program: &Program,
    processes: &Processes<'_>,
    assignment: &Assignment,
) -> Result<Values, SubjectError> {
    let plan = &program.plan;
    let mut values = role::values_of(assignment);
    values.give("mode", program.mode().name.clone());
    values.give("home", processes.home().display().to_string());
    if let Some(folder) = &plan.folder {
        values.give("folder", folder.display().to_string());
    }
    for anchors in &plan.anchors {
        let lines = role::anchor_lines(assignment.dns(), anchors.record, &anchors.line, &values)?;
        values.give(&anchors.name, lines);
    }
    for value in &plan.values {
        if value.when.holds(&values) && !values.has(&value.name) {
            let words = value.words.iter().map(|word| word.fill(&values)).collect::<Result<_, _>>()?;
            values.give_words(&value.name, words);
        }
    }
    let saved = plan.commands.iter().flat_map(|command| command.saves.iter().map(|save| &save.file));
    for name in plan.files.iter().map(|file| &file.name).chain(saved) {
        values.give(&format!("file.{name}"), processes.home().join(name).display().to_string());
    }
    for file in plan.files.iter().filter(|file| file.when.holds(&values)) {
        match &file.contents {
            Contents::Text(text) => processes.save(&file.name, &text.fill(&values)?)?,
            Contents::Verbatim(text) => processes.save(&file.name, text)?,
        }
    }
    Ok(values)
}

fn invocation(program: &Program, command: &Command, values: &Values) -> Result<Invocation, SubjectError> {
    let path = program.paths.get(&command.program).map_or(Path::new(&command.program), PathBuf::as_path);
    let mut invocation = Invocation::new(path);
    for argument in &command.arguments {
        invocation = invocation.arguments(argument.arguments(values)?);
    }
    for (name, value) in program.plan.environment.iter().chain(&command.environment) {
        invocation = invocation.variable(name, value.fill(values)?);
    }
    if let Some(stdin) = &command.stdin {
        invocation = invocation.input(stdin.fill(values)?);
    }
    Ok(invocation)
}

impl Ready {
    fn filled(&self, values: &Values) -> Result<(Option<SocketAddr>, Option<PathBuf>), SubjectError> {
        let not_an_address = |text: String| {
            SubjectError::NotStarted(format!("`{text}` is no address with a port to be ready at"))
        };
        let tcp = self.tcp.as_ref().map(|text| {
            let text = text.fill(values)?;
            text.parse().map_err(|_| not_an_address(text))
        });
        let path = self.path.as_ref().map(|text| text.fill(values).map(PathBuf::from));
        Ok((tcp.transpose()?, path.transpose()?))
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "this is what waits for a program; the runner's deadline ends it"
)]
async fn wait_until_ready(tcp: Option<SocketAddr>, path: Option<PathBuf>) {
    loop {
        let listens = match tcp {
            Some(address) => TcpStream::connect(address).await.is_ok(),
            None => true,
        };
        if listens && path.as_ref().is_none_or(|path| path.exists()) {
            return;
        }
        // Nothing tells when a program is ready.
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}
