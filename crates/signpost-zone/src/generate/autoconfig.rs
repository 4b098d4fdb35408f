//! The file that clients fetch which know no SRV records: Thunderbird's `clientConfig`, version 1.1.

use std::fmt::Write as _;

use signpost_protocol::{Label, Service};

use super::{Plan, offered, port};

/// The file, to be served at `https://autoconfig.DOMAIN/mail/config-v1.1.xml`. Names in it are of letters, digits, hyphens and
/// underscores, so that nothing has to be escaped.
pub(super) fn autoconfig(plan: &Plan) -> String {
    let domain = plan.domain.to_ascii();
    let domain = domain.trim_end_matches('.');
    let mut text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<clientConfig version=\"1.1\">\n  <emailProvider id=\"{domain}\">\n    \
         <domain>{domain}</domain>\n    <displayName>{domain}</displayName>\n"
    );
    for label in offered(plan) {
        for host in &plan.servers {
            server(&mut text, label, host.to_ascii().trim_end_matches('.'), port(plan, label));
        }
    }
    text.push_str("  </emailProvider>\n</clientConfig>\n");
    text
}

fn server(text: &mut String, label: Label, host: &str, port: u16) {
    let (element, kind) = match label.service() {
        Service::Imap => ("incomingServer", "imap"),
        Service::Pop3 => ("incomingServer", "pop3"),
        Service::Submission => ("outgoingServer", "smtp"),
        Service::Mx => return,
    };
    let socket = if label.is_implicit_tls() { "SSL" } else { "STARTTLS" };
    // Writing to a String cannot fail.
    let _ = write!(
        text,
        "    <{element} type=\"{kind}\">\n      <hostname>{host}</hostname>\n      <port>{port}</port>\n      \
         <socketType>{socket}</socketType>\n      <username>%EMAILADDRESS%</username>\n      \
         <authentication>password-cleartext</authentication>\n    </{element}>\n"
    );
}
