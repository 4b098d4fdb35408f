//! Every kind of fault, wherever it can be.

use std::net::Ipv4Addr;
use std::sync::OnceLock;

use hickory_proto::op::ResponseCode;
use hickory_proto::rr::rdata::A;
use hickory_proto::rr::{Name, RData, Record};
use signpost_dns::{AnswerFault, AnswerFaultKind, RcodeFault, Target};

/// One fault of each kind, in every answer. What a publisher does, he does to the zone that most is asked of.
pub(crate) fn every_fault() -> &'static [AnswerFault] {
    static FAULTS: OnceLock<Vec<AnswerFault>> = OnceLock::new();
    FAULTS.get_or_init(|| AnswerFaultKind::all().map(fault).collect())
}

fn fault(mut kind: AnswerFaultKind) -> AnswerFault {
    let target = match &mut kind {
        AnswerFaultKind::Publish(_) => Target { owner: Some(name("example.com.")), record_type: None },
        AnswerFaultKind::Forge(forge) => {
            let address = RData::A(A(Ipv4Addr::new(203, 0, 113, 1)));
            *forge.records_mut() = vec![Record::from_rdata(name("submit1.example.com."), 300, address)];
            Target::default()
        }
        AnswerFaultKind::Rcode(RcodeFault::Other { rcode }) => {
            *rcode = ResponseCode::NotAuth;
            Target::default()
        }
        _ => Target::default(),
    };
    AnswerFault { number: 1, at: "dns:*".to_owned(), target, kind }
}

fn name(text: &str) -> Name {
    Name::from_ascii(text).expect("a name")
}
