//! What a call is about.

use crate::idempotency::IdempotencyKey;
use serde::Serialize;

/// The input of an action: its JSON form says whether two calls are the same.
///
/// `#[derive(IdempotencyKey)]` (feature `derive`) writes it from attributes of the fields. By hand, an input without a key
/// whose fields all count is `impl IdempotencyInput for Order {}`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not the input of an idempotent action",
    note = "add `#[derive(Serialize, IdempotencyKey)]`, or write `impl IdempotencyInput for {Self} {{}}` if it has no key"
)]
pub trait IdempotencyInput: Serialize + Send + Sync {
    /// The call's own key: 1 to 255 visible ASCII characters. Without one, the input alone says what the call is.
    fn idempotency_key(&self) -> Option<String> {
        None
    }

    /// JSON Pointers to fields that do not count, such as the time of sending.
    #[must_use]
    fn excluded() -> &'static [&'static str] {
        &[]
    }
}

macro_rules! plain {
    ($($of:ty),*) => { $(impl IdempotencyInput for $of {})* };
}

plain!((), bool, char, u8, u16, u32, u64, i8, i16, i32, i64, usize, isize, f32, f64, String, str);

impl<T: IdempotencyInput + ?Sized> IdempotencyInput for &T {
    fn idempotency_key(&self) -> Option<String> {
        (**self).idempotency_key()
    }

    fn excluded() -> &'static [&'static str] {
        T::excluded()
    }
}

impl<T: Serialize + Send + Sync> IdempotencyInput for Vec<T> {}
impl<T: Serialize + Send + Sync> IdempotencyInput for Option<T> {}
impl<A: Serialize + Send + Sync, B: Serialize + Send + Sync> IdempotencyInput for (A, B) {}
impl<A, B, C> IdempotencyInput for (A, B, C)
where
    A: Serialize + Send + Sync,
    B: Serialize + Send + Sync,
    C: Serialize + Send + Sync,
{
}

/// A field that can be a call's key: a string, a whole number, an [`IdempotencyKey`], or an option of one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be an idempotency key",
    note = "a key is a `String`, a whole number, an `IdempotencyKey`, or an `Option` of one; `None` goes by the content"
)]
pub trait KeyPart {
    /// The key; `None` where there is none.
    fn key_part(&self) -> Option<String>;
}

macro_rules! numbers {
    ($($of:ty),*) => {
        $(impl KeyPart for $of {
            fn key_part(&self) -> Option<String> {
                Some(self.to_string())
            }
        })*
    };
}

numbers!(u8, u16, u32, u64, u128, i8, i16, i32, i64, i128, usize, isize, String, str);

impl KeyPart for IdempotencyKey {
    fn key_part(&self) -> Option<String> {
        Some(self.0.clone())
    }
}

impl<T: KeyPart> KeyPart for Option<T> {
    fn key_part(&self) -> Option<String> {
        self.as_ref().and_then(KeyPart::key_part)
    }
}

impl<T: KeyPart + ?Sized> KeyPart for &T {
    fn key_part(&self) -> Option<String> {
        (**self).key_part()
    }
}

/// What an async function returns that `#[idempotent]` makes an action of.
#[doc(hidden)]
#[diagnostic::on_unimplemented(message = "an idempotent function returns a `Result`, not `{Self}`")]
pub trait Returned {
    type Output;
    type Error;

    fn result(self) -> Result<Self::Output, Self::Error>;
}

impl<T, E> Returned for Result<T, E> {
    type Output = T;
    type Error = E;

    fn result(self) -> Self {
        self
    }
}
