//! The kernel's arguments: `/chosen/bootargs`, words of the form `name=value`.

use core::fmt;

/// Queues of each executor; as many as there are priorities.
pub const PRIORITIES: usize = 8;

/// Most processes at a time.
const MAX_PROCESSES: usize = 64;

/// What the command line chose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Args {
    pub workload: Workload,
    /// How many coroutines the workload starts, where it lets one choose.
    pub coroutines: Option<usize>,
    /// How many times the workload repeats its round, where it lets one choose.
    pub rounds: Option<usize>,
    /// How many wakes the workload `wakes` makes.
    pub wakes: Option<usize>,
    pub executor: ExecutorMode,
    pub migrate: Migrate,
    pub roles: Roles,
    /// How many priorities coroutines have: bits of the bitmap in use.
    pub prio_bits: usize,
    /// The program of the workload `run`.
    pub program: Name,
    /// How many of it `run` starts at once.
    pub processes: usize,
    pub bug: Bug,
}

/// The name of a file: its own copy, for the command line's memory is not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Name {
    bytes: [u8; 32],
    length: usize,
}

impl Name {
    fn new(text: &str) -> Option<Self> {
        let mut bytes = [0; 32];
        bytes.get_mut(..text.len())?.copy_from_slice(text.as_bytes());
        (!text.is_empty()).then_some(Name { bytes, length: text.len() })
    }

    pub fn as_str(&self) -> &str {
        str::from_utf8(&self.bytes[..self.length]).unwrap_or("")
    }
}

/// Who owns the coroutines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExecutorMode {
    /// One executor, for which all coroutine threads work.
    Global,
    /// Each coroutine thread has an executor of its own.
    PerThread,
}

/// Which coroutines a thread takes over from another's executor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Migrate {
    None,
    Steal,
    Threshold,
}

/// Which harts run what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Roles {
    /// Every hart runs all threads.
    Symmetric,
    /// The boot hart runs plain threads, the others run coroutine threads.
    Split,
}

const EXECUTORS: [(&str, ExecutorMode); 2] =
    [("global", ExecutorMode::Global), ("per-thread", ExecutorMode::PerThread)];
const MIGRATE: [(&str, Migrate); 3] =
    [("none", Migrate::None), ("steal", Migrate::Steal), ("threshold", Migrate::Threshold)];
const ROLES: [(&str, Roles); 2] = [("symmetric", Roles::Symmetric), ("split", Roles::Split)];

/// Scheduling bugs that can be switched on: src/bugs.rs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Bug {
    None,
    /// A wake during a poll is forgotten when the coroutine suspends.
    LostWakeup,
    /// The bit of a queue stays set when the last coroutine leaves it.
    StaleBit,
    /// The bit of a queue is cleared while there is one coroutine left.
    MissingBit,
    /// A coroutine that is ready is queued again by a second wake.
    DoubleEnqueue,
    /// A coroutine that gets another priority stays in the queue of the old one.
    WrongQueue,
    /// A timer outlives the coroutine that waited for it, and wakes what is done.
    WakeAfterFree,
    /// Who is woken for a message that another has taken waits again without a waker.
    ForgotWaker,
    /// Two mutexes are taken in any order.
    Deadlock,
    /// Who waits for a time wakes itself until it has come.
    SelfWake,
    /// Who comes to a queue last gets out first.
    Starvation,
    /// The holder of a mutex keeps its own priority.
    Inversion,
    /// Two spin locks are taken in any order.
    LockOrder,
    /// A hart drops the interrupt that another has sent while it was about to sleep.
    LostIpi,
}

/// Every bug by its name.
const BUGS: [(&str, Bug); 14] = [
    ("none", Bug::None),
    ("lost-wakeup", Bug::LostWakeup),
    ("stale-bit", Bug::StaleBit),
    ("missing-bit", Bug::MissingBit),
    ("double-enqueue", Bug::DoubleEnqueue),
    ("wrong-queue", Bug::WrongQueue),
    ("wake-after-free", Bug::WakeAfterFree),
    ("forgot-waker", Bug::ForgotWaker),
    ("deadlock", Bug::Deadlock),
    ("self-wake", Bug::SelfWake),
    ("starvation", Bug::Starvation),
    ("inversion", Bug::Inversion),
    ("lock-order", Bug::LockOrder),
    ("lost-ipi", Bug::LostIpi),
];

/// What the kernel is asked to do; src/workload has a module for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Workload {
    Mix,
    Ring,
    Priorities,
    Sleepers,
    Nested,
    Storm,
    Compute,
    Wakes,
    Run,
    Sync,
    Files,
    IoMix,
    Turns,
    Lines,
    Panic,
    Wild,
    Spin,
}

/// Every workload by its name, the default first.
const WORKLOADS: [(&str, Workload); 17] = [
    ("mix", Workload::Mix),
    ("ring", Workload::Ring),
    ("priorities", Workload::Priorities),
    ("sleepers", Workload::Sleepers),
    ("nested", Workload::Nested),
    ("storm", Workload::Storm),
    ("compute", Workload::Compute),
    ("wakes", Workload::Wakes),
    ("run", Workload::Run),
    ("sync", Workload::Sync),
    ("files", Workload::Files),
    ("io-mix", Workload::IoMix),
    ("turns", Workload::Turns),
    ("lines", Workload::Lines),
    ("panic", Workload::Panic),
    ("wild", Workload::Wild),
    ("spin", Workload::Spin),
];

impl fmt::Display for Workload {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let named = WORKLOADS.iter().find(|(_, workload)| workload == self);
        f.write_str(named.map_or("", |(name, _)| name))
    }
}

/// The word that is wrong, and why.
#[derive(Debug, PartialEq, Eq)]
pub enum Error<'a> {
    UnknownName(&'a str),
    UnknownWorkload(&'a str),
    UnknownBug(&'a str),
    NotACount { name: &'a str, value: &'a str, most: usize },
    NotAName {
        name: &'a str,
        value: &'a str,
    },
    NotOneOf { name: &'a str, value: &'a str, known: &'static str },
    Together(&'static str),
}

impl fmt::Display for Error<'_> {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Error::UnknownName(word) => write!(f, "unknown argument \"{word}\""),
            Error::UnknownWorkload(value) => {
                write!(f, "workload={value}: it must be one of")?;
                WORKLOADS.iter().try_for_each(|(name, _)| write!(f, " {name}"))
            }
            Error::UnknownBug(value) => {
                write!(f, "bug={value}: it must be one of")?;
                BUGS.iter().try_for_each(|(name, _)| write!(f, " {name}"))
            }
            Error::NotACount { name, value, most } => {
                write!(f, "{name}={value}: it must be a number from 1 to {most}")
            }
            Error::NotAName { name, value } => {
                write!(f, "{name}={value}: it must be a name of at most 32 bytes")
            }
            Error::NotOneOf { name, value, known } => {
                write!(f, "{name}={value}: it must be one of {known}")
            }
            Error::Together(why) => f.write_str(why),
        }
    }
}

pub fn parse(bootargs: &str) -> Result<Args, Error<'_>> {
    let mut args = Args {
        workload: WORKLOADS[0].1,
        coroutines: None,
        rounds: None,
        wakes: None,
        executor: ExecutorMode::Global,
        migrate: Migrate::None,
        roles: Roles::Symmetric,
        prio_bits: PRIORITIES,
        program: Name::new("hello").expect("it is short"),
        processes: 1,
        bug: Bug::None,
    };
    let mut migrate = None;
    for word in bootargs.split_ascii_whitespace() {
        let (name, value) = word.split_once('=').ok_or(Error::UnknownName(word))?;
        match name {
            "workload" => args.workload = workload(value)?,
            "coroutines" => args.coroutines = Some(count(name, value, 100_000)?),
            "rounds" => args.rounds = Some(count(name, value, 1_000_000)?),
            "wakes" => args.wakes = Some(count(name, value, 1_000_000_000)?),
            "executor" => args.executor = choice(name, value, &EXECUTORS, "global per-thread")?,
            "migrate" => {
                migrate = Some(choice(name, value, &MIGRATE, "none steal threshold")?);
            }
            "roles" => args.roles = choice(name, value, &ROLES, "symmetric split")?,
            "prio-bits" => args.prio_bits = count(name, value, PRIORITIES)?,
            "processes" => args.processes = count(name, value, MAX_PROCESSES)?,
            "bug" => args.bug = bug(value)?,
            "program" => {
                args.program = Name::new(value).ok_or(Error::NotAName { name, value })?;
            }
            _ => return Err(Error::UnknownName(name)),
        }
    }
    args.migrate = match (args.executor, migrate) {
        (ExecutorMode::PerThread, migrate) => migrate.unwrap_or(Migrate::Steal),
        (ExecutorMode::Global, None | Some(Migrate::None)) => Migrate::None,
        (ExecutorMode::Global, Some(_)) => {
            return Err(Error::Together("migrate= needs executor=per-thread"));
        }
    };
    check_together(&args)?;
    Ok(args)
}

/// Refuses what would never end: coroutines that never yield, and an alarm that must get past
/// them.
fn check_together(args: &Args) -> Result<(), Error<'static>> {
    if !matches!(args.workload, Workload::Mix | Workload::Priorities) {
        return Ok(());
    }
    if args.executor == ExecutorMode::PerThread && args.migrate == Migrate::None {
        return Err(Error::Together(
            "this workload needs migrate=steal or threshold: with none, a coroutine that is forced off its hart keeps its thread's others waiting",
        ));
    }
    if args.prio_bits == 1 {
        return Err(Error::Together("this workload needs prio-bits=2 at least"));
    }
    Ok(())
}

fn bug(value: &str) -> Result<Bug, Error<'_>> {
    let named = BUGS.iter().find(|(name, _)| *name == value);
    named.map(|(_, bug)| *bug).ok_or(Error::UnknownBug(value))
}

fn workload(value: &str) -> Result<Workload, Error<'_>> {
    let named = WORKLOADS.iter().find(|(name, _)| *name == value);
    named.map(|(_, workload)| *workload).ok_or(Error::UnknownWorkload(value))
}

fn choice<'a, T: Copy>(
    name: &'a str,
    value: &'a str,
    choices: &[(&str, T)],
    known: &'static str,
) -> Result<T, Error<'a>> {
    let named = choices.iter().find(|(name, _)| *name == value);
    named.map(|(_, choice)| *choice).ok_or(Error::NotOneOf { name, value, known })
}

fn count<'a>(name: &'a str, value: &'a str, most: usize) -> Result<usize, Error<'a>> {
    match value.parse() {
        Ok(count) if (1..=most).contains(&count) => Ok(count),
        _ => Err(Error::NotACount { name, value, most }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_names_and_values() {
        let args = parse(" workload=storm  coroutines=10000 executor=global ").unwrap();
        assert_eq!(args.workload, Workload::Storm);
        assert_eq!(args.coroutines, Some(10_000));
        assert_eq!(parse("").unwrap().workload, Workload::Mix);
    }

    #[test]
    fn errors_name_the_word() {
        for (bootargs, message) in [
            ("fast", "unknown argument \"fast\""),
            ("speed=9", "unknown argument \"speed\""),
            ("rounds=-1", "rounds=-1: it must be a number from 1 to 1000000"),
            ("coroutines=100001", "coroutines=100001: it must be a number from 1 to 100000"),
            ("roles=king", "roles=king: it must be one of symmetric split"),
            ("migrate=steal", "migrate= needs executor=per-thread"),
            ("program=", "program=: it must be a name of at most 32 bytes"),
            ("prio-bits=9", "prio-bits=9: it must be a number from 1 to 8"),
            ("workload=priorities prio-bits=1", "this workload needs prio-bits=2 at least"),
        ] {
            assert_eq!(parse(bootargs).unwrap_err().to_string(), message);
        }
    }
}
