//! Prints lines of facts.

use core::fmt::{self, Debug, Display, Write};

use crate::println;
use crate::thread::processor;

/// Prints what the frame `function`, `depth` awaits below its coroutine's own, holds in the
/// variables named.
macro_rules! facts {
    ($function:literal, $depth:literal, $($name:ident),+ $(,)?) => {
        $crate::workload::nested::facts::report(
            $function,
            $depth,
            &[$((stringify!($name), &$name as &dyn core::fmt::Debug)),+],
        )
    };
}
pub(crate) use facts;

pub fn report(function: &str, depth: usize, facts: &[(&str, &dyn Debug)]) {
    let coroutine = processor::current().coroutine_id().unwrap_or(0);
    println!("[facts] coroutine={coroutine} fn={function} depth={depth}{}", Pairs(facts));
}

struct Pairs<'a>(&'a [(&'a str, &'a dyn Debug)]);

impl Display for Pairs<'_> {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        self.0.iter().try_for_each(|(name, value)| {
            write!(f, " {name}=")?;
            write!(Dense { out: f, quote: None, escaped: false }, "{value:?}")
        })
    }
}

/// Leaves out the spaces outside of quotes, so that a value is one word.
struct Dense<'a, 'b> {
    out: &'a mut fmt::Formatter<'b>,
    /// The quote that the text is in.
    quote: Option<char>,
    escaped: bool,
}

impl Write for Dense<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for letter in text.chars() {
            match (self.quote, letter) {
                (None, ' ') => continue,
                (None, '"' | '\'') => self.quote = Some(letter),
                (Some(quote), _) if letter == quote && !self.escaped => self.quote = None,
                _ => {}
            }
            self.escaped = letter == '\\' && !self.escaped;
            self.out.write_char(letter)?;
        }
        Ok(())
    }
}
