//! What is kept of a call, and what its repetition gets.

use super::{Charge, ORDER, Order, Shaky, pass, seconds, set_up};
use once_again::action::{ExecutionContext, IdempotencyError, IdempotentExecutor, ReplayedError};
use once_again::storage::{OnOrphan, OpKind};
use once_again::{Code, testing::VirtualClock};

#[tokio::test]
async fn a_finished_call_is_run_again_only_when_that_is_safe() {
    let (clock, executor) = set_up();
    let mut action = Charge::new(&clock);
    assert_eq!(executor.execute(&action, ORDER).await.unwrap().output, 1);
    let replay = executor.execute(&action, ORDER).await.unwrap();
    assert_eq!((replay.output, replay.is_replay()), (1, true));

    (action.safe, action.merge) = (true, true);
    let again = executor.execute(&action, ORDER).await.unwrap();
    assert_eq!((again.output, again.is_replay()), (102, false), "the previous result and the current one");
    action.merge = false;
    assert_eq!(executor.execute(&action, ORDER).await.unwrap().output, 3, "the current one");
    action.safe = false;
    assert_eq!(executor.execute(&action, ORDER).await.unwrap().output, 1, "what was recorded first stands");
}

#[tokio::test]
async fn an_error_is_not_kept() {
    let (clock, executor) = set_up();
    let mut action = Charge::new(&clock);
    action.failures = 1;
    let error = executor.execute(&action, ORDER).await.unwrap_err();
    assert_eq!(error, IdempotencyError::Action("failure 1".into()));
    assert_eq!(error.to_string(), "failure 1");
    let again = executor.execute(&action, ORDER).await.unwrap();
    assert_eq!((again.output, again.is_replay()), (2, false));
}

#[tokio::test]
async fn an_error_is_kept_when_asked() {
    let (clock, executor) = set_up();
    let mut action = Charge::new(&clock);
    action.failures = 1;
    action.config.keep_errors = true;
    assert!(matches!(executor.execute(&action, ORDER).await, Err(IdempotencyError::Action(_))));
    let kept = ReplayedError { name: "Error".into(), message: "failure 1".into() };
    assert_eq!(executor.execute(&action, ORDER).await.unwrap_err(), IdempotencyError::Replayed(kept));
    assert_eq!(action.runs(), 1);
}

#[tokio::test]
async fn at_most_once_never_runs_again_what_did_not_end_well() {
    let (clock, executor) = set_up();
    let mut action = Charge::new(&clock);
    action.failures = 1;
    action.config.at_most_once = true;
    assert!(executor.execute(&action, ORDER).await.is_err());
    let refused = executor.execute(&action, ORDER).await.unwrap_err();
    assert_eq!(refused.code(), Some(Code::IdempotencyOutcomeUnknown));

    let mut cut_off = Charge::new(&clock).taking(60);
    cut_off.config.on_orphan = Some(OnOrphan::Fail);
    let other = Order { id: "A-2", ..ORDER };
    let abandoned =
        tokio::time::timeout(std::time::Duration::ZERO, executor.execute(&cut_off, other.clone()));
    assert!(abandoned.await.is_err());
    once_again::testing::settle().await;
    let refused = executor.execute(&cut_off, other).await.unwrap_err();
    assert_eq!(refused.code(), Some(Code::IdempotencyOutcomeUnknown));
}

#[tokio::test]
async fn falsy_results_are_replayed_as_they_were() {
    let (_, executor) = set_up();
    let nothing = executor.function("nothing", |_: u8| async { Ok::<(), String>(()) });
    let none = executor.function("none", |_: u8| async { Ok::<Option<u8>, String>(None) });
    let empty = executor.function("empty", |_: u8| async { Ok::<_, String>(String::new()) });
    for replay in [false, true] {
        assert_eq!(nothing.call(1).await.unwrap().is_replay(), replay);
        let done = none.call(1).await.unwrap();
        assert_eq!((done.output, done.is_replay()), (None, replay));
        let done = empty.call(1).await.unwrap();
        assert_eq!((done.output.as_str(), done.is_replay()), ("", replay));
    }
}

#[tokio::test]
async fn a_result_that_json_cannot_say_is_recorded_as_done() {
    let (_, executor) = set_up();
    let root = executor.function("root", |_: u8| async { Ok::<_, String>(f64::NAN) });
    assert!(root.call(1).await.unwrap().output.is_nan());
    assert_eq!(root.call(1).await.unwrap_err().code(), Some(Code::IdempotencyNotReplayable));
}

#[tokio::test]
async fn results_larger_than_the_limit_are_recorded_as_done() {
    let (clock, executor) = set_up();
    let mut action = Charge::new(&clock);
    action.config.result_caching.max_bytes = 0;
    assert_eq!(executor.execute(&action, ORDER).await.unwrap().output, 1);
    let refused = executor.execute(&action, ORDER).await.unwrap_err();
    assert_eq!(refused.code(), Some(Code::IdempotencyNotReplayable));
}

#[tokio::test]
async fn a_result_is_forgotten_when_its_window_is_over() {
    let (clock, executor) = set_up();
    let action = Charge::new(&clock);
    executor.execute(&action, ORDER).await.unwrap();
    clock.advance(seconds(3_599));
    assert!(executor.execute(&action, ORDER).await.unwrap().is_replay());
    clock.advance(seconds(1));
    assert!(!executor.execute(&action, ORDER).await.unwrap().is_replay());
}

#[tokio::test]
async fn without_its_store_a_call_is_refused_or_runs_unrecorded() {
    let clock = VirtualClock::new();
    let store = Shaky::over(&clock);
    let executor = IdempotentExecutor::new(store.clone()).clock(clock.clone());
    let mut action = Charge::new(&clock);
    store.refuse(|_| true);
    assert_eq!(executor.execute(&action, ORDER).await.unwrap_err().code(), Some(Code::StoreUnavailable));
    assert_eq!(action.runs(), 0);
    action.config.fail_open = true;
    let open = executor.execute(&action, ORDER).await.unwrap();
    assert_eq!((open.output, open.is_confirmed()), (1, false));
}

#[tokio::test]
async fn a_result_whose_record_cannot_be_confirmed_goes_out_and_is_tried_again() {
    let clock = VirtualClock::new();
    let store = Shaky::over(&clock);
    let executor = IdempotentExecutor::new(store.clone()).clock(clock.clone());
    let action = Charge::new(&clock);
    store.refuse(|op| op.kind() == OpKind::Complete);
    let (done, ()) = tokio::join!(executor.execute(&action, ORDER), pass(&clock, seconds(6)));
    let done = done.unwrap();
    assert_eq!((done.output, done.is_confirmed()), (1, false), "after 5 s");
    store.refuse(|_| false);
    pass(&clock, seconds(3)).await;
    let replay = executor.execute(&action, ORDER).await.unwrap();
    assert_eq!((replay.output, replay.is_replay()), (1, true), "its record was still being tried");
}

#[tokio::test]
async fn a_run_finds_the_checkpoint_of_the_one_that_was_cut_off() {
    let (clock, executor) = set_up();
    let steps = executor.function("steps", |_: u8| async {
        let context = ExecutionContext::current().unwrap();
        if let Some(done) = context.checkpoint() {
            return Ok::<_, String>((context.attempt, String::from_utf8_lossy(done).into_owned()));
        }
        context.save_checkpoint("step 1");
        std::future::pending().await
    });
    {
        let mut first = Box::pin(steps.call(1));
        for _ in 0..3 {
            let poll = std::future::poll_fn(|cx| std::task::Poll::Ready(first.as_mut().poll(cx).is_ready()));
            assert!(!poll.await);
        }
    }
    let (second, ()) = tokio::join!(steps.call(1), pass(&clock, seconds(1)));
    assert_eq!(second.unwrap().output, (2, "step 1".to_owned()));
}

#[tokio::test]
async fn a_child_key_is_the_same_each_time_a_step_runs() {
    let (_, executor) = set_up();
    let key = executor.function("parent", |_: u8| async {
        let context = ExecutionContext::current().unwrap();
        let keys =
            [context.child_key("debit", 0), context.child_key("debit", 0), context.child_key("debit", 1)];
        assert!(context.epoch() > 0);
        Ok::<_, String>(keys.map(Option::unwrap))
    });
    let [one, same, other] = key.call(1).await.unwrap().output.map(|key| key);
    assert_eq!(one, same);
    assert_ne!(one, other);
    assert!(ExecutionContext::current().is_none());
}
