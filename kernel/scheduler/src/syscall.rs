//! System calls: the number is in a7, arguments in a0 to a5; a0 returns a value, or an
//! [`Error`] as a negative number.

/// The numbers. A call that this list does not have ends with [`Error::NoSuchCall`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub enum Call {
    /// (code) Ends the process.
    Exit = 0,
    /// (address, length) Prints one line of UTF-8 text.
    Print = 1,
}

impl Call {
    pub fn from_number(number: usize) -> Option<Call> {
        [Call::Exit, Call::Print].into_iter().find(|&call| call as usize == number)
    }
}

/// Why a call failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(isize)]
pub enum Error {
    NoSuchCall = -1,
    /// An address is not the program's to read or write.
    BadAddress = -2,
    /// A text is not UTF-8, or a number is out of its range.
    BadValue = -3,
}
