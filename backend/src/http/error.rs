//! How a code becomes an HTTP status, and an error an answer of the doors that
//! do not speak GraphQL.

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

use crate::error::{Code, Error};

/// Seconds after which a client may try again while the database is away.
const RETRY_AFTER: HeaderValue = HeaderValue::from_static("5");

/// A request that is refused before anything is done with it.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) status: StatusCode,
    pub(super) code: Code,
    pub(super) message: String,
}

impl Refusal {
    pub(super) fn new(status: StatusCode, code: Code, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
        }
    }

    pub(super) fn input(message: impl Into<String>) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            code: Code::BadUserInput,
            message: message.into(),
        }
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self {
            status: status(error.code),
            code: error.code,
            message: error.message,
        }
    }
}

/// What the doors beside `/graphql` say when they refuse.
impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let body = serde_json::json!({ "code": self.code.as_str(), "message": self.message });
        hint((self.status, Json(body)).into_response())
    }
}

/// The same with the place of what is wrong, where that is known.
pub(super) fn refused(error: Error) -> Response {
    let Some(place) = error.place else {
        return Refusal::from(error).into_response();
    };
    let body = serde_json::json!({
        "code": error.code.as_str(),
        "message": error.message,
        "path": error.path,
        "place": { "at": place.at, "length": place.length },
    });
    hint((status(error.code), Json(body)).into_response())
}

pub(super) fn status(code: Code) -> StatusCode {
    match code {
        Code::BadUserInput
        | Code::LimitExceeded
        | Code::NotificationInvalid
        | Code::JobTypeUnknown
        | Code::MultinodeUnsupported
        | Code::VersionMissing
        | Code::VersionMalformed
        | Code::FeaturesMalformed
        | Code::FeatureUndeclared
        | Code::DeviceTypeMissing => StatusCode::BAD_REQUEST,
        Code::Unauthenticated => StatusCode::UNAUTHORIZED,
        Code::Forbidden => StatusCode::FORBIDDEN,
        Code::NotFound => StatusCode::NOT_FOUND,
        Code::Conflict
        | Code::NoOpenRound
        | Code::WindowTooShort
        | Code::NotLendable
        | Code::AlreadyLeased => StatusCode::CONFLICT,
        Code::RateLimited => StatusCode::TOO_MANY_REQUESTS,
        Code::ResyncRequired => StatusCode::GONE,
        Code::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        Code::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// Adds what HTTP asks for beside some statuses.
pub(super) fn hint(mut answer: Response) -> Response {
    let headers = match answer.status() {
        StatusCode::UNAUTHORIZED => (header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer")),
        StatusCode::SERVICE_UNAVAILABLE => (header::RETRY_AFTER, RETRY_AFTER),
        _ => return answer,
    };
    answer.headers_mut().insert(headers.0, headers.1);
    answer
}
