//! `wasm-bindgen-step INPUT.wasm OUT_DIR NAME`: writes `NAME.js`, `NAME.d.ts` and `NAME_bg.wasm`.
//!
//! The same as the `wasm-bindgen` command, as a member of the workspace: so its version comes from `Cargo.lock`,
//! equal to the crate's, and nobody has to install a matching command by hand.

use std::{env, process::ExitCode};
use wasm_bindgen_cli_support::Bindgen;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [input, out_dir, name] = arguments.as_slice() else {
        eprintln!("usage: wasm-bindgen-step INPUT.wasm OUT_DIR NAME");
        return ExitCode::from(2);
    };
    let outcome = Bindgen::new()
        .input_path(input)
        .out_name(name)
        .web(true)
        .and_then(|bindgen| bindgen.typescript(true).remove_producers_section(true).generate(out_dir));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("wasm-bindgen: {error:#}");
            ExitCode::FAILURE
        }
    }
}
