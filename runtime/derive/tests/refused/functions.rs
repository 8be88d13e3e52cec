use once_again::idempotent;

#[idempotent]
struct Nameless;

#[idempotent(name = "x")]
struct Misnamed;

#[idempotent(id = "")]
struct Empty;

#[idempotent(id = "sync")]
fn sync(input: u8) -> Result<u8, String> {
    Ok(input)
}

#[idempotent(id = "many")]
async fn many(a: u8, b: u8) -> Result<u8, String> {
    Ok(a + b)
}

#[idempotent(id = "no result")]
async fn no_result(a: u8) -> u8 {
    a
}

#[idempotent(id = "enum")]
enum Choice {
    One,
}

fn main() {}
