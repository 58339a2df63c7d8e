//! Times of day and dates.

use super::number;
use vocabulary::Language;

const SW_DAYS: [&str; 7] = ["Jumapili", "Jumatatu", "Jumanne", "Jumatano", "Alhamisi", "Ijumaa", "Jumamosi"];
const EN_DAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const SW_MONTHS: [&str; 12] = [
    "Januari", "Februari", "Machi", "Aprili", "Mei", "Juni", "Julai", "Agosti", "Septemba", "Oktoba", "Novemba",
    "Desemba",
];
const EN_MONTHS: [&str; 12] = [
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
];
const EN_ORDINALS: [&str; 20] = [
    "", "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "eleventh",
    "twelfth", "thirteenth", "fourteenth", "fifteenth", "sixteenth", "seventeenth", "eighteenth", "nineteenth",
];
const SW_WORDS: [&str; 10] =
    ["saa", "na_nusu", "na_robo", "kasorobo", "na_dakika", "usiku", "alfajiri", "asubuhi", "mchana", "jioni"];

pub(super) fn texts(language: Language, table: &mut Vec<(String, String)>) {
    let english = language == Language::EN;
    let (days, months) = if english { (&EN_DAYS, &EN_MONTHS) } else { (&SW_DAYS, &SW_MONTHS) };
    table.extend(days.iter().enumerate().map(|(i, day)| (format!("day/{i}"), (*day).to_owned())));
    table.extend(months.iter().enumerate().map(|(i, month)| (format!("month/{}", i + 1), (*month).to_owned())));
    if english {
        table.extend((1..=31).map(|n| (format!("ordinal/{n}"), format!("the {} of", ordinal(n)))));
        let words = [("oh", "oh"), ("am", "a.m."), ("pm", "p.m."), ("noon", "noon"), ("midnight", "midnight")];
        table.extend(words.map(|(name, text)| (format!("word/{name}"), text.to_owned())));
    } else {
        table.push(("word/tarehe".into(), "tarehe".into()));
        table.extend(SW_WORDS.map(|word| (format!("word/{word}"), word.replace('_', " "))));
    }
}

/// A time of day; hours and minutes out of range are brought into it.
pub(super) fn clock(hour: u8, minute: u8, language: Language, out: &mut Vec<String>) {
    let (hour, minute) = (hour % 24, minute % 60);
    let number = |n: u8, out: &mut Vec<String>| number::clips(u64::from(n), language, out);
    if language == Language::EN {
        number((hour + 11) % 12 + 1, out);
        if minute == 0 && hour % 12 == 0 {
            out.push(if hour == 0 { "word/midnight".into() } else { "word/noon".into() });
            return;
        }
        if (1..10).contains(&minute) {
            out.push("word/oh".into());
        }
        if minute > 0 {
            number(minute, out);
        }
        out.push(if hour < 12 { "word/am".into() } else { "word/pm".into() });
        return;
    }
    out.push("word/saa".into());
    // A quarter to an hour names the hour that comes.
    number(swahili_hour(if minute == 45 { hour + 1 } else { hour }), out);
    match minute {
        0 => {}
        15 => out.push("word/na_robo".into()),
        30 => out.push("word/na_nusu".into()),
        45 => out.push("word/kasorobo".into()),
        _ => {
            out.push("word/na_dakika".into());
            number(minute, out);
        }
    }
    out.push(format!("word/{}", part_of_day(hour)));
}

pub(super) fn clock_written(hour: u8, minute: u8, language: Language) -> String {
    let (hour, minute) = (hour % 24, minute % 60);
    if language == Language::EN {
        let half = if hour < 12 { "a.m." } else { "p.m." };
        return format!("{}:{minute:02} {half}", (hour + 11) % 12 + 1);
    }
    // Digits alone would be read by either clock: the words come first.
    let spoken = super::words(&crate::What::Clock { hour, minute }, language);
    format!("{spoken} ({hour:02}:{minute:02})")
}

pub(super) fn date(year: u16, month: u8, day: u8, language: Language, out: &mut Vec<String>) {
    let (month, day) = (month.clamp(1, 12), day.clamp(1, 31));
    out.push(format!("day/{}", weekday(year, month, day)));
    if language == Language::EN {
        out.push(format!("ordinal/{day}"));
    } else {
        out.push("word/tarehe".into());
        number::clips(u64::from(day), language, out);
    }
    out.push(format!("month/{month}"));
}

pub(super) fn date_written(year: u16, month: u8, day: u8, language: Language) -> String {
    let (month, day) = (month.clamp(1, 12), day.clamp(1, 31));
    let (days, months) = if language == Language::EN { (&EN_DAYS, &EN_MONTHS) } else { (&SW_DAYS, &SW_MONTHS) };
    let weekday = days[weekday(year, month, day)];
    format!("{weekday}, {day} {} {year}", months[usize::from(month) - 1])
}

/// The Swahili clock begins at dawn: seven in the morning is `saa moja`.
fn swahili_hour(hour: u8) -> u8 {
    match (hour + 6) % 12 {
        0 => 12,
        n => n,
    }
}

fn part_of_day(hour: u8) -> &'static str {
    match hour {
        4..=5 => "alfajiri",
        6..=11 => "asubuhi",
        12..=15 => "mchana",
        16..=18 => "jioni",
        _ => "usiku",
    }
}

fn ordinal(n: usize) -> String {
    match n {
        20 => "twentieth".into(),
        21..=29 => format!("twenty-{}", EN_ORDINALS[n - 20]),
        30 => "thirtieth".into(),
        31 => "thirty-first".into(),
        _ => EN_ORDINALS[n].into(),
    }
}

/// Day of the week, Sunday 0, in the Gregorian calendar (Sakamoto's method).
fn weekday(year: u16, month: u8, day: u8) -> usize {
    const SHIFT: [usize; 12] = [0, 3, 2, 5, 0, 3, 5, 1, 4, 6, 2, 4];
    let month = usize::from(month);
    // A year is added so that January of year 0 does not fall below it; 400 years are whole weeks.
    let year = usize::from(year) + 400 - usize::from(month < 3);
    (year + year / 4 - year / 100 + year / 400 + SHIFT[month - 1] + usize::from(day)) % 7
}
