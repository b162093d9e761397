//! Errors as GraphQL has them: what a reader can mend comes as data of a
//! mutation, the rest as errors with `extensions.code`.

use async_graphql::{Enum, ErrorExtensions as _, SimpleObject};

use crate::error::{Code, Error};

/// What is wrong with an input, in a word that scripts may rely on.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
pub enum UserErrorCode {
    BadUserInput,
    NotFound,
    Conflict,
    LimitExceeded,
    /// The notification cannot be read.
    NotificationInvalid,
    /// `lavafed.type` is none of FED, SLAVE, META, PACKAGE.
    JobTypeUnknown,
    MultinodeUnsupported,
    VersionMissing,
    VersionMalformed,
    FeaturesMalformed,
    /// The job is recorded; what it says of the feature does not count yet.
    FeatureUndeclared,
    DeviceTypeMissing,
}

/// Something the caller can mend.
#[derive(SimpleObject)]
pub struct UserError {
    pub code: UserErrorCode,
    /// A sentence that says what is wrong.
    pub message: String,
    /// Where in the input, from the outside in.
    pub path: Vec<String>,
}

impl From<Error> for async_graphql::Error {
    fn from(error: Error) -> Self {
        let path = error.path.clone();
        let code = error.code;
        Self::new(error.message).extend_with(|_, extensions| {
            extensions.set("code", code.as_str());
            if !path.is_empty() {
                extensions.set("path", path.clone());
            }
        })
    }
}

/// Splits the outcome of a mutation into data and user errors.
///
/// # Errors
/// What the caller cannot mend in the input: missing rights, faults of ours.
pub(super) fn split<T>(
    outcome: Result<T, Error>,
) -> async_graphql::Result<(Option<T>, Vec<UserError>)> {
    match outcome {
        Ok(value) => Ok((Some(value), Vec::new())),
        Err(error) => match user_code(error.code) {
            Some(code) => {
                let user = UserError {
                    code,
                    message: error.message,
                    path: error.path,
                };
                Ok((None, vec![user]))
            }
            None => Err(error.into()),
        },
    }
}

/// The user's code for ours; None for what is no matter of the input.
pub(super) fn user_code(code: Code) -> Option<UserErrorCode> {
    match code {
        Code::BadUserInput => Some(UserErrorCode::BadUserInput),
        Code::NotFound => Some(UserErrorCode::NotFound),
        Code::Conflict => Some(UserErrorCode::Conflict),
        Code::LimitExceeded => Some(UserErrorCode::LimitExceeded),
        Code::NotificationInvalid => Some(UserErrorCode::NotificationInvalid),
        Code::JobTypeUnknown => Some(UserErrorCode::JobTypeUnknown),
        Code::MultinodeUnsupported => Some(UserErrorCode::MultinodeUnsupported),
        Code::VersionMissing => Some(UserErrorCode::VersionMissing),
        Code::VersionMalformed => Some(UserErrorCode::VersionMalformed),
        Code::FeaturesMalformed => Some(UserErrorCode::FeaturesMalformed),
        Code::FeatureUndeclared => Some(UserErrorCode::FeatureUndeclared),
        Code::DeviceTypeMissing => Some(UserErrorCode::DeviceTypeMissing),
        Code::Unauthenticated
        | Code::Forbidden
        | Code::RateLimited
        | Code::ResyncRequired
        | Code::Unavailable
        | Code::Internal => None,
    }
}

impl UserErrorCode {
    /// The code a receipt was stored with.
    pub(super) fn of_stored(code: Option<&str>) -> Self {
        use async_graphql::resolver_utils::EnumType as _;
        let known = Self::items().iter().find(|item| Some(item.name) == code);
        known.map_or(Self::BadUserInput, |item| item.value)
    }
}
