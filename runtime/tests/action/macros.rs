//! `#[derive(IdempotencyKey)]` and `#[idempotent]`.

use super::set_up;
use once_again::action::{IdempotencyInput, IdempotentAction};
use once_again::{IdempotencyKey, idempotent};
use serde::Serialize;

#[derive(Clone, Serialize, IdempotencyKey)]
#[serde(rename_all = "camelCase")]
struct Email {
    #[parameter(description = "Recipient email")]
    to: String,
    #[idempotency(exclude)]
    sent_at: u64,
    #[idempotency_exclude]
    #[serde(rename = "a/b")]
    trace: u64,
    #[parameter(idempotency_exclude = true, description = "not told apart")]
    tries: u64,
    #[idempotency_exclude]
    #[serde(skip)]
    unseen: u64,
    #[idempotency(key)]
    message_id: Option<String>,
}

fn email(to: &str, sent_at: u64, message_id: Option<&str>) -> Email {
    let (trace, message_id) = (sent_at, message_id.map(Into::into));
    Email { to: to.into(), sent_at, trace, tries: sent_at, unseen: 1, message_id }
}

#[test]
fn the_derive_knows_fields_by_their_names_in_json() {
    assert_eq!(Email::excluded(), ["/sentAt", "/a~1b", "/tries"]);
    assert_eq!(email("a", 1, Some("m-1")).idempotency_key().as_deref(), Some("m-1"));
    let email = email("a", 1, None);
    assert_eq!((email.idempotency_key(), email.unseen), (None, 1));
}

#[derive(Serialize, IdempotencyKey)]
struct Numbered<T> {
    #[idempotency_key]
    id: u64,
    data: T,
}

#[test]
fn a_number_is_a_key_and_a_generic_struct_an_input() {
    assert_eq!(Numbered { id: 7, data: "x" }.idempotency_key().as_deref(), Some("7"));
    assert!(Numbered::<u8>::excluded().is_empty());
}

/// Sends.
#[idempotent(id = "send.email")]
async fn send_email(email: &Email) -> Result<String, std::io::Error> {
    Ok(format!("{} at {}", email.to, email.sent_at))
}

#[idempotent(id = "owned")]
async fn owned(name: String) -> std::io::Result<usize> {
    Ok(name.len())
}

#[idempotent(id = "nothing")]
async fn nothing() -> Result<u8, String> {
    Ok(1)
}

#[idempotent(id = "unit")]
struct Unit;

#[idempotent(id = "named")]
impl IdempotentAction for Unit {
    type Input = u8;
    type Output = u8;
    type Error = String;

    async fn execute(&self, input: &u8) -> Result<u8, String> {
        Ok(*input)
    }
}

#[tokio::test]
async fn an_async_function_is_an_action_of_its_name() {
    let (_, executor) = set_up();
    assert_eq!((send_email.id(), owned.id(), Unit.id(), Unit::ID), ("send.email", "owned", "named", "unit"));
    let first = executor.execute(&send_email, email("a", 1, None)).await.unwrap();
    assert_eq!(first.output, "a at 1");
    let again = executor.execute(&send_email, email("a", 2, None)).await.unwrap();
    assert_eq!(
        (again.output.as_str(), again.is_replay()),
        ("a at 1", true),
        "when it was sent does not count"
    );
    assert!(!executor.execute(&send_email, email("b", 1, None)).await.unwrap().is_replay());
    assert!(!executor.execute(&send_email, email("a", 1, Some("m-1"))).await.unwrap().is_replay());

    assert_eq!(executor.execute(&owned, "four".to_owned()).await.unwrap().output, 4);
    executor.execute(&nothing, ()).await.unwrap();
    assert!(executor.execute(&nothing, ()).await.unwrap().is_replay());
    assert_eq!(executor.execute(&Unit, 5).await.unwrap().output, 5);
}
