//! Namespaces as the kernel really makes them. Where it forbids them the tests say so and are left out, unless
//! `SIGNPOST_REQUIRE_PROGRAMS` is set.

#![expect(clippy::disallowed_methods, reason = "these tests are clients and servers themselves")]

use std::fs;
use std::net::{Ipv4Addr, TcpListener, TcpStream, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant};

use libtest_mimic::{Arguments, Failed, Trial};
use signpost_sandbox::{Completed, Ending, ErrorKind, Invocation, Layout, Limits, Namespace, prepare};

/// Far beyond what any of these programs takes.
const LIMIT: Duration = Duration::from_secs(30);
const BUNDLE: &str = "-----BEGIN CERTIFICATE-----\nlab\n-----END CERTIFICATE-----\n";

fn main() -> ExitCode {
    let prepared = prepare();
    let arguments = Arguments::from_args();
    if let Err(error) = &prepared {
        eprintln!("skipped: {error}");
        if let Some(remedy) = error.remedy() {
            eprintln!("hint: {remedy}");
        }
        if std::env::var_os("SIGNPOST_REQUIRE_PROGRAMS").is_some() {
            return ExitCode::FAILURE;
        }
    }
    let tests: &[(&str, fn())] = &[
        ("the_host_is_out_of_reach", the_host_is_out_of_reach),
        ("other_threads_stay_outside", other_threads_stay_outside),
        ("cases_share_nothing", cases_share_nothing),
        ("files_are_laid_over_the_hosts", files_are_laid_over_the_hosts),
        ("files_that_the_host_lacks_are_laid_too", files_that_the_host_lacks_are_laid_too),
        ("a_kept_path_stays_visible", a_kept_path_stays_visible),
        ("a_kept_path_is_never_emptied", a_kept_path_is_never_emptied),
        ("a_renewed_home_is_empty_but_for_what_is_kept", a_renewed_home_is_empty_but_for_what_is_kept),
        ("a_program_gets_input_and_a_small_environment", a_program_gets_input_and_a_small_environment),
        ("a_program_finds_no_terminal", a_program_finds_no_terminal),
        ("endings_are_told_apart", endings_are_told_apart),
        ("input_may_stay_unread", input_may_stay_unread),
        ("what_a_program_started_ends_with_it", what_a_program_started_ends_with_it),
        ("a_dropped_program_ends", a_dropped_program_ends),
        ("a_missing_program_is_told", a_missing_program_is_told),
        ("anybody_listens_at_any_port", anybody_listens_at_any_port),
        ("a_program_has_no_more_rights_than_nobody", a_program_has_no_more_rights_than_nobody),
        ("programs_speak_from_the_address_that_was_chosen", programs_speak_from_the_address_that_was_chosen),
        ("cost_is_shown", cost_is_shown),
    ];
    let trials = tests
        .iter()
        .map(|&(name, test)| {
            Trial::test(name, move || {
                test();
                Ok::<(), Failed>(())
            })
            .with_ignored_flag(prepared.is_err())
        })
        .collect();
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn layout() -> Layout {
    Layout::new("client.example", [127, 0, 1, 53].into(), BUNDLE)
}

/// Runs `case` on a thread inside `layout`, within a tokio runtime as real cases do.
fn inside<T: Send>(layout: &Layout, case: impl AsyncFnOnce(Namespace) -> T + Send) -> T {
    thread::scope(|scope| {
        let thread = scope.spawn(|| {
            let namespace = Namespace::enter(layout).unwrap();
            tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap()
                .block_on(case(namespace))
        });
        thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

fn run(invocation: Invocation) -> Completed {
    inside(&layout(), async |namespace| namespace.spawn(invocation).unwrap().wait(LIMIT).await.unwrap())
}

fn shell(script: &str) -> Invocation {
    Invocation::new("sh").arguments(["-c", script])
}

fn entries(directory: &str) -> Vec<PathBuf> {
    fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect()
}

fn the_host_is_out_of_reach() {
    let host = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = host.local_addr().unwrap();
    inside(&layout(), async |namespace| {
        assert!(TcpStream::connect(address).is_err());
        assert!(TcpStream::connect(("192.0.2.1", 53)).is_err());
        for hidden in ["/run", "/tmp", "/var/run", "/var/tmp"] {
            let mut found = entries(hidden);
            found.retain(|path| path != namespace.home());
            assert_eq!(found, Vec::<PathBuf>::new(), "{hidden}");
        }
        assert_eq!(entries(namespace.home().to_str().unwrap()), Vec::<PathBuf>::new());
        namespace.save("dead.letter", "").unwrap();
        fs::create_dir_all(namespace.home().join("mail/new")).unwrap();
        namespace.renew_home().unwrap();
        assert_eq!(entries(namespace.home().to_str().unwrap()), Vec::<PathBuf>::new());
    });
    let sockets = run(shell("cat /proc/net/unix /proc/self/net/dev"));
    let text = sockets.stdout.to_string();
    assert!(!text.contains('/') && !text.contains('@'), "a socket of the host can be seen: {text}");
    assert!(text.contains("lo:") && !text.contains("eth"), "{text}");
}

fn programs_speak_from_the_address_that_was_chosen() {
    inside(&layout(), async |namespace| {
        let server = TcpListener::bind("127.0.1.53:0").unwrap();
        let seen = || {
            let client = TcpStream::connect(server.local_addr().unwrap()).unwrap();
            let datagrams = UdpSocket::bind("0.0.0.0:0").unwrap();
            datagrams.connect("127.0.1.54:53").unwrap();
            let by_udp = datagrams.local_addr().unwrap().ip();
            assert_eq!(server.accept().unwrap().1.ip(), by_udp);
            drop(client);
            by_udp
        };
        assert_eq!(seen(), Ipv4Addr::LOCALHOST);
        for source in [Ipv4Addr::new(127, 0, 1, 101), Ipv4Addr::new(127, 0, 1, 102), Ipv4Addr::LOCALHOST] {
            namespace.speak_from(source).unwrap();
            assert_eq!(seen(), source);
        }
        let foreign = namespace.speak_from(Ipv4Addr::new(192, 0, 2, 1)).unwrap_err();
        assert_eq!(foreign.kind(), ErrorKind::Network);
    });
}

/// What root can write and others cannot; the home, `/tmp` and its own outputs can be written by whoever runs a program.
fn a_program_has_no_more_rights_than_nobody() {
    let forbidden = "/etc/signpost-was-here";
    let said = run(shell(&format!(
        "id -u; touch {forbidden} 2>/dev/null && echo wrote; grep -E '^(CapEff|NoNewPrivs|Groups)' /proc/self/status; \
         touch \"$HOME/mine\" /tmp/mine && echo own >/dev/stdout; getent passwd \"$(id -u)\" | cut -d: -f6; echo \"$HOME\""
    )));
    let text = said.stdout.to_string();
    assert!(!Path::new(forbidden).exists() && !text.contains("wrote"), "{text}");
    assert!(text.contains("CapEff:\t0000000000000000\n") && text.contains("\nown\n"), "{text}");
    if nix::unistd::geteuid().is_root() {
        assert!(!text.starts_with("0\n") && text.contains("NoNewPrivs:\t1\n"), "{text}");
        let mut last = text.lines().rev();
        assert_eq!(last.next(), last.next(), "{text}");
    }
}

fn anybody_listens_at_any_port() {
    let first = "/proc/sys/net/ipv4/ip_unprivileged_port_start";
    let before = fs::read_to_string(first).unwrap();
    assert_eq!(run(Invocation::new("cat").argument(first)).stdout.to_string(), "0\n");
    assert_eq!(fs::read_to_string(first).unwrap(), before);
}

fn other_threads_stay_outside() {
    let seen = || (fs::read("/etc/hosts").unwrap(), fs::read("/proc/sys/kernel/hostname").unwrap());
    let before = seen();
    let host = TcpListener::bind("127.0.0.1:0").unwrap();
    inside(&layout(), async |_| {
        assert_ne!(seen(), before);
    });
    let (entered, wait) = (std::sync::Barrier::new(2), std::sync::Barrier::new(2));
    thread::scope(|scope| {
        scope.spawn(|| {
            let namespace = Namespace::enter(&layout()).unwrap();
            fs::write(namespace.home().join("only-inside"), "").unwrap();
            entered.wait();
            wait.wait();
        });
        entered.wait();
        assert_eq!(seen(), before);
        TcpStream::connect(host.local_addr().unwrap()).unwrap();
        let home = std::env::var_os("HOME").unwrap_or_default();
        assert!(!Path::new(&home).join("only-inside").exists());
        wait.wait();
    });
    assert_eq!(seen(), before);
}

fn cases_share_nothing() {
    inside(&layout(), async |_| {
        let _first = TcpListener::bind("127.9.8.7:587").unwrap();
        let other = layout();
        let second = thread::scope(|scope| {
            scope
                .spawn(|| {
                    Namespace::enter(&other).unwrap();
                    TcpStream::connect("127.9.8.7:587").is_err() && TcpListener::bind("127.9.8.7:587").is_ok()
                })
                .join()
                .unwrap()
        });
        assert!(second);
    });
}

fn files_are_laid_over_the_hosts() {
    let completed =
        run(shell("cat /etc/resolv.conf /etc/ssl/certs/ca-certificates.crt; uname -n; getent hosts client"));
    let text = completed.stdout.to_string();
    assert!(text.starts_with("nameserver 127.0.1.53\noptions trust-ad"), "{text}");
    assert!(text.contains(BUNDLE), "{text}");
    assert!(text.contains("client.example\n127.0.0.1       client.example client"), "{text}");
    assert_eq!(completed.ending, Ending::Exited(0));
}

fn files_that_the_host_lacks_are_laid_too() {
    let lacking = layout().file("/etc/signpost/deep/file", "deep").file("/etc/hosts", "# ours\n");
    inside(&lacking, async |_| {
        assert_eq!(fs::read_to_string("/etc/signpost/deep/file").unwrap(), "deep");
        assert_eq!(fs::read_to_string("/etc/hosts").unwrap(), "# ours\n");
        assert!(fs::read_to_string("/etc/passwd").unwrap().contains("root"));
        // Now /etc is this case's own and a link like that of systemd-resolved can be tried.
        std::os::unix::fs::symlink("../run/resolve/stub.conf", "/etc/stub.conf").unwrap();
        Namespace::enter(&layout().file("/etc/stub.conf", "stub")).unwrap();
        assert_eq!(fs::read_to_string("/etc/stub.conf").unwrap(), "stub");
        assert_eq!(fs::read_to_string("/run/resolve/stub.conf").unwrap(), "stub");
    });
    assert!(!Path::new("/etc/signpost").exists() && !Path::new("/run/resolve").exists());
}

fn a_kept_path_stays_visible() {
    let directory = std::env::temp_dir().join(format!("signpost-sandbox-{}", std::process::id()));
    let file = directory.join("kept");
    fs::create_dir_all(&directory).unwrap();
    fs::write(&file, "kept").unwrap();
    let kept = inside(&layout().visible(&directory), async |_| fs::read(&file));
    let kept_file = inside(&layout().visible(&file), async |_| fs::read(&file));
    assert_eq!((kept.unwrap(), kept_file.unwrap()), (b"kept".to_vec(), b"kept".to_vec()));
    fs::remove_dir_all(&directory).unwrap();
}

fn a_kept_path_is_never_emptied() {
    let hidden = std::env::temp_dir().join(format!("signpost-sandbox-twice-{}", std::process::id()));
    let in_sight = Path::new(env!("CARGO_TARGET_TMPDIR")).join("kept");
    for file in [hidden, in_sight] {
        fs::write(&file, "kept").unwrap();
        let kept = inside(&layout().visible(&file).visible(&file), async |_| fs::read(&file));
        assert_eq!(kept.unwrap(), b"kept");
        assert_eq!(fs::read(&file).unwrap(), b"kept");
        fs::remove_file(&file).unwrap();
    }
}

fn a_renewed_home_is_empty_but_for_what_is_kept() {
    // Inside a namespace, so that what stands for the host's home is not a real one.
    inside(&layout(), async |outer| {
        let host = outer.home().join("tools");
        fs::create_dir(&host).unwrap();
        fs::write(host.join("program"), "program").unwrap();
        let case = layout().visible(&host);
        let case = thread::scope(|scope| {
            scope
                .spawn(|| {
                    let namespace = Namespace::enter(&case).unwrap();
                    namespace.save("dead.letter", "").unwrap();
                    namespace.renew_home().unwrap();
                    let shown = entries(namespace.home().to_str().unwrap());
                    (shown, fs::read(host.join("program")).unwrap())
                })
                .join()
                .unwrap()
        });
        assert_eq!(case, (vec![host.clone()], b"program".to_vec()));
        assert_eq!(fs::read(host.join("program")).unwrap(), b"program");
    });
}

fn a_program_gets_input_and_a_small_environment() {
    let completed = run(shell("cat; echo; env | cut -d= -f1 | sort | tr '\\n' ' '; echo $$ $EXTRA >&2")
        .input("typed")
        .variable("EXTRA", "more"));
    // PWD and the like are the shell's own.
    assert_eq!(completed.stdout.to_string(), "typed\nEXTRA HOME LANG LOGNAME PATH PWD TMPDIR USER ");
    assert_eq!(completed.stderr.to_string(), "2 more\n");
    assert_eq!(completed.ending, Ending::Exited(0));
}

fn a_program_finds_no_terminal() {
    let completed = run(shell("test -t 0 || read answer </dev/tty || echo nobody there"));
    assert_eq!(completed.stdout.to_string(), "nobody there\n");
}

fn endings_are_told_apart() {
    assert_eq!(run(shell("exit 7")).ending, Ending::Exited(7));
    assert_eq!(run(shell("kill -TERM $$")).ending, Ending::Signalled(15));
    // A pointer to nowhere.
    let crash = run(Invocation::new("perl").arguments(["-e", "print unpack 'p', pack 'J', 1"]));
    assert_eq!(crash.ending, Ending::Signalled(11));
    let flood = run(shell("yes flood").limits(Limits { output: 1000, ..Limits::default() }));
    assert_eq!((flood.ending, flood.stdout.bytes.len()), (Ending::Flooded, 1000));
    let hung = inside(&layout(), async |namespace| {
        let program = namespace.spawn(shell("echo begun; exec sleep 1000")).unwrap();
        program.wait(Duration::from_millis(300)).await.unwrap()
    });
    assert_eq!((hung.ending, hung.stdout.to_string().as_str()), (Ending::TimedOut, "begun\n"));
}

fn input_may_stay_unread() {
    let completed = run(Invocation::new("true").input(vec![b'x'; 1 << 20]));
    assert_eq!(completed.ending, Ending::Exited(0));
}

fn what_a_program_started_ends_with_it() {
    inside(&layout(), async |namespace| {
        // The server goes to the background with its pipes closed, as daemons do.
        let script = "setsid sleep 1000 <&- >&- 2>&- & echo started";
        let completed = namespace.spawn(shell(script)).unwrap().wait(LIMIT).await.unwrap();
        assert_eq!(completed.stdout.to_string(), "started\n");
        assert_eq!(completed.ending, Ending::Exited(0));
        assert_eq!(processes_inside(), 0);
    });
}

fn a_dropped_program_ends() {
    inside(&layout(), async |namespace| {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let script = format!("exec 3<>/dev/tcp/127.0.0.1/{port}; sleep 1000");
        let program = namespace.spawn(Invocation::new("bash").arguments(["-c", &script])).unwrap();
        let (mut connection, _) = listener.accept().await.unwrap();
        drop(program);
        // The kernel closes the connection when the process is gone.
        let mut rest = Vec::new();
        let read = tokio::io::AsyncReadExt::read_to_end(&mut connection, &mut rest);
        assert_eq!(tokio::time::timeout(LIMIT, read).await.unwrap().unwrap(), 0);
    });
}

/// Processes whose first thread is in the calling thread's network. That of the test itself is not.
fn processes_inside() -> usize {
    let network = fs::read_link("/proc/thread-self/ns/net").unwrap();
    fs::read_dir("/proc")
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|process| process.file_name().unwrap().to_str().unwrap().parse::<u32>().is_ok())
        .filter(|process| fs::read_link(process.join("ns/net")).is_ok_and(|other| other == network))
        .count()
}

fn a_missing_program_is_told() {
    inside(&layout(), async |namespace| {
        let error = namespace.spawn(Invocation::new("signpost-no-such-program")).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
    });
}

fn cost_is_shown() {
    let mut costs: Vec<_> = (0..20)
        .map(|_| {
            let begun = Instant::now();
            assert!(run(Invocation::new("true")).ending.is_success());
            begun.elapsed()
        })
        .collect();
    costs.sort();
    println!("one namespace with `true` in it: median {:?}, worst {:?}", costs[10], costs[19]);
}
