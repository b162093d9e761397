//! Tokens as JWTs by RFC 8725: one fixed algorithm, and every claim checked.
//! Knows nothing of the database.

use chrono::{DateTime, Utc};
use entity::token::Scope;
use jsonwebtoken::{Algorithm, Header, Validation};
use serde::{Deserialize, Serialize};

use crate::{
    auth::{key::SigningKey, unauthenticated},
    error::{Error, Result},
};

const ISSUER: &str = "lavafed";
const AUDIENCE: &str = "lavafed";
const ALGORITHM: Algorithm = Algorithm::HS256;
/// Longer ones are refused unread.
const LONGEST: usize = 4096;

/// What a token says.
#[derive(Debug, Serialize, Deserialize)]
pub struct Claims {
    iss: String,
    aud: String,
    pub exp: i64,
    pub jti: String,
    pub scope: String,
    /// Whom it speaks for: `federated`, `ci` or `lab:NAME`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sub: Option<String>,
}

impl Claims {
    #[must_use]
    pub fn new(
        jti: String,
        scope: Scope,
        speaks_for: Option<String>,
        expires: DateTime<Utc>,
    ) -> Self {
        use sea_orm::ActiveEnum as _;
        Self {
            iss: ISSUER.to_owned(),
            aud: AUDIENCE.to_owned(),
            exp: expires.timestamp(),
            jti,
            scope: scope.to_value(),
            sub: speaks_for,
        }
    }
}

/// # Errors
/// `INTERNAL` when signing fails.
pub fn sign(key: &SigningKey, claims: &Claims) -> Result<String> {
    jsonwebtoken::encode(&Header::new(ALGORITHM), claims, key.encoding()).map_err(Error::internal)
}

/// # Errors
/// `UNAUTHENTICATED` for anything not signed by this key, or expired.
pub fn verify(key: &SigningKey, token: &str, now: DateTime<Utc>) -> Result<Claims> {
    if token.len() > LONGEST {
        return Err(unauthenticated("The token is not one of ours."));
    }
    let mut validation = Validation::new(ALGORITHM);
    validation.set_issuer(&[ISSUER]);
    validation.set_audience(&[AUDIENCE]);
    validation.set_required_spec_claims(&["exp", "iss", "aud"]);
    // The clock is given, not read: expiry is compared below.
    validation.validate_exp = false;
    let claims = jsonwebtoken::decode::<Claims>(token, key.decoding(), &validation)
        .map_err(|_| unauthenticated("The token is not one of ours."))?
        .claims;
    if claims.exp <= now.timestamp() {
        return Err(unauthenticated("The token has expired."));
    }
    Ok(claims)
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use proptest::prelude::*;

    use super::*;

    fn key() -> SigningKey {
        SigningKey::from_bytes(&[7; 32])
    }

    fn token(now: DateTime<Utc>) -> String {
        let claims = Claims::new(
            "id".into(),
            Scope::Report,
            Some("ci".into()),
            now + TimeDelta::days(1),
        );
        sign(&key(), &claims).unwrap()
    }

    #[test]
    fn a_signed_token_is_ours_until_it_expires() {
        let now = Utc::now();
        let token = token(now);
        assert_eq!(verify(&key(), &token, now).unwrap().jti, "id");
        assert!(verify(&key(), &token, now + TimeDelta::days(2)).is_err());
        assert!(verify(&SigningKey::from_bytes(&[8; 32]), &token, now).is_err());
    }

    #[test]
    fn the_algorithm_is_not_the_callers_choice() {
        let now = Utc::now();
        let token = token(now);
        let payload = token.split('.').nth(1).unwrap();
        // {"alg":"none"}
        assert!(verify(&key(), &format!("eyJhbGciOiJub25lIn0.{payload}."), now).is_err());
        let claims = Claims::new("id".into(), Scope::Admin, None, now + TimeDelta::days(1));
        let other = jsonwebtoken::encode(&Header::new(Algorithm::HS512), &claims, key().encoding())
            .unwrap();
        assert!(verify(&key(), &other, now).is_err());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]
        #[test]
        fn a_changed_token_is_refused(at in any::<prop::sample::Index>(), to in "[A-Za-z0-9_.-]") {
            let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
            let token = token(now);
            let at = at.index(token.len());
            let mut changed = token.clone();
            changed.replace_range(at..=at, &to);
            // The last character of the signature has two bits that carry nothing.
            prop_assume!(changed != token && at + 1 != token.len());
            prop_assert!(verify(&key(), &changed, now).is_err());
        }
    }
}
