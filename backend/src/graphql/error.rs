//! Errors as GraphQL has them: what a reader can mend comes as data of a
//! mutation, the rest as errors with `extensions.code`.

use std::sync::Arc;

use async_graphql::{
    Enum, Response, SimpleObject,
    extensions::{Extension, ExtensionContext, ExtensionFactory, NextRequest, NextSubscribe},
    value,
};
use futures_util::{StreamExt as _, stream::BoxStream};

use crate::error::{Code, Error};

/// What is wrong with an input, in a word that scripts may rely on.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
pub(super) enum UserErrorCode {
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
    /// No round of the lab is open: its window is closed, it is paused, or the
    /// federated server does not answer.
    NoOpenRound,
    /// What is left of the window is not worth a lease.
    WindowTooShort,
    /// The device is not lent, or not equipped to be; the message says what is missing.
    NotLendable,
    /// The device has an open lease.
    AlreadyLeased,
}

/// Something the caller can mend.
#[derive(SimpleObject)]
pub(super) struct UserError {
    pub code: UserErrorCode,
    /// A sentence that says what is wrong.
    pub message: String,
    /// Where in the input, from the outside in.
    pub path: Vec<String>,
}

/// Gives each error its `extensions.code`: ours has one, the others come from a
/// document that is not right.
pub(super) struct Codes;

impl ExtensionFactory for Codes {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(Self)
    }
}

#[async_trait::async_trait]
impl Extension for Codes {
    async fn request(&self, ctx: &ExtensionContext<'_>, next: NextRequest<'_>) -> Response {
        coded(next.run(ctx).await)
    }

    fn subscribe<'s>(
        &self,
        ctx: &ExtensionContext<'_>,
        stream: BoxStream<'s, Response>,
        next: NextSubscribe<'_>,
    ) -> BoxStream<'s, Response> {
        Box::pin(next.run(ctx, stream).map(coded))
    }
}

fn coded(mut response: Response) -> Response {
    for error in &mut response.errors {
        let (code, path, place) = match error.source::<Error>() {
            Some(ours) => (ours.code, ours.path.clone(), ours.place),
            None => (Code::BadUserInput, Vec::new(), None),
        };
        let extensions = error.extensions.get_or_insert_default();
        if extensions.get("code").is_none() {
            extensions.set("code", code.as_str());
            if !path.is_empty() {
                extensions.set("path", path);
            }
            if let Some(place) = place {
                let place = value!({ "at": place.at, "length": place.length });
                extensions.set("place", place);
            }
        }
    }
    response
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
        Code::NoOpenRound => Some(UserErrorCode::NoOpenRound),
        Code::WindowTooShort => Some(UserErrorCode::WindowTooShort),
        Code::NotLendable => Some(UserErrorCode::NotLendable),
        Code::AlreadyLeased => Some(UserErrorCode::AlreadyLeased),
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
