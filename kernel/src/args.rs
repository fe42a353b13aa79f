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
    /// How many wakes the workload `wakes` makes.
    pub wakes: Option<usize>,
}

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
    Panic,
    Wild,
    Spin,
}

/// Every workload by its name, the default first.
const WORKLOADS: [(&str, Workload); 11] = [
    ("mix", Workload::Mix),
    ("ring", Workload::Ring),
    ("priorities", Workload::Priorities),
    ("sleepers", Workload::Sleepers),
    ("nested", Workload::Nested),
    ("storm", Workload::Storm),
    ("compute", Workload::Compute),
    ("wakes", Workload::Wakes),
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
    NotACount { name: &'a str, value: &'a str, most: usize },
    NotBuilt { name: &'a str, value: &'a str, only: &'static str },
}

impl fmt::Display for Error<'_> {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Error::UnknownName(word) => write!(f, "unknown argument \"{word}\""),
            Error::UnknownWorkload(value) => {
                write!(f, "workload={value}: it must be one of")?;
                WORKLOADS.iter().try_for_each(|(name, _)| write!(f, " {name}"))
            }
            Error::NotACount { name, value, most } => {
                write!(f, "{name}={value}: it must be a number from 1 to {most}")
            }
            Error::NotBuilt { name, value, only } => {
                write!(f, "{name}={value}: this kernel has only {only}")
            }
        }
    }
}

pub fn parse(bootargs: &str) -> Result<Args, Error<'_>> {
    let mut args = Args { workload: WORKLOADS[0].1, coroutines: None, rounds: None, wakes: None };
    for word in bootargs.split_ascii_whitespace() {
        let (name, value) = word.split_once('=').ok_or(Error::UnknownName(word))?;
        match name {
            "workload" => args.workload = workload(value)?,
            "coroutines" => args.coroutines = Some(count(name, value, 100_000)?),
            "rounds" => args.rounds = Some(count(name, value, 1_000_000)?),
            "wakes" => args.wakes = Some(count(name, value, 1_000_000_000)?),
            "executor" => only(name, value, "global")?,
            "roles" => only(name, value, "symmetric")?,
            _ => return Err(Error::UnknownName(name)),
        }
    }
    Ok(args)
}

fn workload(value: &str) -> Result<Workload, Error<'_>> {
    let named = WORKLOADS.iter().find(|(name, _)| *name == value);
    named.map(|(_, workload)| *workload).ok_or(Error::UnknownWorkload(value))
}

fn count<'a>(name: &'a str, value: &'a str, most: usize) -> Result<usize, Error<'a>> {
    match value.parse() {
        Ok(count) if (1..=most).contains(&count) => Ok(count),
        _ => Err(Error::NotACount { name, value, most }),
    }
}

fn only<'a>(name: &'a str, value: &'a str, only: &'static str) -> Result<(), Error<'a>> {
    if value == only { Ok(()) } else { Err(Error::NotBuilt { name, value, only }) }
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
            ("roles=split", "roles=split: this kernel has only symmetric"),
        ] {
            assert_eq!(parse(bootargs).unwrap_err().to_string(), message);
        }
    }
}
