//! A zone ready to answer: its names, its keys, its denial of existence.

use std::ops::Deref;

use hickory_proto::rr::{Name, Record};

use crate::denial::{Chain, Parameters};
use crate::indexed_zone::{IndexedZone, Node, ZoneKeys};
use crate::zone::Denial;

/// A zone ready to answer. Signatures are made when they are first asked for.
#[derive(Debug)]
pub(crate) struct SignedZone {
    zone: IndexedZone,
    pub(crate) chain: Chain,
}

/// How a signed zone is signed.
#[derive(Debug)]
pub(crate) struct ZoneSigning {
    pub(crate) keys: ZoneKeys,
    pub(crate) denial: Denial,
    /// What the zone says of its NSEC3 chain, if it has one.
    pub(crate) parameters: Parameters,
}

/// What can be said of the zone without its denial of existence.
impl Deref for SignedZone {
    type Target = IndexedZone;

    fn deref(&self) -> &IndexedZone {
        &self.zone
    }
}

impl SignedZone {
    /// Indexes the records of a zone. `signing` is how a signed zone is signed.
    ///
    /// The records must be inside the zone and have an SOA at the apex, as those of a [`Zone`](crate::Zone) have.
    pub(crate) fn new(
        origin: Name,
        place: usize,
        records: Vec<Record>,
        signing: Option<ZoneSigning>,
        now: u32,
    ) -> Result<Self, hickory_proto::ProtoError> {
        let (keys, denial) =
            signing.map(|signing| (signing.keys, (signing.denial, signing.parameters))).unzip();
        let mut zone = IndexedZone::new(origin, place, records, keys, now)?;
        // The chain comes last, because it lists the types of the DNSKEY RRset's owner too.
        let chain =
            denial.map_or(Chain::None, |(denial, parameters)| Chain::install(&mut zone, denial, parameters));
        Ok(Self { zone, chain })
    }

    /// Makes every signature now, on all processors where the zone is large enough to be worth it.
    pub(crate) fn sign_all(&self) {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let sign = |nodes: &[Node]| {
            for node in nodes {
                for set in &node.sets {
                    self.signatures(&node.owner, node.standing, set);
                }
            }
        };
        if self.nodes.len() < WORTH_THREADS {
            sign(&self.nodes);
            return self.chain.sign(self, 0, 1);
        }
        std::thread::scope(|scope| {
            for share in 0..threads {
                scope.spawn(move || {
                    let length = self.nodes.len().div_ceil(threads);
                    sign(self.nodes.chunks(length).nth(share).unwrap_or_default());
                    self.chain.sign(self, share, threads);
                });
            }
        });
    }
}

/// Signing fewer names than this takes about as long as starting a thread.
const WORTH_THREADS: usize = 64;
