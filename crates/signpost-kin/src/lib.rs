//! Whether a peer on loopback is this process or one that it started. Knows the kernel's tables of sockets and processes;
//! knows no protocol.

#[cfg(target_os = "linux")]
mod owner;
#[cfg(target_os = "linux")]
mod tree;

use std::net::SocketAddr;

/// What carries octets between the two.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Transport {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
}

/// Who is no stranger.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Household {
    /// This process alone.
    Process,
    /// This process and what it started.
    Descendants,
}

/// Who a peer is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Standing {
    /// Its socket was gone before anybody could look, or its owner hides: nobody knows.
    Doubtful,
    /// Of the household; or whoever, where the system does not tell.
    Kin,
    /// Its socket is there, and nobody of the household has it.
    Stranger {
        /// The user that made the socket.
        uid: u32,
    },
}

/// Says who sent something from `peer` to the socket at `here`. It is to be asked as soon as that has come, while the peer
/// still waits for an answer.
#[must_use]
pub fn standing(transport: Transport, peer: SocketAddr, here: SocketAddr, household: Household) -> Standing {
    #[cfg(target_os = "linux")]
    return linux(transport, peer, here, household);
    #[cfg(not(target_os = "linux"))]
    return {
        let _ = (transport, peer, here, household);
        Standing::Kin
    };
}

#[cfg(target_os = "linux")]
fn linux(transport: Transport, peer: SocketAddr, here: SocketAddr, household: Household) -> Standing {
    use owner::Answer;
    use tree::Search;

    let asked = owner::owner(transport, peer, here);
    let owner = match asked {
        Answer::Nothing => return Standing::Kin,
        Answer::Nobody => return Standing::Doubtful,
        Answer::Owner(owner) => owner,
    };
    // The sockets of a process are its user's; what it started may have become another's.
    if household == Household::Process && owner.uid != nix::unistd::geteuid().as_raw() {
        return Standing::Stranger { uid: owner.uid };
    }
    match tree::search(owner.inode, household) {
        Search::Found => Standing::Kin,
        Search::Hidden => Standing::Doubtful,
        Search::Impossible => Standing::Kin,
        // It may have been closed while it was looked for.
        Search::Missing if owner::owner(transport, peer, here) == asked => {
            Standing::Stranger { uid: owner.uid }
        }
        Search::Missing => Standing::Doubtful,
    }
}

/// Its example is a test, too.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
