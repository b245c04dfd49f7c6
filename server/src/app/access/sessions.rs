//! Browsers: signing in, the cookie, signing out.
//!
//! The cookie is a JWT of short life, renewed while it is used. What it names is a row in the
//! store, and a request is let in only while that row is there: removing it signs out at once.

use std::net::IpAddr;
use std::time::Duration;

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use signalbox_domain::access::SessionView;
use signalbox_domain::audit::{AuditPhase, Deed};
use signalbox_domain::ids::AccountId;
use signalbox_domain::time::Timestamp;

use super::{AccessError, Actor, Via, hash_of, new_secret, peer_text};
use crate::app::audit;
use crate::clock;
use crate::sealing::Sealer;
use crate::secret::Secret;
use crate::state::App;
use crate::store::{NewSession, SecretHash, StoreError};

/// How long a cookie is good that nobody uses.
const COOKIE_LIFE: Duration = Duration::from_secs(30 * 60);
/// A cookie older than this is renewed when it is used.
const COOKIE_RENEWED_AFTER: Duration = Duration::from_secs(5 * 60);
/// After this long one signs in again, used or not.
const SESSION_LIFE: Duration = Duration::from_secs(12 * 3600);

const USER_AGENT_CHARACTERS: usize = 200;

/// The other end of a request that wants to sign in.
#[derive(Debug, Clone)]
pub struct Client {
    pub peer: Option<IpAddr>,
    pub user_agent: String,
}

/// What the browser keeps.
#[derive(Debug, Clone)]
pub struct Cookie {
    pub jwt: Secret<String>,
    pub life: Duration,
}

#[derive(Debug)]
pub struct SignedIn {
    pub view: SessionView,
    pub cookie: Cookie,
}

#[derive(Debug, Serialize, Deserialize)]
struct Claims {
    /// The session's secret; the store knows its hash.
    jti: String,
    /// Seconds since the epoch, as RFC 7519 has them.
    iat: i64,
    exp: i64,
}

/// Signs and checks cookies.
#[derive(Clone)]
pub struct SessionKeys {
    encoding: EncodingKey,
    decoding: DecodingKey,
}

impl SessionKeys {
    pub fn new(sealer: &Sealer) -> SessionKeys {
        let key = sealer.derive("access/session-cookie");
        SessionKeys {
            encoding: EncodingKey::from_secret(key.reveal()),
            decoding: DecodingKey::from_secret(key.reveal()),
        }
    }

    /// A cookie that is good from `now` for half an hour, but not beyond the session's end.
    fn sign(&self, secret: &str, now: Timestamp, end: Timestamp) -> Result<Cookie, AccessError> {
        let expires_at = now.plus(COOKIE_LIFE).min(end);
        let claims = Claims { jti: secret.to_owned(), iat: now.0 / 1000, exp: expires_at.0 / 1000 };
        let jwt = jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &self.encoding)
            .map_err(AccessError::Sign)?;
        Ok(Cookie { jwt: Secret::new(jwt), life: expires_at - now })
    }

    /// What the cookie claims, when this console signed it and its life is not over.
    fn check(&self, jwt: &str, now: Timestamp) -> Option<Claims> {
        let mut validation = Validation::new(Algorithm::HS256);
        // The library would read the clock itself; here time is a parameter.
        validation.validate_exp = false;
        let claims = jsonwebtoken::decode::<Claims>(jwt, &self.decoding, &validation).ok()?.claims;
        (now.0 < claims.exp.saturating_mul(1000)).then_some(claims)
    }
}

/// Signs a person in. An unknown name takes as long as a wrong password and is told apart by
/// nothing.
pub async fn sign_in_by_password(
    app: &App,
    client: &Client,
    name: &str,
    password: &Secret<String>,
) -> Result<SignedIn, AccessError> {
    app.limits.count(Some(name), client.peer, clock::now())?;
    let known = app.store.credentials(name).await?;
    let expected = known.as_ref().and_then(|known| known.password_hash.as_deref());
    let right = app.passwords.verify(expected, password).await?;
    match known {
        Some(known) if right => {
            app.limits.forgive(Some(name), client.peer);
            begin(app, client, known.account, "by password").await
        }
        known => {
            // What was typed as a name may be a password: only names that exist are written down.
            let object = if known.is_some() { name } else { "unknown account" };
            refused(app, client, object, "wrong name or password").await?;
            Err(AccessError::WrongCredentials)
        }
    }
}

/// Signs in whoever holds a link, and uses the link up.
pub async fn sign_in_by_link(
    app: &App,
    client: &Client,
    secret: &Secret<String>,
) -> Result<SignedIn, AccessError> {
    let now = clock::now();
    app.limits.count(None, client.peer, now)?;
    let Some(account) = app.store.take_sign_in_link(&hash_of(secret.reveal()), now).await? else {
        refused(app, client, "unknown account", "link used, too old or unknown").await?;
        return Err(AccessError::LinkRefused);
    };
    app.limits.forgive(None, client.peer);
    begin(app, client, account, "by link").await
}

pub(super) async fn refused(
    app: &App,
    client: &Client,
    object: &str,
    reason: &str,
) -> Result<(), StoreError> {
    let deed = Deed {
        actor: "nobody".to_owned(),
        peer: peer_text(client.peer),
        ..Deed::by_console("access.sign_in", object)
    };
    audit::record(&app.store, &deed, AuditPhase::Refused, reason).await.map(drop)
}

/// Opens a session for an account that showed who it is.
pub(super) async fn begin(
    app: &App,
    client: &Client,
    account: AccountId,
    how: &str,
) -> Result<SignedIn, AccessError> {
    let now = clock::now();
    let account = app.store.account(account).await?.ok_or(AccessError::NoSuchAccount)?;
    let secret = new_secret();
    let id_hash = hash_of(secret.reveal());
    let peer = peer_text(client.peer);
    let expires_at = now.plus(SESSION_LIFE);
    let user_agent: String = client.user_agent.chars().take(USER_AGENT_CHARACTERS).collect();
    app.store
        .add_session(&NewSession {
            id_hash: &id_hash,
            account: account.id,
            created_at: now,
            expires_at,
            peer: &peer,
            user_agent: &user_agent,
        })
        .await?;
    let cookie = app.session_keys.sign(secret.reveal(), now, expires_at)?;
    let actor = Actor {
        account: account.id,
        name: account.name.into(),
        role: account.role,
        peer,
        via: Via::Session(id_hash),
        scope: None,
    };
    let deed = audit::deed(&actor, "access.sign_in", &actor.name);
    audit::record(&app.store, &deed, AuditPhase::Done, how).await?;
    Ok(SignedIn { view: actor.view(), cookie })
}

/// Who sent this cookie, and its successor when it is time for one.
pub async fn actor_of_cookie(
    app: &App,
    jwt: &str,
    peer: Option<IpAddr>,
    now: Timestamp,
) -> Result<(Actor, Option<Cookie>), AccessError> {
    let claims = app.session_keys.check(jwt, now).ok_or(AccessError::SessionEnded)?;
    let id_hash = hash_of(&claims.jti);
    let session = app.store.live_session(&id_hash, now).await?.ok_or(AccessError::SessionEnded)?;
    let renewed = if Timestamp(claims.iat.saturating_mul(1000)).age(now) > COOKIE_RENEWED_AFTER {
        // A full disk must not keep anybody from seeing that it is full.
        if let Err(error) = app.store.session_seen(&id_hash, now).await {
            tracing::warn!(%error, "a session's use is not noted");
        }
        Some(app.session_keys.sign(&claims.jti, now, session.expires_at)?)
    } else {
        None
    };
    let actor = Actor {
        account: session.account,
        name: session.name.into(),
        role: session.role,
        peer: peer_text(peer),
        via: Via::Session(id_hash),
        scope: None,
    };
    Ok((actor, renewed))
}

/// Whether what the actor was let in with still lets it in, with the same role. A websocket asks
/// from time to time, as it outlives the request that opened it.
pub async fn still_admitted(app: &App, actor: &Actor) -> bool {
    let now = clock::now();
    let admitted = match &actor.via {
        Via::Session(id_hash) => app
            .store
            .live_session(id_hash, now)
            .await
            .map(|session| session.is_some_and(|session| session.role == actor.role)),
        Via::Console => Ok(false),
        Via::Token(id) => app
            .store
            .live_token_by_id(*id, now)
            .await
            .map(|token| token.is_some_and(|token| token.role == actor.role)),
    };
    admitted.unwrap_or_else(|error| {
        tracing::error!(%error, "whether a websocket may stay open is not known; it is closed");
        false
    })
}

/// Ends the actor's own session.
pub async fn sign_out(app: &App, actor: &Actor) -> Result<(), AccessError> {
    let session: &SecretHash = actor.session().ok_or(AccessError::SessionNeeded)?;
    app.store.remove_session(session).await?;
    let deed = audit::deed(actor, "access.sign_out", &actor.name);
    audit::record(&app.store, &deed, AuditPhase::Done, "").await?;
    Ok(())
}

/// Signs out every browser of an account, but not the one that asks.
pub async fn sign_out_browsers(
    app: &App,
    actor: &Actor,
    account: AccountId,
) -> Result<(), AccessError> {
    let named = app.store.account(account).await?.ok_or(AccessError::NoSuchAccount)?;
    let deed = audit::deed(actor, "access.sign_out_browsers", named.name.as_str());
    audit::attempt(&app.store, &deed, async {
        app.store.remove_sessions(account, actor.session()).await.map_err(AccessError::from)
    })
    .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(byte: u8) -> SessionKeys {
        SessionKeys::new(&Sealer::new(&Secret::new([byte; 32])))
    }

    const MINUTE_MS: i64 = 60_000;

    #[test]
    fn a_cookie_ends_after_half_an_hour_or_with_its_session() {
        let keys = keys(1);
        let end = Timestamp(40 * MINUTE_MS);
        let first = keys.sign("s", Timestamp(0), end).unwrap();
        assert_eq!(first.life, COOKIE_LIFE);
        assert!(keys.check(first.jwt.reveal(), Timestamp(30 * MINUTE_MS - 1)).is_some());
        assert!(keys.check(first.jwt.reveal(), Timestamp(30 * MINUTE_MS)).is_none());

        let renewed = keys.sign("s", Timestamp(20 * MINUTE_MS), end).unwrap();
        assert!(keys.check(renewed.jwt.reveal(), Timestamp(40 * MINUTE_MS - 1)).is_some());
        assert!(keys.check(renewed.jwt.reveal(), end).is_none());
    }

    #[test]
    fn a_cookie_of_another_key_or_algorithm_is_refused() {
        let now = Timestamp(0);
        let cookie = keys(1).sign("s", now, Timestamp(MINUTE_MS)).unwrap();
        assert!(keys(2).check(cookie.jwt.reveal(), now).is_none());
        let unsigned =
            "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.eyJqdGkiOiJzIiwiaWF0IjowLCJleHAiOjYwfQ.";
        assert!(keys(1).check(unsigned, now).is_none());
    }
}
