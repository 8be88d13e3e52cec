//! Tells the linker what a Node extension needs on this platform.

fn main() {
    napi_build::setup();
}
