use once_again::action::IdempotentAction;
use serde::Serialize;

#[derive(Serialize)]
struct Plain {
    a: u8,
}

struct Action;

impl IdempotentAction for Action {
    type Input = Plain;
    type Output = u8;
    type Error = String;

    fn id(&self) -> &str {
        "plain"
    }

    async fn execute(&self, input: &Plain) -> Result<u8, String> {
        Ok(input.a)
    }
}

fn main() {}
