//! HTTP dates (RFC 9110, 5.6.7): the form of today and the two that recipients must still read.

use crate::time::Timestamp;

const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// Reads `Sun, 06 Nov 1994 08:49:37 GMT`, `Sunday, 06-Nov-94 08:49:37 GMT` or `Sun Nov  6 08:49:37 1994`.
///
/// `now` only decides the century of the two-digit year. The day's name must be one, and is not compared with the date:
/// a wrong one is the server's slip, not ours. A date before 1970 is the epoch.
pub(super) fn parse(text: &str, now: Timestamp) -> Option<Timestamp> {
    let text = text.trim();
    if !text.is_ascii() {
        return None;
    }
    let (year, month, day, time) = if let Some((weekday, rest)) = text.split_once(", ") {
        let rest = rest.strip_suffix(" GMT")?;
        let (date, time) = rest.rsplit_once(' ')?;
        if weekday.len() == 3 { imf(weekday, date, time)? } else { rfc850(weekday, date, time, now)? }
    } else {
        asctime(text)?
    };
    let [hour, minute, second] = time;
    let in_range = (1..=days_in(year, month)).contains(&day) && hour < 24 && minute < 60 && second <= 60;
    if !in_range {
        return None;
    }
    let seconds = days_before(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second;
    Some(
        u64::try_from(seconds)
            .map_or(Timestamp::ZERO, |seconds| Timestamp::new(seconds.saturating_mul(1_000_000))),
    )
}

type Fields = (i64, i64, i64, [i64; 3]);

fn imf(weekday: &str, date: &str, time: &str) -> Option<Fields> {
    DAYS.iter().find(|day| day[..3] == *weekday)?;
    let mut parts = date.split(' ');
    let fields = (number(parts.next()?, 2)?, month(parts.next()?)?, number(parts.next()?, 4)?);
    parts.next().is_none().then_some(())?;
    Some((fields.2, fields.1, fields.0, clock(time)?))
}

fn rfc850(weekday: &str, date: &str, time: &str, now: Timestamp) -> Option<Fields> {
    DAYS.iter().find(|day| **day == weekday)?;
    let mut parts = date.split('-');
    let fields = (number(parts.next()?, 2)?, month(parts.next()?)?, number(parts.next()?, 2)?);
    parts.next().is_none().then_some(())?;
    // "More than 50 years in the future" means the last such year in the past.
    let this_year = year_of(now);
    let year = this_year - this_year.rem_euclid(100) + fields.2;
    let year = if year > this_year + 50 { year - 100 } else { year };
    Some((year, fields.1, fields.0, clock(time)?))
}

fn asctime(text: &str) -> Option<Fields> {
    // Fixed columns: the day is padded with a space.
    let (weekday, rest) = (text.get(..3)?, text.get(3..)?.strip_prefix(' ')?);
    DAYS.iter().find(|day| day[..3] == *weekday)?;
    let (month_name, rest) = (rest.get(..3)?, rest.get(3..)?.strip_prefix(' ')?);
    let (day, rest) = (rest.get(..2)?, rest.get(2..)?.strip_prefix(' ')?);
    let (time, year) = rest.split_once(' ')?;
    let day = if let Some(digit) = day.strip_prefix(' ') { number(digit, 1)? } else { number(day, 2)? };
    Some((number(year, 4)?, month(month_name)?, day, clock(time)?))
}

fn clock(text: &str) -> Option<[i64; 3]> {
    let mut parts = text.split(':');
    let fields = [number(parts.next()?, 2)?, number(parts.next()?, 2)?, number(parts.next()?, 2)?];
    parts.next().is_none().then_some(fields)
}

/// Exactly `width` digits.
fn number(text: &str, width: usize) -> Option<i64> {
    if text.len() == width && text.bytes().all(|b| b.is_ascii_digit()) { text.parse().ok() } else { None }
}

/// 1 to 12.
fn month(name: &str) -> Option<i64> {
    MONTHS.iter().zip(1..).find(|(month, _)| **month == name).map(|(_, number)| number)
}

fn days_in(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days from 1970-01-01. Years begin in March here, so that the leap day is the last day of a year.
fn days_before(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days_of_years = year * 365 + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    let days_of_months = (month * 153 + 2) / 5;
    days_of_years + days_of_months + day - 1 - 719_468
}

fn year_of(now: Timestamp) -> i64 {
    let days = i64::try_from(now.get() / 86_400_000_000).unwrap_or(0);
    let mut year = 1970 + days / 366;
    while days_before(year + 1, 1, 1) <= days {
        year += 1;
    }
    year
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-01-01T00:00:00Z.
    const NOW: Timestamp = Timestamp::new(1_767_225_600_000_000);

    fn seconds(text: &str) -> Option<u64> {
        parse(text, NOW).map(|at| at.get() / 1_000_000)
    }

    #[test]
    fn known_instants_come_out() {
        assert_eq!(seconds("Thu, 01 Jan 1970 00:00:00 GMT"), Some(0));
        assert_eq!(seconds("Sun, 06 Nov 1994 08:49:37 GMT"), Some(784_111_777));
        assert_eq!(seconds("Tue, 29 Feb 2000 12:00:00 GMT"), Some(951_825_600));
        assert_eq!(seconds("Thu, 01 Jan 2026 00:00:00 GMT"), Some(1_767_225_600));
        assert_eq!(seconds("Fri, 31 Dec 9999 23:59:59 GMT"), Some(9_007_199_254), "cut at 2^53 µs");
    }

    #[test]
    fn a_leap_second_is_the_next_second() {
        assert_eq!(seconds("Sat, 31 Dec 2016 23:59:60 GMT"), Some(1_483_228_800));
    }

    #[test]
    fn a_two_digit_year_is_never_more_than_fifty_years_ahead() {
        assert_eq!(seconds("Wednesday, 01-Jan-76 00:00:00 GMT"), Some(3_345_062_400), "2076");
        assert_eq!(seconds("Saturday, 01-Jan-77 00:00:00 GMT"), Some(220_924_800), "1977");
        assert_eq!(seconds("Friday, 01-Jan-99 00:00:00 GMT"), Some(915_148_800), "1999");
    }

    #[test]
    fn dates_that_do_not_exist_are_refused() {
        for text in [
            "Thu, 29 Feb 1900 00:00:00 GMT",
            "Mon, 31 Apr 2024 00:00:00 GMT",
            "Mon, 00 Jan 2024 00:00:00 GMT",
            "Mon, 01 Jan 2024 24:00:00 GMT",
            "Mon, 01 Jan 2024 00:60:00 GMT",
            "Mon, 01 Jan 2024 00:00:61 GMT",
            "Xyz, 01 Jan 2024 00:00:00 GMT",
            "Mon, 01 Foo 2024 00:00:00 GMT",
            "Mon, 01 Jan 2024 00:00:00 UTC",
            "Mon, 1 Jan 2024 00:00:00 GMT",
            "Mon, 01 Jan 24 00:00:00 GMT",
            "Mon, 01 Jan 2024 0:00:00 GMT",
            "Monday, 01-Jan-2024 00:00:00 GMT",
            "Mon Jan 1 00:00:00 2024",
            "Mon Jan  1 00:00:00 24",
            "Mon, 01 Jan 2024 00:00:00:00 GMT",
            ", ",
            "é",
        ] {
            assert_eq!(seconds(text), None, "{text}");
        }
    }
}
