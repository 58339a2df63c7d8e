//! Small pieces several areas show: a queue's name in every language.

use std::collections::BTreeMap;
use vocabulary::Language;
use vocabulary::centre::Queue;

/// A text by language.
pub(crate) type Texts = BTreeMap<Language, String>;

/// What staff read for a queue; its bare name where the set-up gives no text.
pub(crate) fn texts(queue: &Queue) -> Texts {
    let mut texts = queue.shown_as.clone();
    for language in [Language::SW, Language::EN] {
        texts.entry(language).or_insert_with(|| queue.name.to_string());
    }
    texts
}
