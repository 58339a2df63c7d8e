//! Reading TOML that people write: every fault at its line and column, unknown keys included.
//!
//! Owns the walk over the tree and the one collector of faults. It knows no file format of ours:
//! `centre.toml`, the flow files and the prompts are read with it where they are defined.
//!
//! A reader asks for each key it knows, notes what is wrong with it and goes on, so that a file
//! with three faults shows three. Even after a syntax fault the rest is read: the faulty line is
//! left out and only "missing key" is not said any more, since the key may be on that line.

mod suggest;
mod table;

pub use suggest::nearest;
pub use table::{Table, Value};

use crate::Fault;
use std::cell::RefCell;

/// The longest file that is read, in bytes. A set-up of 10,000 agents is under 3 MB.
pub const MAX_SOURCE: usize = 8 << 20;

/// Syntax faults after which the rest of the file is not looked at any more: by then they are
/// most likely echoes of the first.
const MAX_SYNTAX_FAULTS: usize = 20;

/// A place in the file, to note a fault at later (a byte offset).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct At(pub usize);

/// A value and the place it was read at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Where it stands.
    pub at: At,
}

/// One file: its tree and the faults found so far.
#[derive(Debug)]
pub struct Document {
    file: String,
    source: String,
    tree: toml_edit::Document<String>,
    faults: RefCell<Vec<Fault>>,
    broken: bool,
}

impl Document {
    /// Reads a file. It never fails: what cannot be read is a fault in the collector, and
    /// [`Document::finish`] gives them all.
    pub fn parse(file: &str, source: &str) -> Document {
        let mut document = Document {
            file: file.to_owned(),
            source: source.to_owned(),
            tree: empty(),
            faults: RefCell::default(),
            broken: false,
        };
        if source.len() > MAX_SOURCE {
            document.broken = true;
            let help = format!("the file has {} bytes; at most {MAX_SOURCE} are read", source.len());
            document.faults.get_mut().push(Fault::whole(file, help));
            document.source.clear();
            return document;
        }
        let mut readable = source.to_owned();
        for _ in 0..MAX_SYNTAX_FAULTS {
            match toml_edit::Document::parse(readable.clone()) {
                Ok(tree) => {
                    document.tree = tree;
                    break;
                }
                Err(error) => {
                    document.broken = true;
                    let offset = error.span().map_or(0, |span| span.start);
                    let help = format!("this is not TOML: {}", error.message());
                    document.fault(At(offset), help);
                    if !blank_line(&mut readable, offset) {
                        break;
                    }
                }
            }
        }
        document
    }

    /// The whole file as a table.
    pub fn root(&self) -> Table<'_> {
        Table::new(self, self.tree.as_table(), At(0), String::new())
    }

    /// Whether a syntax fault made part of the file unreadable, so that nothing can be said about
    /// what is missing from it.
    pub fn is_broken(&self) -> bool {
        self.broken
    }

    /// Whether any fault was noted so far.
    pub fn has_faults(&self) -> bool {
        !self.faults.borrow().is_empty()
    }

    /// Notes a fault.
    pub fn fault(&self, at: At, help: impl Into<String>) {
        self.faults.borrow_mut().push(Fault::at(&self.file, &self.source, at.0, help));
    }

    /// Notes a fault that has no place in the file.
    pub fn fault_of_file(&self, help: impl Into<String>) {
        self.faults.borrow_mut().push(Fault::whole(&self.file, help));
    }

    /// Line and column of a place, both from 1, to keep beside what was read there.
    pub fn line_and_column(&self, at: At) -> (usize, usize) {
        let fault = Fault::at(&self.file, &self.source, at.0, "");
        (fault.line, fault.column)
    }

    /// The faults, by line.
    pub fn into_faults(self) -> Vec<Fault> {
        let mut faults = self.faults.into_inner();
        faults.sort_by_key(|f| (f.line, f.column));
        faults.dedup();
        faults
    }

    /// Ends the reading.
    ///
    /// # Errors
    /// Every fault, by line, if there is one or the value could not be made.
    pub fn finish<T>(self, value: Option<T>) -> Result<T, Vec<Fault>> {
        let file = self.file.clone();
        let mut faults = self.into_faults();
        match value {
            Some(value) if faults.is_empty() => Ok(value),
            None if faults.is_empty() => {
                faults.push(Fault::whole(&file, "the file does not say enough to be used"));
                Err(faults)
            }
            _ => Err(faults),
        }
    }
}

fn empty() -> toml_edit::Document<String> {
    toml_edit::Document::parse(String::new()).expect("an empty file is TOML")
}

/// Overwrites the line of `offset` with spaces, keeping every other offset as it is. `false` when
/// going on would only produce echoes: the line is a table header, whose keys would then fall to
/// the table before it, or nothing is left to blank.
fn blank_line(text: &mut String, offset: usize) -> bool {
    let offset = text.floor_char_boundary(offset.min(text.len()));
    let start = text[..offset].rfind('\n').map_or(0, |i| i + 1);
    let end = text[offset..].find('\n').map_or(text.len(), |i| offset + i);
    let line = &text[start..end];
    if line.trim().is_empty() || line.trim_start().starts_with('[') {
        return false;
    }
    let blank = " ".repeat(line.len());
    text.replace_range(start..end, &blank);
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(source: &str, read: impl FnOnce(&Document)) -> Vec<String> {
        let document = Document::parse("x.toml", source);
        read(&document);
        document.into_faults().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn three_faults_show_all_three() {
        let found = faults("name = 7\ncolour = 'red'\n\n[box]\nsiez = 3\n", |document| {
            let mut root = document.root();
            assert_eq!(root.take_str("name"), None);
            assert_eq!(root.need_int("weight", 0..=9), None);
            assert_eq!(root.take_str("colour").map(|c| c.value), Some("red".to_owned()));
            let mut size = root.take_table("box").expect("there");
            assert_eq!(size.take_int("size", 0..=9), None);
            size.finish();
            root.finish();
        });
        assert_eq!(
            found,
            [
                "x.toml:1:1: `weight` is missing: a whole number is expected",
                "x.toml:1:8: `name` is a whole number; a text is expected",
                "x.toml:5:1: `box.siez` is not known here; did you mean `size`?",
            ]
        );
    }

    #[test]
    fn a_syntax_fault_does_not_hide_the_others() {
        let found = faults("a = = 1\nb = true\nc = \"unclosed\n", |document| {
            let mut root = document.root();
            root.need_int("a", 0..=9);
            root.need_int("b", 0..=9);
            root.finish();
        });
        assert_eq!(found.len(), 3, "{found:?}");
        assert!(found[0].starts_with("x.toml:1:"), "{found:?}");
        assert_eq!(found[1], "x.toml:2:5: `b` is true or false; a whole number is expected");
        assert!(found[2].starts_with("x.toml:3:"), "{found:?}");
    }

    #[test]
    fn ranges_lists_and_inline_tables() {
        let source = "n = 12\nlist = [1, 'two', 3]\nsize = { w = 1, h = -1 }\n[[row]]\na = 1\n[[row]]\na = 'b'\n";
        let found = faults(source, |document| {
            let mut root = document.root();
            assert_eq!(root.take_int("n", 0..=9), None);
            let numbers: Vec<i64> = root.take_list("list").into_iter().filter_map(|v| v.int(0..=9)).collect();
            assert_eq!(numbers, [1, 3]);
            let mut size = root.take_table("size").expect("there");
            assert_eq!(size.take_int("w", 0..=9).map(|n| n.value), Some(1));
            assert_eq!(size.take_int("h", 0..=9), None);
            size.finish();
            for value in root.take_list("row") {
                let mut row = value.table().expect("a table");
                row.need_int("a", 0..=9);
                row.finish();
            }
            root.finish();
        });
        assert_eq!(
            found,
            [
                "x.toml:1:5: `n` is 12; it must be 0 to 9",
                "x.toml:2:12: `list` is a text; a whole number is expected",
                "x.toml:3:21: `size.h` is -1; it must be 0 to 9",
                "x.toml:7:5: `row.a` is a text; a whole number is expected",
            ]
        );
    }

    proptest::proptest! {
        #[test]
        fn hostile_text_never_panics(source in "[a-c\\[\\]={}\"'\\n .,0-9é]{0,60}") {
            let document = Document::parse("x.toml", &source);
            let mut root = document.root();
            root.take_str("a");
            root.take_list("b");
            if let Some(table) = root.take_table("c") {
                table.finish();
            }
            root.finish();
            for fault in document.into_faults() {
                proptest::prop_assert!(fault.line <= source.matches('\n').count() + 1);
            }
        }
    }
}
