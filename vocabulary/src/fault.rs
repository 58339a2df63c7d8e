//! A fault in a file a person wrote: where it is and what to do about it.

use std::fmt;

/// One fault. Readers collect all of them before they give up, so that a file with three faults
/// shows three.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fault {
    /// The file as the person named it.
    pub file: String,
    /// Line, from 1; 0 when the fault has no place in the file (something is missing altogether).
    pub line: usize,
    /// Column in characters, from 1; 0 as above.
    pub column: usize,
    /// What is wrong and what would be right, in one sentence.
    pub help: String,
}

impl Fault {
    /// A fault at a byte offset of `source`.
    pub fn at(file: &str, source: &str, offset: usize, help: impl Into<String>) -> Fault {
        let before = &source[..source.floor_char_boundary(offset.min(source.len()))];
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        Fault { file: file.to_owned(), line, column, help: help.into() }
    }

    /// A fault of the whole file.
    pub fn whole(file: &str, help: impl Into<String>) -> Fault {
        Fault { file: file.to_owned(), line: 0, column: 0, help: help.into() }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line == 0 {
            return write!(f, "{}: {}", self.file, self.help);
        }
        write!(f, "{}:{}:{}: {}", self.file, self.line, self.column, self.help)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_lines_and_columns_in_characters() {
        let source = "a = 1\nbé = 2\n";
        let fault = Fault::at("x.toml", source, source.find("= 2").expect("there"), "no");
        assert_eq!((fault.line, fault.column), (2, 4));
        assert_eq!(fault.to_string(), "x.toml:2:4: no");
    }
}
