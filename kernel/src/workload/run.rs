//! `run`: starts one program, `program=NAME`, and waits for its end; with `processes=N` so many of
//! it at once.

use alloc::vec::Vec;

use super::Figures;
use crate::args::Args;
use crate::{file, process};

pub async fn run(args: Args) -> Figures {
    let name = args.program.as_str();
    let path = alloc::format!("/bin/{name}");
    let mut processes = Vec::new();
    for _ in 0..args.processes {
        let process = process::spawn(&path, 0, file::console()).await;
        processes
            .push(process.unwrap_or_else(|error| super::fail(format_args!("{path}: {error}"))));
    }
    // The end of the first that did not end well.
    let mut exit = 0;
    for process in processes {
        let its = process.wait().await;
        process::reap(process.id);
        exit = if exit == 0 { its } else { exit };
    }
    alloc::vec![("processes", args.processes as u64), ("exit", exit as u64)]
}
