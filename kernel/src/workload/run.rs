//! `run`: starts one program, `program=NAME`, and waits for its end.

use super::Figures;
use crate::args::Args;
use crate::process;

pub async fn run(args: Args) -> Figures {
    let name = args.program.as_str();
    let path = alloc::format!("/bin/{name}");
    let process = process::spawn(&path, 0).await;
    let process = process.unwrap_or_else(|error| super::fail(format_args!("{path}: {error}")));
    let exit = process.wait().await;
    process::reap(process.id);
    alloc::vec![("processes", 1), ("exit", exit as u64)]
}
