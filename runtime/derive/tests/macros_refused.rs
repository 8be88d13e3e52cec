//! What the macros cannot make something of, they name where it stands.
//!
//! Not with the package's own tests: trybuild builds all that its package depends on anew, and this one needs no stores, no
//! servers and no clients.

#[test]
fn a_wrong_use_is_named_at_its_place() {
    trybuild::TestCases::new().compile_fail("tests/refused/*.rs");
}
