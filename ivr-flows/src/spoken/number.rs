//! Cardinal numbers.
//!
//! Kiswahili: `na` stands before the last part only (`mia moja ishirini na tano`). A thousand and
//! a million go before their count when it is one word (`elfu ishirini`), after it when it has a
//! `na` of its own (`ishirini na tano elfu`); otherwise 10,001 and 11,000 would sound alike. A
//! hundred thousand is `laki`.

use vocabulary::Language;

/// Numbers above this are read digit by digit.
const MAX: u64 = 999_999_999;

const SW_ONES: [&str; 10] = ["sifuri", "moja", "mbili", "tatu", "nne", "tano", "sita", "saba", "nane", "tisa"];
const SW_TENS: [&str; 10] =
    ["", "kumi", "ishirini", "thelathini", "arobaini", "hamsini", "sitini", "sabini", "themanini", "tisini"];
const EN_SMALL: [&str; 20] = [
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
];
const EN_TENS: [&str; 10] =
    ["", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];

pub(super) fn clips(n: u64, language: Language, out: &mut Vec<String>) {
    if n > MAX {
        out.extend(n.to_string().chars().map(|digit| format!("number/{digit}")));
    } else if language == Language::EN {
        english(n, out);
    } else {
        kiswahili(n, out);
    }
}

/// The clips of a language: each number to 99 and each hundred as one piece, for the sake of their
/// melody, and the joints between them.
pub(super) fn texts(language: Language, table: &mut Vec<(String, String)>) {
    let english = language == Language::EN;
    for n in 0..100 {
        table.push((format!("number/{n}"), if english { en_below_100(n) } else { sw_below_100(n) }));
    }
    for n in 1..10 {
        let text = match english {
            true => format!("{} hundred", EN_SMALL[n]),
            false => format!("mia {}", SW_ONES[n]),
        };
        table.push((format!("number/{n}00"), text));
    }
    let joints: &[&str] = if english { &["and", "thousand", "million"] } else { &["na", "elfu", "laki", "milioni"] };
    table.extend(joints.iter().map(|word| (format!("word/{word}"), (*word).to_owned())));
}

fn sw_below_100(n: usize) -> String {
    match (n / 10, n % 10) {
        (0, one) => SW_ONES[one].to_owned(),
        (ten, 0) => SW_TENS[ten].to_owned(),
        (ten, one) => format!("{} na {}", SW_TENS[ten], SW_ONES[one]),
    }
}

fn en_below_100(n: usize) -> String {
    match (n / 10, n % 10) {
        (0 | 1, _) => EN_SMALL[n].to_owned(),
        (ten, 0) => EN_TENS[ten].to_owned(),
        (ten, one) => format!("{}-{}", EN_TENS[ten], EN_SMALL[one]),
    }
}

/// One part of a Kiswahili number: its clips, and whether it has a `na` inside, so that none goes
/// before it.
struct Part {
    clips: Vec<String>,
    joined: bool,
}

fn kiswahili(n: u64, out: &mut Vec<String>) {
    let mut parts = Vec::new();
    let mut rest = n;
    for (word, size) in [("milioni", 1_000_000), ("laki", 100_000), ("elfu", 1_000)] {
        if rest >= size {
            parts.push(counted(word, rest / size));
            rest %= size;
        }
    }
    if rest >= 100 {
        parts.push(Part { clips: vec![format!("number/{}00", rest / 100)], joined: false });
        rest %= 100;
    }
    if rest > 0 || parts.is_empty() {
        parts.push(Part { clips: vec![format!("number/{rest}")], joined: has_na(rest) });
    }
    let last = parts.len() - 1;
    for (i, part) in parts.into_iter().enumerate() {
        if i > 0 && i == last && !part.joined {
            out.push("word/na".into());
        }
        out.extend(part.clips);
    }
}

fn counted(word: &str, count: u64) -> Part {
    let word = format!("word/{word}");
    let mut clips = Vec::new();
    kiswahili(count, &mut clips);
    let simple = count < 100 && !has_na(count);
    clips.insert(if simple { 0 } else { clips.len() }, word);
    Part { clips, joined: !simple }
}

fn has_na(below_100: u64) -> bool {
    below_100 > 10 && !below_100.is_multiple_of(10)
}

fn english(n: u64, out: &mut Vec<String>) {
    let mut rest = n;
    for (word, size) in [("million", 1_000_000), ("thousand", 1_000)] {
        if rest >= size {
            english(rest / size, out);
            out.push(format!("word/{word}"));
            rest %= size;
        }
    }
    if rest >= 100 {
        out.push(format!("number/{}00", rest / 100));
        rest %= 100;
    }
    if rest > 0 && !out.is_empty() && n >= 100 {
        out.push("word/and".into());
    }
    if rest > 0 || n == 0 {
        out.push(format!("number/{rest}"));
    }
}
