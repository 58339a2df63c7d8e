//! Tables and values of a [`Document`], with accessors that note what is wrong and go on.

use super::{At, Document, Spanned, nearest};
use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;
use toml_edit::{ArrayOfTables, Item, TableLike};

/// A table being read: each key is taken once; [`Table::finish`] reports those left over.
pub struct Table<'d> {
    document: &'d Document,
    keys: Vec<Key<'d>>,
    asked: Vec<String>,
    at: At,
    path: String,
}

struct Key<'d> {
    name: &'d str,
    at: At,
    node: Node<'d>,
    taken: bool,
}

/// What stands at a key or in a list.
#[derive(Clone, Copy)]
enum Node<'d> {
    Value(&'d toml_edit::Value),
    Table(&'d toml_edit::Table),
    Tables(&'d ArrayOfTables),
}

/// A value being read.
#[derive(Clone)]
pub struct Value<'d> {
    document: &'d Document,
    /// Where the value stands.
    pub at: At,
    path: String,
    node: Node<'d>,
}

impl<'d> Table<'d> {
    pub(super) fn new(document: &'d Document, table: &'d dyn TableLike, at: At, path: String) -> Table<'d> {
        let keys = table
            .iter()
            .filter_map(|(name, item)| {
                let key_at = table.get_key_value(name).and_then(|(k, _)| k.span()).map_or(at, |s| At(s.start));
                Some(Key { name, at: key_at, node: Node::of(item)?, taken: false })
            })
            .collect();
        Table { document, keys, asked: Vec::new(), at, path }
    }

    /// Where the table begins.
    pub fn at(&self) -> At {
        self.at
    }

    /// The file it belongs to, to note faults in.
    pub fn document(&self) -> &'d Document {
        self.document
    }

    /// Notes a fault of the whole table.
    pub fn fault(&self, help: impl Into<String>) {
        self.document.fault(self.at, help);
    }

    /// Whether the key is there; it counts as known from now on, but not as taken.
    pub fn has(&mut self, key: &str) -> bool {
        self.ask(key);
        self.keys.iter().any(|k| k.name == key)
    }

    /// Where the value of a key stands; it counts neither as known nor as taken.
    pub fn at_of(&self, key: &str) -> Option<At> {
        self.keys.iter().find(|k| k.name == key).map(|k| k.node.at().unwrap_or(k.at))
    }

    /// Takes a key of any type, if it is there.
    pub fn take(&mut self, key: &str) -> Option<Value<'d>> {
        self.ask(key);
        let path = self.path_of(key);
        let found = self.keys.iter_mut().find(|k| k.name == key)?;
        found.taken = true;
        let at = found.node.at().unwrap_or(found.at);
        Some(Value { document: self.document, at, path, node: found.node })
    }

    /// Takes a key of any type; its absence is a fault.
    pub fn need(&mut self, key: &str, expected: &str) -> Option<Value<'d>> {
        let value = self.take(key);
        if value.is_none() && !self.document.is_broken() {
            let help = format!("`{}` is missing: {expected} is expected", self.path_of(key));
            self.document.fault(self.at, help);
        }
        value
    }

    /// Takes every key that is left, for tables whose keys are names people chose.
    pub fn take_rest(&mut self) -> Vec<(Spanned<String>, Value<'d>)> {
        let names: Vec<(String, At)> =
            self.keys.iter().filter(|k| !k.taken).map(|k| (k.name.to_owned(), k.at)).collect();
        let mut rest = Vec::with_capacity(names.len());
        for (name, at) in names {
            let value = self.take(&name).expect("the name was just read from the table");
            rest.push((Spanned { value: name, at }, value));
        }
        rest
    }

    /// Takes a text, if the key is there.
    pub fn take_str(&mut self, key: &str) -> Option<Spanned<String>> {
        self.take(key)?.spanned(Value::text)
    }

    /// Takes a text; its absence is a fault.
    pub fn need_str(&mut self, key: &str) -> Option<Spanned<String>> {
        self.need(key, "a text")?.spanned(Value::text)
    }

    /// Takes a text that must read as a `T` (a name, a number, a language ...), if it is there.
    pub fn take_parsed<T: FromStr<Err: Display>>(&mut self, key: &str) -> Option<Spanned<T>> {
        self.take(key)?.spanned(Value::parsed)
    }

    /// Takes a text that must read as a `T`; its absence is a fault.
    pub fn need_parsed<T: FromStr<Err: Display>>(&mut self, key: &str) -> Option<Spanned<T>> {
        self.need(key, "a text")?.spanned(Value::parsed)
    }

    /// Takes one of a few words, if the key is there.
    pub fn take_word<T: Clone>(&mut self, key: &str, words: &[(&str, T)]) -> Option<Spanned<T>> {
        self.take(key)?.spanned(|v| v.word(words))
    }

    /// Takes one of a few words; its absence is a fault.
    pub fn need_word<T: Clone>(&mut self, key: &str, words: &[(&str, T)]) -> Option<Spanned<T>> {
        self.need(key, &format!("one of {}", list(words)))?.spanned(|v| v.word(words))
    }

    /// Takes a whole number within a range, if the key is there.
    pub fn take_int(&mut self, key: &str, range: RangeInclusive<i64>) -> Option<Spanned<i64>> {
        self.take(key)?.spanned(|v| v.int(range))
    }

    /// Takes a whole number within a range; its absence is a fault.
    pub fn need_int(&mut self, key: &str, range: RangeInclusive<i64>) -> Option<Spanned<i64>> {
        self.need(key, "a whole number")?.spanned(|v| v.int(range))
    }

    /// Takes true or false, if the key is there.
    pub fn take_bool(&mut self, key: &str) -> Option<Spanned<bool>> {
        self.take(key)?.spanned(Value::bool)
    }

    /// Takes a list (of values, or a `[[name]]` list of tables); empty when the key is not there.
    pub fn take_list(&mut self, key: &str) -> Vec<Value<'d>> {
        self.take(key).and_then(|v| v.list()).unwrap_or_default()
    }

    /// Takes a table, if the key is there.
    pub fn take_table(&mut self, key: &str) -> Option<Table<'d>> {
        self.take(key)?.table()
    }

    /// Ends the reading: every key nobody asked for is a fault, with the nearest known one.
    pub fn finish(self) {
        for key in self.keys.iter().filter(|k| !k.taken && !self.asked.iter().any(|a| a == k.name)) {
            let mut help = format!("`{}` is not known here", self.path_of(key.name));
            if let Some(known) = nearest(key.name, self.asked.iter().map(String::as_str)) {
                help.push_str(&format!("; did you mean `{known}`?"));
            }
            self.document.fault(key.at, help);
        }
    }

    fn ask(&mut self, key: &str) {
        if !self.asked.iter().any(|a| a == key) {
            self.asked.push(key.to_owned());
        }
    }

    fn path_of(&self, key: &str) -> String {
        // Hostile keys may be long and unprintable; faults are read by people.
        let key: String = key.chars().filter(|c| !c.is_control()).take(64).collect();
        if self.path.is_empty() { key } else { format!("{}.{key}", self.path) }
    }
}

impl<'d> Value<'d> {
    /// Notes a fault at this value.
    pub fn fault(&self, help: impl Into<String>) {
        self.document.fault(self.at, help);
    }

    /// The dotted name of the key, for messages.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Whether it is a text, to tell the forms of a key that has several.
    pub fn is_text(&self) -> bool {
        matches!(self.node, Node::Value(toml_edit::Value::String(_)))
    }

    /// As a text.
    pub fn text(&self) -> Option<String> {
        let text = self.node.value().and_then(|v| v.as_str()).map(str::to_owned);
        self.expect(text, "a text")
    }

    /// As a text that must read as a `T`.
    pub fn parsed<T: FromStr<Err: Display>>(&self) -> Option<T> {
        match self.text()?.parse() {
            Ok(value) => Some(value),
            Err(error) => {
                self.fault(format!("`{}`: {error}", self.path));
                None
            }
        }
    }

    /// As one of a few words.
    pub fn word<T: Clone>(&self, words: &[(&str, T)]) -> Option<T> {
        let text = self.text()?;
        let found = words.iter().find(|(word, _)| *word == text).map(|(_, value)| value.clone());
        if found.is_none() {
            let meant = nearest(&text, words.iter().map(|(w, _)| *w));
            let hint = meant.map_or(String::new(), |m| format!("; did you mean `{m}`?"));
            self.fault(format!("`{}` must be one of {}{hint}", self.path, list(words)));
        }
        found
    }

    /// As a whole number within a range.
    pub fn int(&self, range: RangeInclusive<i64>) -> Option<i64> {
        let number = self.expect(self.node.value().and_then(|v| v.as_integer()), "a whole number")?;
        if !range.contains(&number) {
            let (low, high) = (range.start(), range.end());
            self.fault(format!("`{}` is {number}; it must be {low} to {high}", self.path));
            return None;
        }
        Some(number)
    }

    /// As true or false.
    pub fn bool(&self) -> Option<bool> {
        self.expect(self.node.value().and_then(|v| v.as_bool()), "true or false")
    }

    /// As a list.
    pub fn list(&self) -> Option<Vec<Value<'d>>> {
        let nodes: Option<Vec<Node<'d>>> = match self.node {
            Node::Value(toml_edit::Value::Array(array)) => Some(array.iter().map(Node::Value).collect()),
            Node::Tables(tables) => Some(tables.iter().map(Node::Table).collect()),
            _ => None,
        };
        let nodes = self.expect(nodes, "a list")?;
        let part = |node: Node<'d>| Value {
            document: self.document,
            at: node.at().unwrap_or(self.at),
            path: self.path.clone(),
            node,
        };
        Some(nodes.into_iter().map(part).collect())
    }

    /// As a table.
    pub fn table(&self) -> Option<Table<'d>> {
        let table: Option<&'d dyn TableLike> = match self.node {
            Node::Table(table) => Some(table),
            Node::Value(toml_edit::Value::InlineTable(table)) => Some(table),
            _ => None,
        };
        let table = self.expect(table, "a table")?;
        Some(Table::new(self.document, table, self.at, self.path.clone()))
    }

    fn spanned<T>(&self, read: impl FnOnce(&Self) -> Option<T>) -> Option<Spanned<T>> {
        read(self).map(|value| Spanned { value, at: self.at })
    }

    fn expect<T>(&self, value: Option<T>, expected: &str) -> Option<T> {
        if value.is_none() {
            let what = self.node.kind();
            self.fault(format!("`{}` is {what}; {expected} is expected", self.path));
        }
        value
    }
}

impl<'d> Node<'d> {
    fn of(item: &'d Item) -> Option<Node<'d>> {
        match item {
            Item::None => None,
            Item::Value(value) => Some(Node::Value(value)),
            Item::Table(table) => Some(Node::Table(table)),
            Item::ArrayOfTables(tables) => Some(Node::Tables(tables)),
        }
    }

    fn value(self) -> Option<&'d toml_edit::Value> {
        match self {
            Node::Value(value) => Some(value),
            _ => None,
        }
    }

    /// Where it begins; tables that are only implied by others stand nowhere.
    fn at(self) -> Option<At> {
        let span = match self {
            Node::Value(value) => value.span(),
            Node::Table(table) => table.span(),
            Node::Tables(tables) => tables.span(),
        };
        span.map(|s| At(s.start))
    }

    fn kind(self) -> &'static str {
        match self {
            Node::Value(toml_edit::Value::String(_)) => "a text",
            Node::Value(toml_edit::Value::Integer(_)) => "a whole number",
            Node::Value(toml_edit::Value::Float(_)) => "a number with a fraction",
            Node::Value(toml_edit::Value::Boolean(_)) => "true or false",
            Node::Value(toml_edit::Value::Datetime(_)) => "a date",
            Node::Value(toml_edit::Value::Array(_)) | Node::Tables(_) => "a list",
            Node::Value(toml_edit::Value::InlineTable(_)) | Node::Table(_) => "a table",
        }
    }
}

/// The words of a choice, for messages.
fn list<T>(words: &[(&str, T)]) -> String {
    let words: Vec<String> = words.iter().map(|(word, _)| format!("`{word}`")).collect();
    words.join(", ")
}
