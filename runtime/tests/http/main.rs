//! The layer for servers, by its public names: over axum, and over services that know nothing of axum.

mod answers;
mod axum;
mod handlers;
mod layer;
mod requests;
mod stores;
mod support;
