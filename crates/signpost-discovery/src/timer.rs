//! The time that a discovery may take, as a whole and for each step. Knows no clock: every moment is a parameter.

use std::time::Duration;

use crate::request::Limits;

/// The time of one client. Moments are durations since any fixed one, which is the driver's choice.
#[derive(Debug)]
pub(crate) struct Timer {
    step: Duration,
    /// When everything is over; none if it already is.
    end: Option<Duration>,
    /// Since when the step lasts that is waited for, if one is.
    since: Option<Duration>,
}

impl Timer {
    pub(crate) fn new(limits: Limits, now: Duration) -> Self {
        Self { step: limits.step, end: Some(now.saturating_add(limits.overall)), since: None }
    }

    /// A step begins: the last one is over, or the server showed that it is alive.
    pub(crate) fn begin_step(&mut self, now: Duration) {
        self.since = Some(now);
    }

    /// The server showed that it is alive, if it is waited for at all.
    pub(crate) fn restart_step(&mut self, now: Duration) {
        if self.since.is_some() {
            self.begin_step(now);
        }
    }

    /// Nothing is waited for that has the limit of a step.
    pub(crate) fn end_step(&mut self) {
        self.since = None;
    }

    /// Nothing is waited for any more.
    pub(crate) fn stop(&mut self) {
        self.since = None;
        self.end = None;
    }

    pub(crate) fn next(&self) -> Option<Duration> {
        let end = self.end?;
        Some(self.step_end().map_or(end, |step_end| step_end.min(end)))
    }

    pub(crate) fn is_step_over(&self, now: Duration) -> bool {
        self.step_end().is_some_and(|end| end <= now)
    }

    pub(crate) fn is_everything_over(&self, now: Duration) -> bool {
        self.end.is_some_and(|end| end <= now)
    }

    fn step_end(&self) -> Option<Duration> {
        self.since.map(|since| since.saturating_add(self.step))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn whichever_limit_comes_first_is_next() {
        let mut timer = Timer::new(Limits { step: 2 * SECOND, overall: 5 * SECOND }, SECOND);
        assert_eq!(timer.next(), Some(6 * SECOND));
        timer.restart_step(SECOND);
        assert_eq!(timer.next(), Some(6 * SECOND), "no step is waited for");
        timer.begin_step(2 * SECOND);
        assert_eq!(timer.next(), Some(4 * SECOND));
        assert!(timer.is_step_over(4 * SECOND) && !timer.is_everything_over(4 * SECOND));
        timer.restart_step(5 * SECOND);
        assert_eq!(timer.next(), Some(6 * SECOND));
        assert!(timer.is_everything_over(6 * SECOND) && !timer.is_step_over(6 * SECOND));
        timer.stop();
        assert_eq!(timer.next(), None);
    }

    #[test]
    fn no_limit_is_too_long() {
        let mut timer = Timer::new(Limits { step: Duration::MAX, overall: Duration::MAX }, SECOND);
        timer.begin_step(SECOND);
        assert_eq!(timer.next(), Some(Duration::MAX));
    }
}
