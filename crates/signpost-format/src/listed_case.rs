//! What `signpost list --format json` says of a case.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Profile, Role, Service, Severity};

/// A case, without what is expected in it.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct ListedCase {
    /// Permanent ID: path of the scenario and service.
    pub id: String,
    /// What happens.
    pub title: String,
    /// What a subject that gets it wrong does to its user.
    pub why: String,
    /// How bad that is.
    pub severity: Severity,
    /// Whose rules are tested.
    pub profiles: Vec<Profile>,
    /// What the subject is asked to do.
    pub role: Role,
    /// The service that is set up or used, where there is one.
    pub service: Option<Service>,
    /// Slugs of the requirements that are tested.
    pub requirements: Vec<String>,
    /// ID of the honest case that has to pass before a refusal counts; honest cases have none.
    pub control: Option<String>,
    /// Flaws of the reference client that fail it.
    pub defects: Vec<String>,
}
