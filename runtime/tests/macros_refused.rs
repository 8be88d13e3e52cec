//! What the macros cannot make something of, they name where it stands.

#[test]
fn a_wrong_use_is_named_at_its_place() {
    trybuild::TestCases::new().compile_fail("tests/refused/*.rs");
}
