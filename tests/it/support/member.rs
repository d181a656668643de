//! A person with an account.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{Answer, Guest, Host, call};

/// Everybody's password.
pub(crate) const PASSWORD: &str = "tall grass on tuesday";

/// Somebody who is signed in.
#[derive(Debug)]
pub(crate) struct Member {
    pub(crate) email: String,
    pub(crate) id: String,
    pub(crate) token: String,
    /// What the browser got, without its attributes.
    pub(crate) cookie: String,
}

/// What a person called so fills in.
pub(crate) fn registration(name: &str) -> Value {
    let email = format!("{}@example.org", name.to_lowercase());
    json!({ "email": email, "name": name, "password": PASSWORD, "password_confirm": PASSWORD })
}

impl Member {
    /// Registers.
    pub(crate) async fn register(host: &impl Host, name: &str) -> Self {
        let answer = call(host, Method::POST, "/api/users").json(&registration(name)).answer().await;
        Self::of(&answer.is(StatusCode::CREATED))
    }

    /// Signs in at another place.
    pub(crate) async fn again(&self, host: &impl Host) -> Self {
        let answer = Self::sign_in(host, &self.email, PASSWORD).await;
        Self::of(&answer.is(StatusCode::OK))
    }

    /// Tries to sign in.
    pub(crate) async fn sign_in(host: &impl Host, email: &str, password: &str) -> Answer {
        let body = json!({ "email": email, "password": password });
        call(host, Method::POST, "/api/session").json(&body).answer().await
    }

    /// Whoever an answer to registering or signing in is about.
    pub(crate) fn of(answer: &Answer) -> Self {
        let cookie = answer.header("set-cookie").split(';').next().unwrap_or_default().to_owned();
        let [email, id, token] = ["/user/email", "/user/id", "/token"].map(|field| answer.text(field).to_owned());
        assert_eq!(cookie, format!("greenroom_session={token}"));
        Self { email, id, token, cookie }
    }

    /// What they are told of themselves.
    pub(crate) async fn me(&self, host: &impl Host) -> Answer {
        call(host, Method::GET, "/api/users/me").by(&self.token).answer().await
    }

    /// Changes something about themselves.
    pub(crate) async fn change(&self, host: &impl Host, change: Value) -> Answer {
        call(host, Method::PATCH, "/api/users/me").by(&self.token).json(&change).answer().await
    }

    pub(crate) async fn signs_out(&self, host: &impl Host) {
        call(host, Method::DELETE, "/api/session").by(&self.token).answer().await.is(StatusCode::NO_CONTENT);
    }

    /// Opens a socket.
    pub(crate) async fn connects(&self, host: &impl Host) -> Guest {
        Guest::come_back(host, &self.token).await
    }
}
