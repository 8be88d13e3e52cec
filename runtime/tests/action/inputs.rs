//! What a call is known by.

use super::{Charge, ORDER, Order, set_up};
use once_again::Code;
use once_again::action::{ExecutionContext, IdempotencyKeyStrategy, Level};

#[tokio::test]
async fn by_default_one_key_with_other_content_is_another_call() {
    let (clock, executor) = set_up();
    let action = Charge::new(&clock);
    executor.execute(&action, ORDER).await.unwrap();
    assert!(!executor.execute(&action, Order { cents: 501, ..ORDER }).await.unwrap().is_replay());
    assert!(executor.execute(&action, ORDER).await.unwrap().is_replay());
}

#[tokio::test]
async fn under_the_client_strategy_a_key_belongs_to_one_content() {
    let (clock, executor) = set_up();
    let mut action = Charge::new(&clock);
    action.config.key_strategy = IdempotencyKeyStrategy::Client;
    let first = executor.execute(&action, ORDER).await.unwrap();
    assert!(!first.is_replay());
    let error = executor.execute(&action, Order { cents: 501, ..ORDER }).await.unwrap_err();
    assert_eq!(error.code(), Some(Code::IdempotencyKeyReused));
}

#[tokio::test]
async fn what_is_no_key_and_what_is_no_configuration_is_named() {
    let (clock, executor) = set_up();
    let action = Charge::new(&clock);
    let error = executor.execute(&action, Order { id: "A 1", ..ORDER }).await.unwrap_err();
    assert_eq!(error.code(), Some(Code::IdempotencyKeyInvalid));
    assert!(error.to_string().starts_with("key: got a character U+0020 at position 2"), "{error}");

    let mut wrong = Charge::new(&clock);
    wrong.config.lease = Some(std::time::Duration::from_millis(1));
    let error = executor.execute(&wrong, ORDER).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "lease: got 0.001, expected a number of seconds from 0.1 to 86400, or false for none"
    );
    let nameless = executor.function("", |_: u8| async { Ok::<_, String>(1) });
    assert_eq!(nameless.call(1).await.unwrap_err().code(), Some(Code::ConfigInvalid));
}

#[tokio::test]
async fn a_disabled_action_runs_each_time() {
    let (clock, executor) = set_up();
    let mut action = Charge::new(&clock);
    action.config.enabled = false;
    for run in 1..=2 {
        let done = executor.execute(&action, ORDER).await.unwrap();
        assert_eq!((done.output, done.is_replay(), done.is_confirmed()), (run, false, false));
    }
}

struct Told;
impl once_again::action::IdempotentAction for Told {
    type Input = u8;
    type Output = (String, String);
    type Error = String;
    fn id(&self) -> &'static str {
        "told"
    }
    async fn execute(&self, _: &u8) -> Result<(String, String), String> {
        let context = ExecutionContext::current().unwrap();
        assert_eq!((context.level, context.attempt), (Level::Action, 1));
        Ok((context.trace_id.unwrap(), context.principal.unwrap()))
    }
}

#[tokio::test]
async fn an_action_is_told_its_circumstances() {
    let (_, executor) = set_up();
    let context = ExecutionContext::new().with_trace_id("t-1").with_principal("ada");
    let done = executor.execute_in(&Told, 1, context).await.unwrap();
    assert_eq!(done.output, ("t-1".to_owned(), "ada".to_owned()));
}
