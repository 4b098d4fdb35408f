//! The lab's three DNS services, each of which is in every step what the world is then.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use signpost_dns::{Answerer, Authority, Responder};
use signpost_transcript::Recorder;
use signpost_validate::{AuditedValidator, Resolver, Shortage, TrustAnchor, Upstream};
use tokio::sync::watch;

use crate::resolver::ValidatingResolver;
use crate::stage::Current;

/// What answers to names.
pub(crate) struct Names {
    /// What subjects that validate ask.
    public: watch::Sender<Arc<Authority>>,
    /// What the lab's own validator asks, so that its questions do not stand among the subject's.
    private: watch::Sender<Arc<Authority>>,
    /// What subjects ask that leave validation to their resolver.
    validating: watch::Sender<Arc<ValidatingResolver>>,
    making: Making,
}

/// What each of them is made of, besides the responder.
struct Making {
    inner: SocketAddr,
    anchors: Anchors,
    recorder: Recorder,
    /// Where the exchanges of the lab's own validator go.
    unseen: Recorder,
    /// Whether that validator ever had nothing left to ask with.
    shortage: Shortage,
}

/// The trust anchors that those need who ask: everybody's, and those of the views, by the address that each is asked from.
#[derive(Clone, Debug)]
pub(crate) struct Anchors {
    pub(crate) everybody: TrustAnchor,
    pub(crate) of_views: BTreeMap<IpAddr, TrustAnchor>,
}

impl Anchors {
    /// The one of who asks from this address.
    pub(crate) fn of(&self, source: Option<IpAddr>) -> &TrustAnchor {
        source.and_then(|source| self.of_views.get(&source)).unwrap_or(&self.everybody)
    }

    /// The same as lines of a master file.
    pub(crate) fn lines(&self, source: Option<IpAddr>) -> Vec<String> {
        self.of(source).to_string().lines().map(str::to_owned).collect()
    }
}

impl Names {
    pub(crate) fn new(
        responder: &Arc<Responder>,
        inner: SocketAddr,
        anchors: Anchors,
        recorder: Recorder,
    ) -> Self {
        let making =
            Making { inner, anchors, recorder, unseen: Recorder::new(), shortage: Shortage::default() };
        Self {
            public: watch::Sender::new(making.authority(responder, &making.recorder)),
            private: watch::Sender::new(making.authority(responder, &making.unseen)),
            validating: watch::Sender::new(making.validating(responder)),
            making,
        }
    }

    /// Lets another responder stand behind all three from now on. The validator begins anew: the lab's own resolver says
    /// what is the case, and is no cache in which a subject's stale answer could have its origin.
    pub(crate) fn change(&self, responder: &Arc<Responder>) {
        self.public.send_replace(self.making.authority(responder, &self.making.recorder));
        self.private.send_replace(self.making.authority(responder, &self.making.unseen));
        self.validating.send_replace(self.making.validating(responder));
    }

    pub(crate) fn public(&self) -> Arc<impl Answerer + use<>> {
        Arc::new(Current(self.public.subscribe()))
    }

    pub(crate) fn private(&self) -> Arc<impl Answerer + use<>> {
        Arc::new(Current(self.private.subscribe()))
    }

    pub(crate) fn validating(&self) -> Arc<impl Answerer + use<>> {
        Arc::new(Current(self.validating.subscribe()))
    }
}

impl Making {
    fn authority(&self, responder: &Arc<Responder>, recorder: &Recorder) -> Arc<Authority> {
        Arc::new(Authority::new(Arc::clone(responder), recorder.clone()))
    }

    fn validating(&self, responder: &Arc<Responder>) -> Arc<ValidatingResolver> {
        let sources = self.anchors.of_views.keys();
        Arc::new(ValidatingResolver {
            everybody: self.validator(None),
            of_views: sources.map(|source| (*source, self.validator(Some(*source)))).collect(),
            responder: Arc::clone(responder),
            inner: self.unseen.clone(),
            recorder: self.recorder.clone(),
            shortage: self.shortage.clone(),
        })
    }

    fn validator(&self, source: Option<IpAddr>) -> Box<dyn Resolver> {
        let mut upstream = Upstream::new(self.inner, self.anchors.of(source).clone());
        upstream.source = source;
        upstream.shortage = self.shortage.clone();
        Box::new(AuditedValidator::new(&upstream))
    }
}

impl std::fmt::Debug for Names {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Names").field("inner", &self.making.inner).finish_non_exhaustive()
    }
}
