//! HTTP decided in one place: which requests are guarded and under which key, what is kept of an answer, which headers
//! go out, and how a refusal reads. Express, Fastify, ASGI, WSGI and axum only carry bytes.
//!
//! A host reads its options once ([`HttpConfig::read`]). For a request it asks [`HttpConfig::guards`], then
//! [`HttpConfig::examine`]; a guarded request runs under an [idempotency machine](crate::idempotency::machine) with
//! [`HttpConfig::run_config`]; the handler's answer is judged by [`HttpConfig::ending`]; headers come from
//! [`HttpConfig::first_answer`]; which answer leaves in the end, [`HttpConfig::leaving`] says. Refusals come from
//! [`problem`].
//!
//! A client's options are [`ClientConfig`] and [`KeyConfig`]; what its requests' failures mean is [`crate::classify`]'s, and
//! where a redirect leads them, [`redirect`] says.

pub mod answer;
pub mod client;
mod config;
pub mod headers;
mod leaving;
mod origin;
pub mod problem;
mod read;
mod redirect;
pub mod request;
mod spec;

pub use answer::{Answer, Seen};
pub use client::{ClientConfig, KeyConfig};
pub use config::HttpConfig;
pub use headers::Header;
pub use leaving::{Leaving, Ready};
pub use origin::origin;
pub use problem::Problem;
pub use redirect::{Follow, Redirect, Redirected, is_anonymous, redirect};
pub use request::{Examined, Guarded, RequestHead};
pub use spec::{HttpSpec, MissingKey, On5xx, Profile};
