//! `compute`: integer work of several kinds on one hart, for measuring how fast a machine runs.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::Figures;
use crate::args::Args;

const WORDS: usize = 4096;

/// `rounds=` of about ten million instructions each; the checksum tells whether all were right.
pub async fn run(args: Args) -> Figures {
    let rounds = args.rounds.unwrap_or(1);
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    let mut checksum = 0;
    for _ in 0..rounds {
        let mut words: Vec<u32> = (0..WORDS).map(|_| random.next() as u32).collect();
        let parts = [
            u64::from(crc32(&words)),
            chase(&words),
            interpret(&PROGRAM, u64::from(words[0])),
            sort_checked(&mut words),
        ];
        checksum = parts.into_iter().fold(checksum, |sum: u64, part| sum.rotate_left(7) ^ part);
    }
    alloc::vec![("rounds", rounds as u64), ("checksum", checksum)]
}

/// A xorshift generator.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
}

/// CRC-32 of the words' bytes, bit by bit.
#[inline(never)]
pub(super) fn crc32(words: &[u32]) -> u32 {
    let bits = words.iter().flat_map(|word| word.to_le_bytes()).fold(!0, |crc: u32, byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| {
            crc >> 1 ^ if crc & 1 != 0 { 0xEDB8_8320 } else { 0 }
        })
    });
    !bits
}

/// Sums that depend on the order, so that a wrong order shows.
fn sort_checked(words: &mut [u32]) -> u64 {
    quicksort(words);
    words.iter().fold(0, |sum: u64, &word| sum.wrapping_mul(31) + u64::from(word))
}

#[inline(never)]
fn quicksort(words: &mut [u32]) {
    if words.len() < 2 {
        return;
    }
    let pivot = words[words.len() / 2];
    let (mut low, mut high) = (0, words.len() - 1);
    loop {
        while words[low] < pivot {
            low += 1;
        }
        while words[high] > pivot {
            high -= 1;
        }
        if low >= high {
            break;
        }
        words.swap(low, high);
        low += 1;
        high -= 1;
    }
    let (left, right) = words.split_at_mut(low);
    quicksort(left);
    quicksort(right);
}

/// A binary search tree: pointers all over the heap.
#[derive(Default)]
struct Node {
    key: u32,
    left: Option<Box<Node>>,
    right: Option<Box<Node>>,
}

/// Plants a tree of the words, then looks up each of them, and its neighbour in numbers.
#[inline(never)]
fn chase(words: &[u32]) -> u64 {
    let mut root = None;
    for &key in words {
        let mut place = &mut root;
        while let Some(node) = place {
            let node: &mut Box<Node> = node;
            place = if key < node.key { &mut node.left } else { &mut node.right };
        }
        *place = Some(Box::new(Node { key, ..Node::default() }));
    }
    words.iter().map(|&key| depth(&root, key) + depth(&root, key ^ 1)).sum()
}

fn depth(root: &Option<Box<Node>>, key: u32) -> u64 {
    let mut place = root;
    let mut depth = 0;
    while let Some(node) = place {
        if node.key == key {
            break;
        }
        depth += 1;
        place = if key < node.key { &node.left } else { &node.right };
    }
    depth
}

/// Instructions of a machine with an accumulator and a counter.
#[derive(Clone, Copy)]
enum Step {
    Add(u64),
    Multiply(u64),
    RotateIfOdd(u32),
    XorShift(u32),
    /// Back to the step at this index, until the counter has run down.
    Loop(usize),
}

const PROGRAM: [Step; 5] = [
    Step::Add(0x1234_5678),
    Step::RotateIfOdd(13),
    Step::Multiply(0x5851_F42D_4C95_7F2D),
    Step::XorShift(29),
    Step::Loop(0),
];

#[inline(never)]
fn interpret(program: &[Step], start: u64) -> u64 {
    let mut accumulator = start;
    let mut counter = 100_000;
    let mut at = 0;
    while let Some(step) = program.get(at) {
        at += 1;
        match *step {
            Step::Add(number) => accumulator = accumulator.wrapping_add(number),
            Step::Multiply(number) => accumulator = accumulator.wrapping_mul(number),
            Step::RotateIfOdd(bits) if accumulator & 1 != 0 => {
                accumulator = accumulator.rotate_left(bits);
            }
            Step::RotateIfOdd(_) => {}
            Step::XorShift(bits) => accumulator ^= accumulator >> bits,
            Step::Loop(target) => {
                counter -= 1;
                if counter > 0 {
                    at = target;
                }
            }
        }
    }
    accumulator
}
