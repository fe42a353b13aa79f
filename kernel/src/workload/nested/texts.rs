//! Text, lists and options, which own memory on the heap.

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::hint::black_box;

use super::Shared;
use super::facts::facts;

pub async fn outer(shared: Arc<Shared>, label: &'static str) {
    let name: String = black_box(alloc::format!("{label} of {}", 1923));
    let empty = black_box(String::new());
    facts!("nested::texts::outer", 0, label, name, empty);
    let depth = middle(&shared, &name).await;
    shared.digest(depth + name.len() as u64 + empty.len() as u64 + label.len() as u64);
}

async fn middle(shared: &Shared, name: &String) -> u64 {
    let list: Vec<u32> = black_box((1..=5).map(|number| number * number).collect());
    let nothing: Vec<u32> = black_box(Vec::new());
    let lines: Vec<String> = black_box(name.split(' ').map(String::from).collect());
    facts!("nested::texts::middle", 1, name, list, nothing, lines);
    let depth = inner(shared, &list).await;
    let total: u32 = list.iter().chain(&nothing).sum();
    depth + u64::from(total) + lines.len() as u64 + name.len() as u64
}

async fn inner(shared: &Shared, list: &[u32]) -> u64 {
    let some: Option<u64> = black_box(list.last().copied().map(u64::from));
    let none: Option<u64> = black_box(None);
    let word: Option<&str> = black_box(Some("ebb"));
    let reference: Option<&u32> = list.first();
    facts!("nested::texts::inner", 2, list, some, none, word, reference);
    shared.gate.wait().await;
    let word_length = word.map_or(0, str::len) as u64;
    some.unwrap_or(0) + none.unwrap_or(1) + word_length + reference.map_or(0, |&n| u64::from(n))
}
