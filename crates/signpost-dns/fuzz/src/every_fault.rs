//! Every kind of fault, wherever it can be.

use std::net::Ipv4Addr;
use std::sync::OnceLock;

use hickory_proto::op::ResponseCode;
use hickory_proto::rr::rdata::A;
use hickory_proto::rr::{Name, RData, Record};
use signpost_dns::{
    AliasFault, DenialFault, DnskeyFault, DsFault, Fault, FaultKind, ForgedSignature, PathFault,
    PublishFault, RecordFault, SignatureFault, Target,
};

const WEEK: u32 = 7 * 86_400;

/// One fault of each kind, in every answer. What a publisher does, he does to the zone that most is asked of.
pub(crate) fn every_fault() -> &'static [Fault] {
    static FAULTS: OnceLock<Vec<Fault>> = OnceLock::new();
    FAULTS.get_or_init(|| kinds().into_iter().map(fault).collect())
}

fn fault(kind: FaultKind) -> Fault {
    let target = match kind {
        FaultKind::Publish { .. } => Target { owner: Some(name("example.com.")), record_type: None },
        _ => Target::default(),
    };
    Fault { at: "dns:*".to_owned(), target, kind }
}

fn kinds() -> Vec<FaultKind> {
    let mut kinds: Vec<FaultKind> = Vec::new();
    kinds.extend(AliasFault::ALL.iter().copied().map(FaultKind::Alias));
    kinds.extend(DenialFault::ALL.iter().copied().map(FaultKind::Denial));
    kinds.extend(DnskeyFault::ALL.iter().copied().map(FaultKind::Dnskey));
    kinds.extend(DsFault::ALL.iter().copied().map(FaultKind::Ds));
    kinds.extend(PathFault::ALL.iter().copied().map(FaultKind::Path));
    kinds.extend(RecordFault::ALL.iter().copied().map(FaultKind::Record));
    kinds.extend(
        SignatureFault::ALL.iter().map(|fault| FaultKind::Signature { fault: *fault, seconds: WEEK }),
    );
    kinds.extend(
        PublishFault::ALL.iter().map(|fault| FaultKind::Publish { fault: *fault, seconds: WEEK.into() }),
    );
    kinds
        .extend([ResponseCode::ServFail, ResponseCode::Refused, ResponseCode::NotAuth].map(FaultKind::Rcode));
    let records = || {
        let address = RData::A(A(Ipv4Addr::new(203, 0, 113, 1)));
        vec![Record::from_rdata(name("submit1.example.com."), 300, address)]
    };
    for signature in [
        ForgedSignature::AuthenticData,
        ForgedSignature::Kept,
        ForgedSignature::None,
        ForgedSignature::Stranger,
    ] {
        kinds.push(FaultKind::Forge { records: records(), signature });
    }
    kinds.push(FaultKind::ForgedAdditional { records: records() });
    kinds
}

fn name(text: &str) -> Name {
    Name::from_ascii(text).expect("a name")
}
