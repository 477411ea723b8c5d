//! Dates and times of RFC 3339 section 5.6.

use crate::word::{Ranges, first_word};

/// The characters of a `date-time` up to its seconds, none of which is past 59, in three words that overlap. An hour may be past 23.
const DATE: Ranges = Ranges::new(*b"0000-00-", *b"9999-19-");
const DAY_AND_MINUTE: Ranges = Ranges::new(*b"00T00:00", *b"39T29:59");
const CLOCK: Ranges = Ranges::new(*b"00:00:00", *b"29:59:59");

/// RFC 3339 `date-time`. The `T` and the `Z` may be lower case, as section 5.6 notes.
pub(super) fn is_date_time(bytes: &[u8]) -> bool {
    is_plain(bytes) || is_any_date_time(bytes)
}

/// True for a `date-time` with `T` and `Z` in capitals and no fraction, on no day past the 28th and in no leap second: what most of them are.
#[inline(always)]
fn is_plain(bytes: &[u8]) -> bool {
    let Some((bytes, b'Z')) = <&[u8; 20]>::try_from(bytes).ok().map(|bytes| (bytes, bytes[19])) else {
        return false;
    };
    let word = |at: usize| first_word(&bytes[at..]).unwrap_or_default();
    if !(DATE.hold(word(0)) & DAY_AND_MINUTE.hold(word(8)) & CLOCK.hold(word(11))) {
        return false;
    }
    let two = |at: usize| (bytes[at] & 15) * 10 + (bytes[at + 1] & 15);
    let (month, day, hour) = (two(5), two(8), two(11));
    (1..=12).contains(&month) && (1..=28).contains(&day) && hour <= 23
}

fn is_any_date_time(bytes: &[u8]) -> bool {
    let Some((date, rest)) = bytes.split_first_chunk::<10>() else {
        return false;
    };
    let [b'T' | b't', time @ ..] = rest else {
        return false;
    };
    is_full_date(date) && is_time(time)
}

/// RFC 3339 `full-date`.
pub(super) fn is_date(bytes: &[u8]) -> bool {
    <&[u8; 10]>::try_from(bytes).is_ok_and(is_full_date)
}

/// RFC 3339 `full-time`.
pub(super) fn is_time(bytes: &[u8]) -> bool {
    let Some((&[h1, h2, b':', m1, m2, b':', s1, s2], rest)) = bytes.split_first_chunk() else {
        return false;
    };
    let (Some(hour), Some(minute), Some(second)) = (two_digits(h1, h2), two_digits(m1, m2), two_digits(s1, s2)) else {
        return false;
    };
    let Some(offset_minutes) = without_fraction(rest).and_then(offset_minutes) else {
        return false;
    };
    hour <= 23 && minute <= 59 && (second <= 59 || (second == 60 && is_last_minute_in_utc(hour, minute, offset_minutes)))
}

fn is_full_date(&[y1, y2, y3, y4, hyphen1, m1, m2, hyphen2, d1, d2]: &[u8; 10]) -> bool {
    let (Some(century), Some(year_of_century), Some(month), Some(day)) =
        (two_digits(y1, y2), two_digits(y3, y4), two_digits(m1, m2), two_digits(d1, d2))
    else {
        return false;
    };
    hyphen1 == b'-' && hyphen2 == b'-' && day >= 1 && day <= days_in_month(century, year_of_century, month)
}

/// The last day of a month, and 0 for what is no month, so that no day fits it.
fn days_in_month(century: u8, year_of_century: u8, month: u8) -> u8 {
    match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 => {
            // Of the years that end a century, every fourth is a leap year.
            let cycle = if year_of_century == 0 { century } else { year_of_century };
            if cycle.is_multiple_of(4) { 29 } else { 28 }
        }
        _ => 0,
    }
}

/// A leap second is inserted after 23:59:59 UTC, whatever the local clock then shows.
fn is_last_minute_in_utc(hour: u8, minute: u8, offset_minutes: i32) -> bool {
    let local = i32::from(hour) * 60 + i32::from(minute);
    (local - offset_minutes).rem_euclid(24 * 60) == 24 * 60 - 1
}

/// What follows an optional `time-secfrac`, or `None` when its dot has no digit.
fn without_fraction(bytes: &[u8]) -> Option<&[u8]> {
    let [b'.', fraction @ ..] = bytes else {
        return Some(bytes);
    };
    let digits = fraction.iter().take_while(|byte| byte.is_ascii_digit()).count();
    (digits > 0).then(|| &fraction[digits..])
}

/// The minutes by which a `time-offset` is ahead of UTC.
fn offset_minutes(bytes: &[u8]) -> Option<i32> {
    match *bytes {
        [b'Z' | b'z'] => Some(0),
        [sign @ (b'+' | b'-'), h1, h2, b':', m1, m2] => {
            let (hours, minutes) = (two_digits(h1, h2)?, two_digits(m1, m2)?);
            if hours > 23 || minutes > 59 {
                return None;
            }
            let ahead = i32::from(hours) * 60 + i32::from(minutes);
            Some(if sign == b'+' { ahead } else { -ahead })
        }
        _ => None,
    }
}

fn two_digits(tens: u8, ones: u8) -> Option<u8> {
    let (tens, ones) = (tens.wrapping_sub(b'0'), ones.wrapping_sub(b'0'));
    (tens <= 9 && ones <= 9).then(|| tens * 10 + ones)
}
