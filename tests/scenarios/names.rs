//! Which keys of an answer hold what no two runs have in common, and which headers count.

pub(crate) const TIMES: &[&str] = &[
    "createdAt",
    "lastModifiedAt",
    "timestamp",
    "lastRequestAt",
    "nextExpectedRequestAt",
    "installedAt",
    "activatedAt",
    "reportedAt",
    "lastStatusAt",
    "lastControllerRequestAt",
    "startAt",
    "forceTime",
    "forcetime",
    "timeForced",
    "nextStartAt",
    "lastModified",
];

pub(crate) const IDS: &[&str] = &[
    "id",
    "moduleId",
    "actionId",
    "softwareModuleId",
    "distributionSetId",
    "stopId",
    "rollout",
    "entityId",
    "targetType",
    "autoAssignDistributionSet",
];

pub(crate) const TOKENS: &[&str] = &["securityToken", "targetSecurityToken"];

/// Left out: another server words them otherwise, or not at all.
pub(crate) const DROPPED: &[&str] = &["exceptionClass", "stackTrace", "trace", "path"];

/// Free text, unless the client itself said it.
pub(crate) const SAYINGS: &[&str] = &["messages", "message", "details"];

pub(crate) const HEADERS: &[&str] = &[
    "content-type",
    "content-range",
    "accept-ranges",
    "content-length",
    "content-disposition",
    "etag",
    "location",
    "www-authenticate",
    "allow",
];
