//! Points in time of RFC 3339, in a form whose order is theirs.

use super::order::INSTANT;
use super::value::TEXT;
use crate::format::Format;

/// The form of the point in time that a text is, given by the form of the text: the minutes before it, and the text of its seconds, without zeros
/// at the end. A leap second comes after the second 59 of its minute. `None` for what is no `date-time`.
pub(crate) fn instant(form: &[u8]) -> Option<Box<[u8]>> {
    let text = match form.first()? {
        &TEXT => form.get(5..)?,
        _ => return None,
    };
    if !Format::from_name("date-time")?.is_valid_bytes(text) {
        return None;
    }
    let number = |from: usize, to: usize| text[from..to].iter().fold(0i64, |number, digit| number * 10 + i64::from(digit & 15));
    let days = days_before(number(0, 4), number(5, 7), number(8, 10));
    let local = days * 24 * 60 + number(11, 13) * 60 + number(14, 16);
    let seconds_end = 17 + text[17..].iter().take_while(|byte| byte.is_ascii_digit() || **byte == b'.').count();
    let ahead = match text[seconds_end] {
        sign @ (b'+' | b'-') => {
            let minutes = number(seconds_end + 1, seconds_end + 3) * 60 + number(seconds_end + 4, seconds_end + 6);
            if sign == b'+' { minutes } else { -minutes }
        }
        _ => 0,
    };
    let seconds = &text[17..seconds_end];
    let zeros = if seconds.len() > 2 { seconds.iter().rev().take_while(|digit| **digit == b'0').count() } else { 0 };
    let seconds = &seconds[..seconds.len() - zeros];
    let mut out = vec![INSTANT];
    out.extend_from_slice(&(local - ahead).to_le_bytes());
    out.extend_from_slice(seconds.strip_suffix(b".").unwrap_or(seconds));
    Some(out.into())
}

/// The days from the year 0 to a day of the Gregorian calendar.
fn days_before(year: i64, month: i64, day: i64) -> i64 {
    // A year that begins with March has its leap day at its end.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    year * 365 + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + (153 * month + 2) / 5 + day
}

#[cfg(test)]
mod tests {
    use super::super::order::compare;
    use super::super::value::text;
    use super::*;
    use std::cmp::Ordering;

    fn of(time: &str) -> Option<Box<[u8]>> {
        let mut form = Vec::new();
        text(time.as_bytes(), &mut form);
        instant(&form)
    }

    #[test]
    fn times_in_order() {
        let times = [
            "0000-01-01T00:00:00+23:59",
            "0000-01-01T00:00:00Z",
            "1999-12-31T23:59:59.999Z",
            "2000-02-28T23:59:59Z",
            "2000-02-29T00:00:00Z",
            "2000-03-01T01:00:00+01:00",
            "2000-03-01T00:00:00.05Z",
            "2000-03-01T00:00:00.5Z",
            "2016-12-31T23:59:59.9Z",
            "2016-12-31T23:59:60Z",
            "2016-12-31T23:59:60.5Z",
            "2017-01-01T00:00:00Z",
            "2017-01-01T00:00:00-00:01",
        ];
        for (one, earlier) in times.iter().enumerate() {
            for (other, later) in times.iter().enumerate() {
                let order = compare(&of(earlier).expect("a time"), &of(later).expect("a time"));
                assert_eq!(order, Some(one.cmp(&other)), "{earlier} {later}");
            }
        }
    }

    #[test]
    fn one_point_in_several_texts() {
        for other in ["2024-05-01T12:00:00+02:00", "2024-05-01t10:00:00.000z", "2024-04-30T23:30:00.0-10:30"] {
            let order = compare(&of("2024-05-01T10:00:00Z").expect("a time"), &of(other).expect("a time"));
            assert_eq!(order, Some(Ordering::Equal), "{other}");
        }
        assert_eq!(of("2024-05-01"), None);
        assert_eq!(of("2023-02-29T10:00:00Z"), None);
    }
}
