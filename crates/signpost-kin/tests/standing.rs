//! Who is kin, on real sockets.

#![expect(clippy::disallowed_methods, reason = "the test is client and server")]

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::process::{Child, Command, Stdio};

use signpost_kin::Household::{Descendants, Process};
use signpost_kin::{Standing, Transport, standing};

#[test]
fn this_process_is_kin_by_tcp_and_udp() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let (accepted, peer) = listener.accept().unwrap();
    let here = accepted.local_addr().unwrap();
    assert_eq!(standing(Transport::Tcp, peer, here, Process), Standing::Kin);
    drop(client);
    // What another test starts has a copy of every file until it runs its program.
    assert_ne!(standing(Transport::Tcp, peer, here, Process), Standing::Kin);
    let server = UdpSocket::bind("127.0.0.1:0").unwrap();
    let here = server.local_addr().unwrap();
    let client = UdpSocket::bind("0.0.0.0:0").unwrap();
    client.send_to(b"?", here).unwrap();
    let (_, peer) = server.recv_from(&mut [0; 1]).unwrap();
    assert_eq!(standing(Transport::Udp, peer, here, Process), Standing::Kin);
    drop(client);
    // Somebody else may have been given its port by now.
    assert_ne!(standing(Transport::Udp, peer, here, Process), Standing::Kin);
}

#[test]
fn what_this_process_started_is_kin_and_what_another_did_is_not() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let connect = format!("exec 3<>/dev/tcp/127.0.0.1/{port}; read word <&3");
    // A process whose parent has ended is nobody's descendant here, unless this process takes in orphans.
    for (command, is_kin) in [(connect.clone(), true), (format!("({connect}) & disown; exit"), false)] {
        let mut shell = Shell::start(&command);
        let (mut accepted, peer) = listener.accept().unwrap();
        if !is_kin {
            shell.0.wait().unwrap();
        }
        let seen = standing(Transport::Tcp, peer, accepted.local_addr().unwrap(), Descendants);
        let narrowly = standing(Transport::Tcp, peer, accepted.local_addr().unwrap(), Process);
        assert!(matches!(narrowly, Standing::Stranger { .. }), "{narrowly:?}");
        match is_kin {
            true => assert_eq!(seen, Standing::Kin),
            false => assert!(matches!(seen, Standing::Stranger { .. }), "{seen:?}"),
        }
        accepted.write_all(b"done\n").unwrap();
    }
}

/// Asked about a socket that listens at the peer's own port, the kernel must not answer with the listener.
#[test]
fn a_listener_at_the_port_of_a_peer_that_is_gone_is_not_taken_for_it() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let here = listener.local_addr().unwrap();
    let gone = SocketAddr::from(([127, 0, 0, 1], here.port()));
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    assert_eq!(standing(Transport::Tcp, gone, other.local_addr().unwrap(), Descendants), Standing::Doubtful);
}

struct Shell(Child);

impl Shell {
    fn start(command: &str) -> Self {
        let mut bash = Command::new("bash");
        let bash = bash.args(["-c", &format!("echo started; {command}")]).stdout(Stdio::piped());
        let mut child = bash.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Self(child)
    }
}

impl Drop for Shell {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
