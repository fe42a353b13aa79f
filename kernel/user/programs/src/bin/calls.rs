//! `calls`: thousands of system calls with arguments that make no sense, or that reach for what is
//! not the program's. Nothing but answers and error codes may come back.

#![no_std]
#![no_main]

extern crate alloc;

use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;
use core::sync::atomic::{AtomicUsize, Ordering};
use core::time::Duration;

use runtime::file;
use runtime::pipe::pipe;
use runtime::process::{self, Command, Exit};
use runtime::time::Instant;
use runtime::{
    CALLBACKS, Call, DEFAULT, Either, Error, Event, SystemCall, layout, open, println, raw_call,
    select, spawn, yield_now,
};

runtime::program!(main);

/// Calls at random.
const CALLS: usize = 3000;

/// Calls that answer at once, and that may be made with anything in their arguments. Not among
/// them are those that end the caller, block it or make a pipe, at which it would wait for itself;
/// and those about this process's own memory and threads, which [`own`] makes.
const AT_ONCE: [usize; 11] = [
    Call::Print as usize,
    Call::Yield as usize,
    Call::Unpark as usize,
    Call::Scheduler as usize,
    Call::Timebase as usize,
    Call::Close as usize,
    Call::Seek as usize,
    Call::Length as usize,
    Call::Cancel as usize,
    // No such calls.
    1000,
    usize::MAX,
];

/// Addresses to which this program cannot write.
const NOT_MINE: [usize; 9] = [
    0,
    // The kernel, and its devices.
    0x8020_0000,
    0x8700_0000,
    0x1000_0000,
    layout::PROGRAM,
    layout::SCHEDULER,
    layout::SYSTEM_PAGE,
    layout::HEAP + layout::HEAP_SIZE,
    // Not of this address space's form: 39 bits, and the upper ones like the last.
    layout::STACKS | 1 << 39,
];

/// The error that is the least number.
const LOWEST_ERROR: isize = Error::Cancelled as isize;

/// How the process ends that writes to the page which it shares with the kernel.
const SCRIBBLED: i32 = 9;

/// Texts that are paths, or might be taken for some.
const TEXTS: [&[u8]; 19] = [
    b"",
    b"/",
    b"//",
    b".",
    b"..",
    b"/bin/..",
    b"/bin/hello/x",
    b"/etc/motd",
    b"/etc/motd/",
    b"/etc/./motd",
    b"/calls",
    b"/calls/a",
    b"/calls/\0",
    b"/calls/a\0b",
    b"/calls/\x7F\x1B[2J",
    "/calls/名字".as_bytes(),
    b"/calls/\xFF\xFE",
    b"/etc/motd \0 argument",
    &[b'x'; 300],
];

async fn main() {
    if process::argument() == "scribble" {
        scribble();
    }
    if let Err(error) = work().await {
        println!("calls: {error}");
        process::exit(1);
    }
}

async fn work() -> Result<(), Error> {
    let mut scribbler = Command::new("/bin/calls").argument("scribble").spawn().await?;
    assert!(scribbler.wait().await? == Exit::Code(SCRIBBLED));
    own();
    let made = file::make_directory("/calls").await;
    assert!(matches!(made, Ok(()) | Err(Error::Exists)), "{made:?}");
    let mut random = Random(1);
    // Who reads the console waits.
    close_all();
    let mut refused = 0;
    for _ in 0..CALLS {
        let failed = match random.below(2) {
            0 => at_once(&mut random),
            _ => awaited(&mut random).await,
        };
        refused += failed as usize;
    }
    assert!((CALLS / 4..CALLS).contains(&refused), "{refused} calls were refused");
    close_all();
    let [cancelled, refused] = too_many().await?;
    // What was given up counts until the kernel has called back.
    while file::sync().await == Err(Error::TooMany) {
        yield_now().await;
    }
    println!("calls: made={CALLS} cancelled={cancelled} too_many={refused}");
    Ok(())
}

/// Calls about the process's own memory and threads, all of which must fail.
fn own() {
    let code = layout::PROGRAM;
    let calls = [
        (Call::Grow, [0, 0, 0], Error::BadValue),
        (Call::Grow, [usize::MAX, 0, 0], Error::BadValue),
        (Call::Grow, [layout::HEAP_SIZE, 0, 0], Error::OutOfMemory),
        (Call::StartThread, [code, 0, 8], Error::BadValue),
        (Call::StartThread, [code, 0, usize::MAX], Error::BadValue),
        (Call::StartThread, [0, 0, 0], Error::BadAddress),
        (Call::StartThread, [layout::HEAP, 0, 0], Error::BadAddress),
        (Call::StartThread, [0x8020_0000, 0, 0], Error::BadAddress),
        (Call::StartThread, [usize::MAX - 7, 0, 0], Error::BadAddress),
        // Priorities of tickets.
        (Call::Sync, [0, 8, 0], Error::BadValue),
        (Call::Sleep, [0, 0, usize::MAX], Error::BadValue),
    ];
    for (call, [a, b, c], expected) in calls {
        // SAFETY: it fails before it does anything.
        let result = unsafe { raw_call(call as usize, [a, b, c, 0, 0, 0]) };
        assert!(Error::check(result) == Err(expected), "{call:?} answers {result}");
    }
}

/// Makes a call that answers at once; says whether it was refused.
fn at_once(random: &mut Random) -> bool {
    let number = random.choose(&AT_ONCE);
    let mut arguments: [usize; 6] = core::array::from_fn(|_| random.word());
    // Anything else might be text, or none, which would be seen.
    let garbage = [0xFF; 600];
    if number == Call::Print as usize {
        arguments[1] = arguments[1].max(1);
        arguments[0] = random.choose(&[garbage.as_ptr().expose_provenance(), NOT_MINE[0]]);
    }
    // SAFETY: none of these calls writes to this process's memory.
    let result = unsafe { raw_call(number, arguments) };
    assert!(result >= LOWEST_ERROR, "{number} {arguments:x?} answers {result}");
    result < 0
}

/// Makes a call with a ticket, and waits for what comes of it; says whether that is an error.
async fn awaited(random: &mut Random) -> bool {
    let mut memory = vec![0; 4096];
    let text = random.choose(&TEXTS);
    memory[..text.len()].copy_from_slice(text);
    let mine = memory.as_mut_ptr().expose_provenance();
    let (from, length) = match random.below(4) {
        0 => (random.word(), random.word()),
        1 => (mine, random.choose(&[0, 1, 255, 256, 257, memory.len()])),
        _ => (mine, text.len()),
    };
    let to = random.choose(&[&NOT_MINE[..], &[mine]].concat());
    let (file, other) = (random.below(32), random.word());
    let how = random.choose(&[0, open::READ, open::WRITE | open::CREATE, 15, 16, usize::MAX]);
    // SAFETY: what the kernel may write to is `memory`, which lives until the call is done, and as
    // much of it as there is; anywhere else it may not.
    let call = unsafe {
        match random.below(40) {
            0..8 => SystemCall::raw(Call::Read, [file, to, random.choose(&[0, 1, 512, 4096])]),
            8..14 => SystemCall::raw(Call::Write, [file, from, length]),
            14..24 => SystemCall::raw(Call::Open, [from, length, how]),
            24..28 => SystemCall::raw(Call::SetLength, [file, other]),
            28..31 => SystemCall::raw(Call::Remove, [from, length]),
            31..34 => SystemCall::raw(Call::MakeDirectory, [from, length]),
            34..37 => SystemCall::raw(Call::Spawn, [from, length, file | other << 32]),
            37 => SystemCall::raw(Call::Wait, [other]),
            38 => SystemCall::raw(Call::Sleep, [other.min(1000)]),
            _ => SystemCall::raw(Call::Sync, []),
        }
    };
    let result = call.await;
    assert!(result.as_ref().err() != Some(&Error::NoSuchCall), "there is such a call");
    result.is_err()
}

/// Closes whatever is open.
fn close_all() {
    for number in 0..64 {
        // SAFETY: writes nowhere.
        unsafe { raw_call(Call::Close as usize, [number, 0, 0, 0, 0, 0]) };
    }
}

/// Has as many calls under way as there may be, and two more; gives all of them up. Says how many
/// there were, and how many too many.
async fn too_many() -> Result<[usize; 2], Error> {
    let (reader, _writer) = pipe()?;
    let (reader, enough) = (Arc::new(reader), Arc::new(Event::new()));
    let counts = Arc::new([const { AtomicUsize::new(0) }; 2]);
    let mut coroutines = Vec::new();
    for _ in 0..CALLBACKS + 2 {
        let (reader, enough, counts) = (reader.clone(), enough.clone(), counts.clone());
        coroutines.push(spawn(DEFAULT, async move {
            let which = match select(reader.read(1), enough.wait()).await {
                Either::First(result) => {
                    assert!(result == Err(Error::TooMany), "{result:?}");
                    1
                }
                Either::Second(()) => 0,
            };
            counts[which].fetch_add(1, Ordering::Relaxed);
        }));
    }
    while counts[1].load(Ordering::Relaxed) < 2 {
        yield_now().await;
    }
    enough.set();
    for coroutine in coroutines {
        coroutine.await;
    }
    Ok([&counts[0], &counts[1]].map(|count| count.load(Ordering::Relaxed)))
}

/// Writes nonsense to the page that it shares with the kernel, while calls end and others do not.
fn scribble() -> ! {
    let soon = Instant::now() + Duration::from_millis(1);
    for token in 0..40 {
        let deadline = if token % 2 == 0 { soon.ticks() } else { u64::MAX };
        // SAFETY: writes nowhere; and nobody takes a token from a callback.
        let made =
            unsafe { raw_call(Call::Sleep as usize, [deadline as usize, token, 4, 0, 0, 0]) };
        assert!(made >= 0, "{made}");
    }
    let mut random = Random(2);
    let words = layout::PAGE_SIZE / size_of::<u64>();
    for _ in 0..2000 {
        let word = layout::PROCESS_PAGE + random.below(words) * size_of::<u64>();
        // SAFETY: the page is this process's to write. Its executor, which believes what stands
        // there, does not run any more.
        unsafe { (word as *mut u64).write_volatile(random.next()) };
        if random.below(4) == 0 {
            // SAFETY: writes nowhere.
            unsafe { raw_call(Call::Yield as usize, [0; 6]) };
        }
    }
    process::exit(SCRIBBLED)
}

/// A generator of numbers that look random (Steele and others, "Fast splittable pseudorandom
/// number generators").
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut word = self.0;
        word = (word ^ word >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        word = (word ^ word >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        word ^ word >> 31
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }

    fn choose<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.below(list.len())]
    }

    /// A small number, a power of two or one beside it, an address, or anything.
    fn word(&mut self) -> usize {
        let near = self.below(3).wrapping_sub(1);
        match self.below(4) {
            0 => self.below(40),
            1 => (1usize << self.below(64)).wrapping_add(near),
            2 => self.choose(&NOT_MINE).wrapping_add(near),
            _ => self.next() as usize,
        }
    }
}
