//! The macros of [`once-again`](https://docs.rs/once-again), which exports them with its feature `derive`.

#![forbid(unsafe_code)]

mod action;
mod fields;
mod input;
mod json_name;

use proc_macro::TokenStream;
use syn::parse_macro_input;

/// Makes a struct the input of an idempotent action: implements `once_again::action::IdempotencyInput`.
///
/// | attribute of a field | meaning |
/// |---|---|
/// | `#[idempotency(key)]`, `#[idempotency_key]` | the call's key: a string, a whole number, or an `Option` of one; `None` goes by the content |
/// | `#[idempotency(exclude)]`, `#[idempotency_exclude]` | does not count when two calls are compared |
/// | `#[parameter(idempotency_key = true)]`, `#[parameter(idempotency_exclude = true)]` | the same, as nebula-idempotency writes it |
///
/// Fields are known by their names in JSON, so serde's `rename` and `rename_all` are heeded.
///
/// ```
/// use once_again::IdempotencyKey;
/// use once_again::action::IdempotencyInput;
/// use serde::Serialize;
///
/// #[derive(Serialize, IdempotencyKey)]
/// struct Email {
///     to: String,
///     #[idempotency(exclude)]
///     sent_at: u64,
///     #[idempotency(key)]
///     message_id: Option<String>,
/// }
///
/// let email = Email { to: "a@example.com".into(), sent_at: 0, message_id: Some("m-1".into()) };
/// assert_eq!(email.idempotency_key().as_deref(), Some("m-1"));
/// assert_eq!(Email::excluded(), ["/sent_at"]);
/// ```
#[proc_macro_derive(IdempotencyKey, attributes(idempotency, idempotency_exclude, idempotency_key, parameter))]
pub fn idempotency_key(item: TokenStream) -> TokenStream {
    let item = parse_macro_input!(item as syn::DeriveInput);
    input::derive(&item).unwrap_or_else(syn::Error::into_compile_error).into()
}

/// Names an action: `#[idempotent(id = "send.email")]`.
///
/// | on | makes |
/// |---|---|
/// | an `async fn` of one argument (or none) that returns a `Result` | an action of the function's name, to be handed to `IdempotentExecutor::execute` |
/// | a struct | its associated constant `ID` |
/// | an `impl IdempotentAction for …` | the method `id` in it |
///
/// ```
/// use once_again::action::{IdempotencyError, IdempotentExecutor};
/// use once_again::idempotent;
///
/// #[idempotent(id = "send.email")]
/// async fn send_email(to: &String) -> Result<u32, std::io::Error> {
///     Ok(1)
/// }
///
/// async fn twice(executor: &IdempotentExecutor) -> Result<(), IdempotencyError<std::io::Error>> {
///     let to = || "a@example.com".to_owned();
///     let first = executor.execute(&send_email, to()).await?;
///     let again = executor.execute(&send_email, to()).await?;
///     assert!(!first.is_replay() && again.is_replay());
///     Ok(())
/// }
/// ```
#[proc_macro_attribute]
pub fn idempotent(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let id = parse_macro_input!(arguments as action::Id);
    let item = parse_macro_input!(item as syn::Item);
    action::expand(&id, item).unwrap_or_else(syn::Error::into_compile_error).into()
}
