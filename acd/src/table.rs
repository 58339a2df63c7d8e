//! Rows found by their key in one step: contacts by id, queues and agents by name.
//!
//! The standard hash maps are banned from pure code because they list their rows in an order that
//! differs from run to run. Here the hash only finds: whatever is listed is listed in the order of
//! its keys, and the hash itself is the same on every machine.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::BTreeMap;
use std::ops::Index;
use vocabulary::{AgentName, ContactId, QueueName};

/// Parts a table grows by, one at a time, so that no single command pays for all of it.
const PARTS: usize = 64;

/// Rows allocated at once, for the same reason.
const ROWS: usize = 256;

/// What a row is found by.
pub(crate) trait Key: Ord + Clone {
    fn hash(&self) -> u64;
}

/// Rows by key. A row keeps its number as long as it is in the table.
#[derive(Debug, Clone)]
pub(crate) struct Table<K, V> {
    numbers: Numbers,
    blocks: Vec<Vec<Option<(K, V)>>>,
    /// Numbers of rows taken out, to be used again, the newest first.
    free: Vec<u32>,
}

/// Numbers found by the hash of what they stand for: open addressing, linear probing.
#[derive(Debug, Clone, Default)]
struct Numbers {
    parts: Vec<Part>,
}

#[derive(Debug, Clone, Default)]
struct Part {
    /// The upper half of the hash, and the number plus one; nothing where that is zero.
    slots: Vec<(u32, u32)>,
    used: usize,
}

impl<K, V> Default for Table<K, V> {
    fn default() -> Table<K, V> {
        Table { numbers: Numbers::default(), blocks: Vec::new(), free: Vec::new() }
    }
}

impl<K: Key, V> Table<K, V> {
    /// The number of a row.
    pub fn number(&self, key: &K) -> Option<u32> {
        self.numbers.find(key.hash(), |number| self.slot(number).is_some_and(|row| row.0 == *key))
    }

    /// The row of a number that is in use.
    pub fn at(&self, number: u32) -> &V {
        &self.slot(number).expect("a number in use").1
    }

    /// The row of a number that is in use.
    pub fn at_mut(&mut self, number: u32) -> &mut V {
        let slot = &mut self.blocks[number as usize / ROWS][number as usize % ROWS];
        &mut slot.as_mut().expect("a number in use").1
    }

    pub fn get(&self, key: &K) -> Option<&V> {
        self.number(key).map(|number| self.at(number))
    }

    pub fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        self.number(key).map(|number| self.at_mut(number))
    }

    pub fn contains_key(&self, key: &K) -> bool {
        self.number(key).is_some()
    }

    /// Puts a row in place of the one of its key, if there is one.
    pub fn insert(&mut self, key: K, value: V) -> Option<V> {
        if let Some(old) = self.get_mut(&key) {
            return Some(std::mem::replace(old, value));
        }
        let number = self.free.pop().unwrap_or_else(|| self.new_number());
        self.numbers.insert(key.hash(), number);
        self.blocks[number as usize / ROWS][number as usize % ROWS] = Some((key, value));
        None
    }

    pub fn remove(&mut self, key: &K) -> Option<V> {
        let number = self.number(key)?;
        self.numbers.remove(key.hash(), number);
        self.free.push(number);
        let row = self.blocks[number as usize / ROWS][number as usize % ROWS].take();
        row.map(|(_, value)| value)
    }

    pub fn len(&self) -> usize {
        let made = self.blocks.last().map_or(0, |last| (self.blocks.len() - 1) * ROWS + last.len());
        made - self.free.len()
    }

    /// All rows in the order of their keys. Sorts them: not for what happens with every command.
    pub fn iter(&self) -> impl Iterator<Item = (&K, &V)> + '_ {
        let mut rows: Vec<(&K, &V)> = self.blocks.iter().flatten().flatten().map(|(key, row)| (key, row)).collect();
        rows.sort_unstable_by_key(|row| row.0);
        rows.into_iter()
    }

    pub fn keys(&self) -> impl Iterator<Item = &K> + '_ {
        self.iter().map(|(key, _)| key)
    }

    pub fn values(&self) -> impl Iterator<Item = &V> + '_ {
        self.iter().map(|(_, row)| row)
    }

    fn slot(&self, number: u32) -> Option<&(K, V)> {
        self.blocks[number as usize / ROWS][number as usize % ROWS].as_ref()
    }

    fn new_number(&mut self) -> u32 {
        if self.blocks.last().is_none_or(|last| last.len() == ROWS) {
            self.blocks.push(Vec::with_capacity(ROWS));
        }
        let block = self.blocks.len() - 1;
        let last = &mut self.blocks[block];
        last.push(None);
        (block * ROWS + last.len() - 1) as u32
    }
}

impl<K: Key, V> Index<&K> for Table<K, V> {
    type Output = V;

    fn index(&self, key: &K) -> &V {
        self.get(key).expect("no row of this key")
    }
}

impl<K: Key + Serialize, V: Serialize> Serialize for Table<K, V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

impl<'de, K: Key + Deserialize<'de>, V: Deserialize<'de>> Deserialize<'de> for Table<K, V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Table<K, V>, D::Error> {
        let mut table = Table::default();
        for (key, value) in BTreeMap::deserialize(deserializer)? {
            table.insert(key, value);
        }
        Ok(table)
    }
}

impl Numbers {
    fn part(&self, hash: u64) -> Option<&Part> {
        self.parts.get(hash as usize % PARTS)
    }

    fn find(&self, hash: u64, is: impl Fn(u32) -> bool) -> Option<u32> {
        self.part(hash)?.find((hash >> 32) as u32, is)
    }

    fn insert(&mut self, hash: u64, number: u32) {
        if self.parts.is_empty() {
            self.parts.resize_with(PARTS, Part::default);
        }
        self.parts[hash as usize % PARTS].insert((hash >> 32) as u32, number);
    }

    fn remove(&mut self, hash: u64, number: u32) {
        if let Some(part) = self.parts.get_mut(hash as usize % PARTS) {
            part.remove((hash >> 32) as u32, number);
        }
    }
}

impl Part {
    fn find(&self, tag: u32, is: impl Fn(u32) -> bool) -> Option<u32> {
        if self.slots.is_empty() {
            return None;
        }
        let mask = self.slots.len() - 1;
        let mut at = tag as usize & mask;
        loop {
            match self.slots[at] {
                (_, 0) => return None,
                (t, number) if t == tag && is(number - 1) => return Some(number - 1),
                _ => at = (at + 1) & mask,
            }
        }
    }

    fn insert(&mut self, tag: u32, number: u32) {
        // Seven of eight may be taken: beyond that probing grows long.
        if (self.used + 1) * 8 > self.slots.len() * 7 {
            let old = std::mem::take(&mut self.slots);
            self.slots = vec![(0, 0); (old.len() * 2).max(8)];
            old.into_iter().filter(|slot| slot.1 != 0).for_each(|slot| self.put(slot));
        }
        self.put((tag, number + 1));
        self.used += 1;
    }

    fn put(&mut self, slot: (u32, u32)) {
        let mask = self.slots.len() - 1;
        let mut at = slot.0 as usize & mask;
        while self.slots[at].1 != 0 {
            at = (at + 1) & mask;
        }
        self.slots[at] = slot;
    }

    fn remove(&mut self, tag: u32, number: u32) {
        if self.slots.is_empty() {
            return;
        }
        let mask = self.slots.len() - 1;
        let mut hole = tag as usize & mask;
        while self.slots[hole] != (tag, number + 1) {
            if self.slots[hole].1 == 0 {
                return;
            }
            hole = (hole + 1) & mask;
        }
        self.used -= 1;
        // Whoever probed past the hole is moved back, so that no mark of a removed row is left.
        let mut at = hole;
        loop {
            at = (at + 1) & mask;
            let slot = self.slots[at];
            if slot.1 == 0 {
                break;
            }
            let from_home = at.wrapping_sub(slot.0 as usize & mask) & mask;
            if from_home >= (at.wrapping_sub(hole) & mask) {
                self.slots[hole] = slot;
                hole = at;
            }
        }
        self.slots[hole] = (0, 0);
    }
}

/// Spreads every bit of a key over the whole hash.
fn spread(bits: u64) -> u64 {
    let mixed = (bits ^ (bits >> 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed ^ (mixed >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9)
}

impl Key for ContactId {
    fn hash(&self) -> u64 {
        hash_of_id(*self)
    }
}

impl Key for AgentName {
    fn hash(&self) -> u64 {
        hash_of_text(self.as_str())
    }
}

impl Key for QueueName {
    fn hash(&self) -> u64 {
        hash_of_text(self.as_str())
    }
}

fn hash_of_id(id: ContactId) -> u64 {
    let hash = spread((id.0.0 as u64) ^ spread((id.0.0 >> 64) as u64));
    hash ^ (hash >> 32)
}

fn hash_of_text(text: &str) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in text.bytes() {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    }
    let hash = spread(hash);
    hash ^ (hash >> 32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use vocabulary::Ulid;

    fn id(n: u128) -> ContactId {
        ContactId(Ulid(n))
    }

    /// splitmix64.
    fn next(seed: &mut u64) -> u64 {
        *seed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (*seed ^ (*seed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb)
    }

    #[test]
    fn does_as_an_ordered_map_does() {
        let (mut seed, mut table, mut map) = (7, Table::default(), BTreeMap::new());
        for step in 0..200_000_u64 {
            // Few keys, so that many collide, are removed and come again.
            let key = id(u128::from(next(&mut seed) % 3_000) << (next(&mut seed) % 3 * 40));
            match next(&mut seed) % 3 {
                0 => assert_eq!(table.insert(key, step), map.insert(key, step)),
                1 => assert_eq!(table.remove(&key), map.remove(&key)),
                _ => assert_eq!(table.get(&key), map.get(&key)),
            }
            assert_eq!(table.len(), map.len());
        }
        assert!(table.iter().eq(map.iter()), "listed in the order of keys");
    }

    #[test]
    fn rows_keep_their_numbers() {
        let mut table: Table<ContactId, u64> = Table::default();
        let numbers: Vec<u32> = (0..2_000)
            .map(|n| {
                table.insert(id(n), n as u64);
                table.number(&id(n)).expect("just put in")
            })
            .collect();
        (0..2_000).step_by(2).for_each(|n| assert!(table.remove(&id(n)).is_some()));
        for n in (1..2_000).step_by(2) {
            assert_eq!((table.number(&id(n)), *table.at(numbers[n as usize])), (Some(numbers[n as usize]), n as u64));
        }
    }

    #[test]
    fn is_written_and_read_as_a_map() {
        let mut table: Table<ContactId, u64> = Table::default();
        [5, 1, 9].into_iter().for_each(|n| assert!(table.insert(id(n), n as u64).is_none()));
        let map: BTreeMap<ContactId, u64> = table.iter().map(|(key, n)| (*key, *n)).collect();
        let text = serde_json::to_string(&table).expect("plain keys");
        assert_eq!(text, serde_json::to_string(&map).expect("plain keys"));
        let read: Table<ContactId, u64> = serde_json::from_str(&text).expect("just written");
        assert!(read.iter().eq(table.iter()));
    }
}
