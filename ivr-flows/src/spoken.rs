//! Numbers, digits, minutes, times of day and dates as Kenyans say them, in Kiswahili and English.
//!
//! Every rendering is a list of clips. A clip is a short piece of sound with a name, such as
//! `number/7`, and one text: the script that makes the sound reads the same table ([`clip_texts`])
//! that [`words`] reads, so that what is heard and what tests check cannot drift apart.
//!
//! Rules and sources: facts 6 (numbers, dates, groups of digits) and 3.2 (the Swahili clock).

mod calendar;
mod number;

use crate::say::What;
use vocabulary::Language;

/// Silence between groups of digits.
const PAUSE: &str = "word/pause";

/// Whether values can be spoken in a language.
pub fn speaks(language: Language) -> bool {
    language == Language::SW || language == Language::EN
}

/// The clips that say a value, in order, as names below the language's folder of prompts. A value
/// in a language without a grammar is said in Kiswahili. A prompt has no clips here: that is
/// [`crate::Catalogue::clips`].
pub fn clips(what: &What, language: Language) -> Vec<String> {
    let mut clips = Vec::new();
    match what {
        What::Prompt { .. } => {}
        What::Number(n) => number::clips(*n, language, &mut clips),
        What::Digits(digits) => digit_clips(digits.as_str(), &mut clips),
        What::Minutes(n) if language == Language::EN => {
            number::clips(*n, language, &mut clips);
            clips.push(if *n == 1 { "word/minute".into() } else { "word/minutes".into() });
        }
        What::Minutes(n) => {
            clips.push("word/dakika".into());
            number::clips(*n, language, &mut clips);
        }
        What::Clock { hour, minute } => calendar::clock(*hour, *minute, language, &mut clips),
        What::Date { year, month, day } => calendar::date(*year, *month, *day, language, &mut clips),
    }
    clips
}

/// The words a listener hears.
pub fn words(what: &What, language: Language) -> String {
    let table = clip_texts(language);
    let clips = clips(what, language);
    let texts = clips.iter().filter_map(|clip| table.iter().find(|(name, _)| name == clip));
    let texts: Vec<&str> = texts.map(|(_, text)| text.as_str()).filter(|t| !t.is_empty()).collect();
    texts.join(" ")
}

/// The value as it is written on text channels: digits rather than words, except where only words
/// are clear (the Swahili clock).
pub fn written(what: &What, language: Language) -> String {
    match what {
        What::Prompt { .. } => String::new(),
        What::Number(n) => n.to_string(),
        What::Digits(digits) => groups(digits.as_str()).join(" "),
        What::Minutes(n) if language == Language::EN => format!("{n} {}", if *n == 1 { "minute" } else { "minutes" }),
        What::Minutes(n) => format!("dakika {n}"),
        What::Clock { hour, minute } => calendar::clock_written(*hour, *minute, language),
        What::Date { year, month, day } => calendar::date_written(*year, *month, *day, language),
    }
}

/// Every clip of a language's grammar and the text it speaks; the empty text is silence.
pub fn clip_texts(language: Language) -> Vec<(String, String)> {
    let mut table = Vec::new();
    number::texts(language, &mut table);
    calendar::texts(language, &mut table);
    table.push((PAUSE.into(), String::new()));
    if language == Language::EN {
        table.push(("word/minute".into(), "minute".into()));
        table.push(("word/minutes".into(), "minutes".into()));
    } else {
        table.push(("word/dakika".into(), "dakika".into()));
    }
    table
}

fn digit_clips(digits: &str, clips: &mut Vec<String>) {
    for (i, group) in groups(digits).iter().enumerate() {
        if i > 0 {
            clips.push(PAUSE.into());
        }
        clips.extend(group.chars().map(|digit| format!("number/{digit}")));
    }
}

/// Ten digits as 4-3-3, the way phone numbers are said; others in threes, without a lone one.
fn groups(digits: &str) -> Vec<&str> {
    let mut sizes = match digits.len() {
        0..=4 => vec![digits.len()],
        10 => vec![4, 3, 3],
        n => vec![3; n / 3],
    };
    let rest = digits.len() - sizes.iter().sum::<usize>();
    match rest {
        0 => {}
        1 => *sizes.last_mut().expect("at least one group") += 1,
        n => sizes.push(n),
    }
    let mut start = 0;
    let cut = sizes.into_iter().map(|size| {
        start += size;
        &digits[start - size..start]
    });
    cut.filter(|group| !group.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::say::Digits;
    use std::collections::{BTreeMap, BTreeSet};

    fn sw(what: What) -> String {
        words(&what, Language::SW)
    }

    fn en(what: What) -> String {
        words(&what, Language::EN)
    }

    #[test]
    fn numbers_in_both_languages() {
        for (n, kiswahili, english) in [
            (0, "sifuri", "zero"),
            (1, "moja", "one"),
            (7, "saba", "seven"),
            (10, "kumi", "ten"),
            (11, "kumi na moja", "eleven"),
            (20, "ishirini", "twenty"),
            (25, "ishirini na tano", "twenty-five"),
            (90, "tisini", "ninety"),
            (99, "tisini na tisa", "ninety-nine"),
            (100, "mia moja", "one hundred"),
            (101, "mia moja na moja", "one hundred and one"),
            (110, "mia moja na kumi", "one hundred and ten"),
            (111, "mia moja kumi na moja", "one hundred and eleven"),
            (125, "mia moja ishirini na tano", "one hundred and twenty-five"),
            (999, "mia tisa tisini na tisa", "nine hundred and ninety-nine"),
            (1_000, "elfu moja", "one thousand"),
            (1_005, "elfu moja na tano", "one thousand and five"),
            (1_100, "elfu moja na mia moja", "one thousand one hundred"),
            (1_963, "elfu moja mia tisa sitini na tatu", "one thousand nine hundred and sixty-three"),
            (2_026, "elfu mbili ishirini na sita", "two thousand and twenty-six"),
            (10_001, "elfu kumi na moja", "ten thousand and one"),
            (11_000, "kumi na moja elfu", "eleven thousand"),
            (20_005, "elfu ishirini na tano", "twenty thousand and five"),
            (25_000, "ishirini na tano elfu", "twenty-five thousand"),
            (100_000, "laki moja", "one hundred thousand"),
            (250_000, "laki mbili na elfu hamsini", "two hundred and fifty thousand"),
            (
                999_999,
                "laki tisa tisini na tisa elfu mia tisa tisini na tisa",
                "nine hundred and ninety-nine thousand nine hundred and ninety-nine",
            ),
            (1_000_000, "milioni moja", "one million"),
            (20_000_000, "milioni ishirini", "twenty million"),
            (2_000_000_000, "mbili sifuri sifuri sifuri sifuri sifuri sifuri sifuri sifuri sifuri", "two zero zero zero zero zero zero zero zero zero"),
        ] {
            assert_eq!(sw(What::Number(n)), kiswahili, "{n}");
            assert_eq!(en(What::Number(n)), english, "{n}");
        }
    }

    #[test]
    fn no_two_numbers_sound_alike() {
        for language in [Language::SW, Language::EN] {
            let table: BTreeMap<String, String> = clip_texts(language).into_iter().collect();
            let mut seen = BTreeSet::new();
            // Every number to 130,000 and a spread above: all places and all joints of the grammar.
            for n in (0..130_000).chain((130_000..1_000_000).step_by(7)) {
                let text: Vec<&str> = clips(&What::Number(n), language).iter().map(|c| table[c].as_str()).collect::<Vec<_>>();
                assert!(seen.insert(text.join(" ")), "{language} {n}: {text:?}");
            }
        }
    }

    #[test]
    fn digits_are_read_in_groups() {
        let say = |text: &str| What::Digits(Digits::new(text));
        assert_eq!(written(&say("0712345678"), Language::SW), "0712 345 678");
        assert_eq!(written(&say("12345678"), Language::EN), "123 456 78");
        assert_eq!(written(&say("1234567"), Language::EN), "123 4567");
        assert_eq!(written(&say("1195"), Language::EN), "1195");
        assert_eq!(written(&say(""), Language::EN), "");
        assert_eq!(sw(say("116")), "moja moja sita");
        assert_eq!(
            clips(&say("12345"), Language::EN),
            ["number/1", "number/2", "number/3", PAUSE, "number/4", "number/5"]
        );
    }

    #[test]
    fn minutes_take_the_right_form() {
        assert_eq!(sw(What::Minutes(1)), "dakika moja");
        assert_eq!(sw(What::Minutes(15)), "dakika kumi na tano");
        assert_eq!(en(What::Minutes(1)), "one minute");
        assert_eq!(en(What::Minutes(2)), "two minutes");
        assert_eq!(written(&What::Minutes(1), Language::EN), "1 minute");
        assert_eq!(written(&What::Minutes(3), Language::SW), "dakika 3");
    }

    #[test]
    fn the_swahili_clock_counts_from_dawn() {
        for (hour, minute, kiswahili, english) in [
            (7, 0, "saa moja asubuhi", "seven a.m."),
            (13, 0, "saa saba mchana", "one p.m."),
            (18, 30, "saa kumi na mbili na nusu jioni", "six thirty p.m."),
            (21, 0, "saa tatu usiku", "nine p.m."),
            (6, 0, "saa kumi na mbili asubuhi", "six a.m."),
            (0, 0, "saa sita usiku", "twelve midnight"),
            (12, 0, "saa sita mchana", "twelve noon"),
            (4, 15, "saa kumi na robo alfajiri", "four fifteen a.m."),
            (6, 45, "saa moja kasorobo asubuhi", "six forty-five a.m."),
            (23, 45, "saa sita kasorobo usiku", "eleven forty-five p.m."),
            (9, 5, "saa tatu na dakika tano asubuhi", "nine oh five a.m."),
            (3, 59, "saa tisa na dakika hamsini na tisa usiku", "three fifty-nine a.m."),
        ] {
            let clock = What::Clock { hour, minute };
            assert_eq!(sw(clock.clone()), kiswahili, "{hour}:{minute}");
            assert_eq!(en(clock), english, "{hour}:{minute}");
        }
        assert_eq!(written(&What::Clock { hour: 7, minute: 0 }, Language::SW), "saa moja asubuhi (07:00)");
        assert_eq!(written(&What::Clock { hour: 19, minute: 5 }, Language::EN), "7:05 p.m.");
    }

    #[test]
    fn dates_with_their_day_of_the_week() {
        let date = What::Date { year: 2026, month: 12, day: 12 };
        assert_eq!(sw(date.clone()), "Jumamosi tarehe kumi na mbili Desemba");
        assert_eq!(en(date.clone()), "Saturday the twelfth of December");
        assert_eq!(written(&date, Language::SW), "Jumamosi, 12 Desemba 2026");
        assert_eq!(written(&date, Language::EN), "Saturday, 12 December 2026");
        let leap = What::Date { year: 2024, month: 2, day: 29 };
        assert_eq!(en(leap), "Thursday the twenty-ninth of February");
    }

    #[test]
    fn every_rendering_uses_known_clips_only() {
        for language in [Language::SW, Language::EN] {
            let known: BTreeSet<String> = clip_texts(language).into_iter().map(|(name, _)| name).collect();
            let mut values: Vec<What> = (0..2_000).map(What::Number).collect();
            values.extend([u64::MAX, 999_999, 123_456_789].map(What::Number));
            values.extend((0..100).map(What::Minutes));
            values.push(What::Digits(Digits::new("01234567890123")));
            for hour in 0..=30 {
                values.extend((0..=70).map(|minute| What::Clock { hour, minute }));
            }
            for month in 0..=14 {
                values.extend((0..=40).map(|day| What::Date { year: 2027, month, day }));
            }
            for value in values {
                for clip in clips(&value, language) {
                    assert!(known.contains(&clip), "{language} {value:?} {clip}");
                }
                written(&value, language);
            }
        }
    }
}
