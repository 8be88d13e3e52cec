use once_again::IdempotencyKey;
use serde::Serialize;

#[derive(Serialize, IdempotencyKey)]
struct Unknown {
    #[idempotency(skip)]
    a: u8,
}

#[derive(Serialize, IdempotencyKey)]
struct Both {
    #[idempotency(key, exclude)]
    a: u8,
}

#[derive(Serialize, IdempotencyKey)]
struct TwoKeys {
    #[idempotency(key)]
    a: u8,
    #[idempotency_key]
    b: u8,
}

#[derive(Serialize, IdempotencyKey)]
struct NoKey {
    #[idempotency(key)]
    a: f64,
}

#[derive(Serialize, IdempotencyKey)]
enum Choice {
    One,
}

fn main() {}
