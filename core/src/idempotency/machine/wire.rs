//! Events and actions as they cross a language boundary: one JSON text, and at most one byte payload beside it.
//!
//! | text | payload |
//! |---|---|
//! | event `reply`, action `apply` | that of the reply or operation (see [`crate::store`]) |
//! | event `finished` with `keep`, actions `replay` and `settled` with an outcome | its body, when kept |
//! | event `checkpoint`; action `execute` | the checkpoint (an action may have none) |

use super::{Action, Ending, Event, Replay, Settled};
use crate::idempotency::record::{Body, Outcome};
use crate::json;
use crate::store::{WireError, refuse_payload};

impl Event {
    /// Reads `{"event": …}` and its payload.
    pub fn from_wire(text: &str, payload: Option<Vec<u8>>) -> Result<Self, WireError> {
        let mut event: Self = json::read(text)?;
        match &mut event {
            Self::Reply { reply, .. } => reply.fill(payload)?,
            Self::Finished { ending: Ending::Keep(Outcome { body: Body::Kept(bytes), .. }) }
            | Self::Checkpoint { data: bytes } => {
                *bytes = payload.ok_or(WireError::Payload { expected: true })?;
            }
            _ => refuse_payload(payload.as_ref())?,
        }
        Ok(event)
    }
}

impl Action {
    /// `{"action": …}` and its payload.
    #[must_use]
    pub fn to_wire(&self) -> (String, Option<Vec<u8>>) {
        let payload = match self {
            Self::Apply { op, .. } => op.payload().map(<[u8]>::to_vec),
            Self::Execute { checkpoint, .. } => checkpoint.clone(),
            Self::Replay(replay) | Self::Settled(Settled::Lost { replay: Some(replay) }) => body(replay),
            _ => None,
        };
        (json::to_string(self), payload)
    }
}

fn body(replay: &Replay) -> Option<Vec<u8>> {
    if let Body::Kept(bytes) = &replay.outcome.body { Some(bytes.clone()) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str, payload: Option<Vec<u8>>) -> String {
        Event::from_wire(text, payload).unwrap_err().to_string()
    }

    #[test]
    fn a_payload_is_required_where_it_belongs_and_refused_elsewhere() {
        let kept = r#"{"event":"finished","ending":{"keep":{"kind":"function","body":"kept"}}}"#;
        let omitted = r#"{"event":"finished","ending":{"keep":{"kind":"function","body":"omitted"}}}"#;
        assert_eq!(refused(kept, None), "a byte payload is missing");
        assert_eq!(refused(r#"{"event":"checkpoint"}"#, None), "a byte payload is missing");
        assert_eq!(refused(omitted, Some(vec![])), "a byte payload does not belong here");
        assert_eq!(refused(r#"{"event":"start"}"#, Some(vec![])), "a byte payload does not belong here");
        let lost = r#"{"event":"reply","ticket":1,"reply":{"reply":"lost"}}"#;
        assert!(Event::from_wire(lost, None).is_ok() && Event::from_wire(lost, Some(vec![1])).is_ok());
    }

    #[test]
    fn what_is_no_event_says_why() {
        let wrong = [
            (r#"{"event":"begin"}"#, "begin"),
            (r#"{"event":"reply","ticket":1}"#, "reply"),
            (r#"{"event":"storeFailed","ticket":-1}"#, "-1"),
            (r#"{"event":"finished","ending":{"release":"keep"}}"#, "keep"),
            (r#"{"event":"finished","ending":{"keep":{"kind":"http"}}}"#, "body"),
        ];
        for (text, said) in wrong {
            let error = refused(text, None);
            assert!(error.contains(said), "{text}: {error}");
        }
    }
}
