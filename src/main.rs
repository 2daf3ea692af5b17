//! Arguments, configuration, tracing, bind, run, exit code; nothing else.

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments = cli::parse();
    cli::start_tracing();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    let outcome = match runtime {
        Ok(runtime) => runtime.block_on(cli::run(arguments)),
        Err(error) => Err(error.into()),
    };
    match outcome {
        Ok(code) => code,
        Err(error) => cli::fail(&error),
    }
}
