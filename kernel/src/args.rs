//! The kernel's arguments: `/chosen/bootargs`, words of the form `name=value`.

use core::fmt;

/// What the command line chose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Args {
    pub workload: Workload,
    /// How many coroutines the workload starts, where it lets one choose.
    pub coroutines: Option<usize>,
    /// How many times the workload repeats its round, where it lets one choose.
    pub rounds: Option<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Workload {
    Mix,
    Ring,
    Priorities,
    Sleepers,
    Nested,
    Storm,
}

impl Workload {
    const ALL: [Workload; 6] = [
        Workload::Mix,
        Workload::Ring,
        Workload::Priorities,
        Workload::Sleepers,
        Workload::Nested,
        Workload::Storm,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Workload::Mix => "mix",
            Workload::Ring => "ring",
            Workload::Priorities => "priorities",
            Workload::Sleepers => "sleepers",
            Workload::Nested => "nested",
            Workload::Storm => "storm",
        }
    }
}

/// The word that is wrong, and why.
#[derive(Debug, PartialEq, Eq)]
pub enum Error<'a> {
    UnknownName(&'a str),
    BadValue { name: &'a str, value: &'a str, expected: &'static str },
}

impl fmt::Display for Error<'_> {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Error::UnknownName(word) => write!(f, "unknown argument \"{word}\""),
            Error::BadValue { name, value, expected } => {
                write!(f, "{name}={value}: expected {expected}")
            }
        }
    }
}

const MOST: usize = 100_000;

pub fn parse(bootargs: &str) -> Result<Args, Error<'_>> {
    let mut args = Args { workload: Workload::Mix, coroutines: None, rounds: None };
    for word in bootargs.split_ascii_whitespace() {
        let (name, value) = word.split_once('=').ok_or(Error::UnknownName(word))?;
        let bad = |expected| Error::BadValue { name, value, expected };
        match name {
            "workload" => {
                args.workload = Workload::ALL
                    .into_iter()
                    .find(|workload| workload.name() == value)
                    .ok_or(bad("mix, ring, priorities, sleepers, nested or storm"))?;
            }
            "coroutines" => args.coroutines = Some(count(value).ok_or(bad("1 to 100000"))?),
            "rounds" => args.rounds = Some(count(value).ok_or(bad("1 to 100000"))?),
            "executor" if value == "global" => {}
            "executor" => return Err(bad("global")),
            "roles" if value == "symmetric" => {}
            "roles" => return Err(bad("symmetric")),
            _ => return Err(Error::UnknownName(name)),
        }
    }
    Ok(args)
}

fn count(value: &str) -> Option<usize> {
    value.parse().ok().filter(|count| (1..=MOST).contains(count))
}
