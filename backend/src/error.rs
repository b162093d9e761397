//! The one error of lavafed: a stable code, what the user may read, and apart
//! from it what the operator needs. Knows nothing of HTTP or GraphQL; each edge
//! maps the codes once, exhaustively.

use std::{error, fmt};

/// What went wrong, in a word that scripts may rely on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Code {
    BadUserInput,
    Unauthenticated,
    Forbidden,
    NotFound,
    Conflict,
    LimitExceeded,
    RateLimited,
    /// The events after which a subscriber wants to resume are gone.
    ResyncRequired,
    /// The database is away, or a stored notification is not yet applied.
    Unavailable,
    Internal,
    /// The notification cannot be read; the message says where and why.
    NotificationInvalid,
    JobTypeUnknown,
    MultinodeUnsupported,
    VersionMissing,
    VersionMalformed,
    FeaturesMalformed,
    FeatureUndeclared,
    DeviceTypeMissing,
    // why a device cannot be acquired
    NoOpenRound,
    WindowTooShort,
    NotLendable,
    AlreadyLeased,
}

impl Code {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::BadUserInput => "BAD_USER_INPUT",
            Self::Unauthenticated => "UNAUTHENTICATED",
            Self::Forbidden => "FORBIDDEN",
            Self::NotFound => "NOT_FOUND",
            Self::Conflict => "CONFLICT",
            Self::LimitExceeded => "LIMIT_EXCEEDED",
            Self::RateLimited => "RATE_LIMITED",
            Self::ResyncRequired => "RESYNC_REQUIRED",
            Self::Unavailable => "UNAVAILABLE",
            Self::Internal => "INTERNAL",
            Self::NotificationInvalid => "NOTIFICATION_INVALID",
            Self::JobTypeUnknown => "JOB_TYPE_UNKNOWN",
            Self::MultinodeUnsupported => "MULTINODE_UNSUPPORTED",
            Self::VersionMissing => "VERSION_MISSING",
            Self::VersionMalformed => "VERSION_MALFORMED",
            Self::FeaturesMalformed => "FEATURES_MALFORMED",
            Self::FeatureUndeclared => "FEATURE_UNDECLARED",
            Self::DeviceTypeMissing => "DEVICE_TYPE_MISSING",
            Self::NoOpenRound => "NO_OPEN_ROUND",
            Self::WindowTooShort => "WINDOW_TOO_SHORT",
            Self::NotLendable => "NOT_LENDABLE",
            Self::AlreadyLeased => "ALREADY_LEASED",
        }
    }
}

/// A piece of a text, in bytes; of no length when something is missing there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    pub at: usize,
    pub length: usize,
}

/// A failed use case.
#[derive(Debug)]
pub struct Error {
    pub code: Code,
    /// A sentence for the user: what is wrong and where. Never holds a secret.
    pub message: String,
    /// Where in the input, from the outside in; empty when it is not one place.
    pub path: Vec<String>,
    /// Where in the text of that field, when it is a text with a grammar.
    pub place: Option<Place>,
    /// For the operator's log only.
    source: Option<Box<dyn error::Error + Send + Sync>>,
}

pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            path: Vec::new(),
            place: None,
            source: None,
        }
    }

    pub fn input(field: &str, message: impl Into<String>) -> Self {
        Self::new(Code::BadUserInput, message).at(field)
    }

    pub fn not_found(what: &str, name: &str) -> Self {
        Self::new(Code::NotFound, format!("There is no {what} {name:?}."))
    }

    pub fn conflict(message: impl Into<String>) -> Self {
        Self::new(Code::Conflict, message)
    }

    /// A fault of ours. The user is told an id, the log the cause beside it.
    pub fn internal(cause: impl Into<Box<dyn error::Error + Send + Sync>>) -> Self {
        let cause = cause.into();
        let id = uuid::Uuid::new_v4().simple().to_string();
        tracing::error!(error.id = %id, "internal error: {cause}");
        Self {
            code: Code::Internal,
            message: format!("Something failed in lavafed. The log has the cause under {id}."),
            path: Vec::new(),
            place: None,
            source: Some(cause),
        }
    }

    /// Whether the database refused a statement, which ends its transaction.
    #[must_use]
    pub fn is_of_database(&self) -> bool {
        self.source
            .as_ref()
            .is_some_and(|source| source.is::<sea_orm::DbErr>())
    }

    /// Says where in the text of its field the error is.
    #[must_use]
    pub fn in_text(mut self, at: usize, length: usize) -> Self {
        self.place = Some(Place { at, length });
        self
    }

    /// Adds the input field the error is about.
    #[must_use]
    pub fn at(mut self, field: &str) -> Self {
        self.path.insert(0, field.to_owned());
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl error::Error for Error {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match &self.source {
            Some(source) => Some(source.as_ref()),
            None => None,
        }
    }
}

impl From<sea_orm::DbErr> for Error {
    fn from(cause: sea_orm::DbErr) -> Self {
        use sea_orm::DbErr;
        if is_unfit(&cause) {
            tracing::debug!("the database refuses a value: {cause}");
            return Self {
                code: Code::BadUserInput,
                message: "The database cannot hold one of these texts or numbers.".to_owned(),
                path: Vec::new(),
                place: None,
                source: Some(Box::new(cause)),
            };
        }
        let away = matches!(&cause, DbErr::ConnectionAcquire(_) | DbErr::Conn(_))
            || is_connection_loss(&cause);
        if !away {
            return Self::internal(cause);
        }
        tracing::warn!("the database does not answer: {cause}");
        Self {
            code: Code::Unavailable,
            message: "The database does not answer. Try again in a moment.".to_owned(),
            path: Vec::new(),
            place: None,
            source: Some(Box::new(cause)),
        }
    }
}

fn is_connection_loss(cause: &sea_orm::DbErr) -> bool {
    use sea_orm::sqlx;
    match statement_failure(cause) {
        Some(sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed) => true,
        // 57P01 to 57P03: PostgreSQL is shutting down, crashed or starting.
        failure => sql_state(failure).is_some_and(|code| code.starts_with("57P")),
    }
}

/// 22021: a text with a NUL, which PostgreSQL has none of; 22001, 22003 and
/// 22008: a text, number or time that is too long.
fn is_unfit(cause: &sea_orm::DbErr) -> bool {
    sql_state(statement_failure(cause))
        .is_some_and(|code| matches!(code.as_str(), "22021" | "22001" | "22003" | "22008"))
}

fn statement_failure(cause: &sea_orm::DbErr) -> Option<&sea_orm::sqlx::Error> {
    use sea_orm::{DbErr, RuntimeErr};
    match cause {
        DbErr::Exec(RuntimeErr::SqlxError(inner)) | DbErr::Query(RuntimeErr::SqlxError(inner)) => {
            Some(inner.as_ref())
        }
        _ => None,
    }
}

fn sql_state(failure: Option<&sea_orm::sqlx::Error>) -> Option<String> {
    match failure {
        Some(sea_orm::sqlx::Error::Database(error)) => error.code().map(|code| code.into_owned()),
        _ => None,
    }
}
