//! Integers of every size, a truth value and a letter, three awaits above the leaf.

use alloc::sync::Arc;
use core::hint::black_box;

use super::Shared;
use super::facts::facts;

pub async fn outer(shared: Arc<Shared>, n: u64) {
    let byte: u8 = black_box(200);
    let half: u16 = black_box(50_000);
    let word: u32 = black_box(4_000_000_000);
    let double: u64 = black_box(0xFEDC_BA98_7654_3210);
    facts!("nested::numbers::outer", 0, n, byte, half, word, double);
    let depth = middle(&shared, n + 1).await;
    shared.digest(depth + u64::from(byte) + u64::from(half) + u64::from(word) + double % 1000 + n);
}

/// Also called by the block in `spawn_all`.
pub async fn middle(shared: &Shared, n: u64) -> u64 {
    let tiny: i8 = black_box(-100);
    let small: i16 = black_box(-30_000);
    let signed: i64 = black_box(-5_000_000_000);
    let size: usize = black_box(4096);
    facts!("nested::numbers::middle", 1, n, tiny, small, signed, size);
    let depth = inner(shared, n * 2).await;
    let sum = i64::from(tiny) + i64::from(small) + signed;
    depth + sum.unsigned_abs() % 1000 + size as u64 + n
}

async fn inner(shared: &Shared, n: u64) -> u64 {
    let yes = black_box(true);
    let no = black_box(false);
    let letter: char = black_box('λ');
    let wide: u128 = black_box(1 << 100 | 5);
    facts!("nested::numbers::inner", 2, n, yes, no, letter, wide);
    shared.gate.wait().await;
    u64::from(yes) + u64::from(no) + u64::from(letter) + (wide % 1000) as u64 + n
}
