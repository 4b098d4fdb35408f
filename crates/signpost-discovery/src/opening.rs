//! Which protocol is spoken for which service.

use signpost_protocol::Service;

use crate::conversation::Conversation;
use crate::imap::Imap;
use crate::pop3::Pop3;
use crate::session::Session;
use crate::smtp::Smtp;
use crate::terms::Terms;

/// A session that begins with the server's greeting, in clear if `terms` say that it is to be upgraded.
pub(crate) fn open(terms: Terms, protected: bool) -> Box<dyn Conversation> {
    match terms.request.service {
        Service::Imap => Box::new(Session::<Imap>::new(terms, protected)),
        Service::Pop3 => Box::new(Session::<Pop3>::new(terms, protected)),
        Service::Mx | Service::Submission => Box::new(Session::<Smtp>::new(terms, protected)),
    }
}
