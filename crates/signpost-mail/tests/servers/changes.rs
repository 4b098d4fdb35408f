//! What a server is may change while it listens.

use std::sync::Arc;

use signpost_protocol::Label;

use crate::lab::{Lab, PLAIN, fault};

#[tokio::test]
async fn the_next_connection_meets_another_certificate_and_other_faults() {
    let lab = Lab::start(Label::Submissions, Vec::new()).await;
    let mut standing = lab.play("TLS\nS: 220 ").await;

    lab.change(|spec| {
        let identity = lab.pki.identity("self-signed").unwrap();
        spec.identity = identity.name.clone().into();
        spec.tls = Arc::new(identity.server_config().unwrap());
    });
    drop(lab.play("TLS fails").await);
    lab.go_on(&mut standing, "C: NOOP\nS: 250 ").await;
    lab.closed().await;
    lab.saw("handshake #1 TLSv1_3 completed, SNI submit1.example.com, certificate submit1");
    lab.saw("handshake #2 failed, SNI submit1.example.com, certificate self-signed");

    lab.change(|spec| {
        let identity = lab.pki.identity("submit1").unwrap();
        spec.identity = identity.name.clone().into();
        spec.tls = Arc::new(identity.server_config().unwrap());
        spec.faults = fault("no-auth");
    });
    lab.play("TLS\nS: 220 \nC: EHLO client.example\nS..: 250 \n- 250 AUTH").await;
    lab.saw("fault no-auth");
    // A connection that stands goes on as it began.
    lab.go_on(&mut standing, "C: EHLO client.example\nS..: 250 \n+ 250 AUTH").await;
}

#[tokio::test]
async fn what_was_deleted_stays_deleted_until_other_messages_come() {
    let lab = Lab::start(Label::Pop3s, Vec::new()).await;
    let login = format!("TLS\nS: +OK\nC: AUTH PLAIN {PLAIN}");
    lab.play(&format!("{login}\nS: +OK 2\nC: DELE 1\nS: +OK\nC: QUIT\nS: +OK\nEOF")).await;
    lab.change(|spec| spec.faults = fault("split"));
    lab.play(&format!("{login}\nS: +OK 1\nC: UIDL 1\nS: +OK 1 signpost-2")).await;
    lab.saw("fault split");
    lab.change(|spec| spec.mailbox = vec![b"Subject: three\r\n\r\nthird\r\n".to_vec()]);
    lab.play(&format!("{login}\nS: +OK 1\nC: UIDL 1\nS: +OK 1 signpost-3")).await;
}
