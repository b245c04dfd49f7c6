//! Numbers, amounts and times as people read them, in both languages.

use std::time::Duration;

pub use signalbox_domain::amount::bytes;
use signalbox_domain::amount::{three_digits, trimmed};
use signalbox_domain::phrase::Language;
use signalbox_domain::time::Timestamp;

/// `1,648`, in both languages.
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// A large count with three digits: `999`, `1.65 k`, `2.1 M`; in Chinese by ten thousands: `184 万`.
pub fn rate(number: u64, language: Language) -> String {
    let exact = number as f64;
    match (language, number) {
        (Language::En, 0..10_000) | (Language::Zh, 0..10_000) => count(number),
        (Language::En, 10_000..1_000_000) => format!("{} k", three_digits(exact / 1e3)),
        (Language::En, _) => format!("{} M", three_digits(exact / 1e6)),
        (Language::Zh, 10_000..100_000_000) => format!("{} 万", three_digits(exact / 1e4)),
        (Language::Zh, _) => format!("{} 亿", three_digits(exact / 1e8)),
    }
}

/// Bytes a second as network people count: `418 Mbit/s`.
pub fn bit_rate(bytes_per_s: u64) -> String {
    let bits = bytes_per_s as f64 * 8.0;
    match bits {
        ..1e3 => format!("{bits:.0} bit/s"),
        ..1e6 => format!("{} kbit/s", three_digits(bits / 1e3)),
        ..1e9 => format!("{} Mbit/s", three_digits(bits / 1e6)),
        _ => format!("{} Gbit/s", three_digits(bits / 1e9)),
    }
}

/// `91 %`; `91%` in Chinese.
pub fn percent(share: f32, language: Language) -> String {
    match language {
        Language::En => format!("{share:.0} %"),
        Language::Zh => format!("{share:.0}%"),
    }
}

/// `0.8 ms`, `340 ms`, `8.7 s`, `7 m 17 s`, `26 h 10 m`, `3 d 14 h`.
pub fn duration(length: Duration, language: Language) -> String {
    let [ms, s, m, h, d] = units(language);
    let whole = length.as_secs();
    let two = |large: u64, large_unit: &str, small: u64, small_unit: &str| {
        format!("{large} {large_unit} {small:02} {small_unit}")
    };
    match whole {
        0 if length.as_micros() < 10_000 => {
            format!("{} {ms}", trimmed(length.as_micros() as f64 / 1e3))
        }
        0 => format!("{} {ms}", length.as_millis()),
        1..10 => format!("{} {s}", trimmed(length.as_millis() as f64 / 1e3)),
        10..60 => format!("{whole} {s}"),
        60..3600 => two(whole / 60, m, whole % 60, s),
        3600..172_800 => two(whole / 3600, h, whole % 3600 / 60, m),
        _ => format!("{} {d} {} {h}", whole / 86_400, whole % 86_400 / 3600),
    }
}

/// A limit that somebody set: as a duration, but round hours stand alone: `24 h`.
pub fn limit(length: Duration, language: Language) -> String {
    match length.as_secs() {
        0 => duration(length, language),
        whole if whole.is_multiple_of(3600) => format!("{} {}", whole / 3600, units(language)[3]),
        _ => duration(length, language),
    }
}

/// An age: as a duration, but no finer than a second: `now` is `0 s`.
pub fn age(length: Duration, language: Language) -> String {
    let whole = Duration::from_secs(length.as_secs());
    if whole.is_zero() { format!("0 {}", units(language)[1]) } else { duration(whole, language) }
}

/// A span of two estimates in one unit: `9–14 s`, `340–900 ms`.
pub fn span(low_ms: u64, high_ms: u64, language: Language) -> String {
    let [ms, s, ..] = units(language);
    if high_ms < 1000 {
        return if low_ms == high_ms {
            format!("{high_ms} {ms}")
        } else {
            format!("{low_ms}–{high_ms} {ms}")
        };
    }
    let seconds = |milliseconds: u64| trimmed(milliseconds as f64 / 1e3);
    if seconds(low_ms) == seconds(high_ms) {
        format!("{} {s}", seconds(high_ms))
    } else {
        format!("{}–{} {s}", seconds(low_ms), seconds(high_ms))
    }
}

/// Milliseconds as seconds with one digit, for columns of them: `1.2`.
pub fn seconds(milliseconds: u64) -> String {
    format!("{:.1}", milliseconds as f64 / 1e3)
}

fn units(language: Language) -> [&'static str; 5] {
    match language {
        Language::En => ["ms", "s", "m", "h", "d"],
        Language::Zh => ["毫秒", "秒", "分", "小时", "天"],
    }
}

/// A moment on the reader's own clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Local {
    pub year: i64,
    /// 1–12.
    pub month: u32,
    pub day: u32,
    pub hour: u32,
    pub minute: u32,
    pub second: u32,
    pub milli: u32,
}

impl Local {
    pub fn at(moment: Timestamp, utc_offset_min: i32) -> Local {
        let shifted = moment.0.saturating_add(i64::from(utc_offset_min) * 60_000);
        let of_day = u32::try_from(shifted.rem_euclid(86_400_000)).unwrap_or(0);
        let (year, month, day) = civil(shifted.div_euclid(86_400_000));
        Local {
            year,
            month,
            day,
            hour: of_day / 3_600_000,
            minute: of_day / 60_000 % 60,
            second: of_day / 1000 % 60,
            milli: of_day % 1000,
        }
    }

    /// `03:12:08`.
    pub fn clock(self) -> String {
        format!("{:02}:{:02}:{:02}", self.hour, self.minute, self.second)
    }

    /// `03:12:08.4`, for logs.
    pub fn clock_tenths(self) -> String {
        format!("{}.{}", self.clock(), self.milli / 100)
    }

    /// `22 Nov`; `11-22` in Chinese.
    pub fn date(self, language: Language) -> String {
        const MONTHS: [&str; 12] =
            ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
        match language {
            Language::En => {
                let name = MONTHS.get(self.month as usize - 1).copied().unwrap_or_default();
                format!("{:02} {name}", self.day)
            }
            Language::Zh => format!("{:02}-{:02}", self.month, self.day),
        }
    }
}

/// `03:12:08`, or `22 Nov 03:12` when that is not today.
pub fn moment(at: Timestamp, now: Timestamp, utc_offset_min: i32, language: Language) -> String {
    let then = Local::at(at, utc_offset_min);
    let today = Local::at(now, utc_offset_min);
    if (then.year, then.month, then.day) == (today.year, today.month, today.day) {
        return then.clock();
    }
    let date = then.date(language);
    let date = if then.year == today.year { date } else { format!("{} {date}", then.year) };
    format!("{date} {:02}:{:02}", then.hour, then.minute)
}

/// ISO 8601 in UTC, for `<time datetime>` and exports.
pub fn iso(at: Timestamp) -> String {
    let utc = Local::at(at, 0);
    format!("{:04}-{:02}-{:02}T{}Z", utc.year, utc.month, utc.day, utc.clock())
}

/// Days since 1970-01-01 as a Gregorian date (Howard Hinnant, "chrono-compatible low-level date
/// algorithms", `civil_from_days`).
fn civil(days: i64) -> (i64, u32, u32) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, u32::try_from(month).unwrap_or(1), u32::try_from(day).unwrap_or(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    const EN: Language = Language::En;
    const ZH: Language = Language::Zh;

    #[test]
    fn numbers() {
        assert_eq!(
            ["0", "999", "1,648", "12,345,678"].map(str::to_owned),
            [0, 999, 1648, 12_345_678].map(count)
        );
        assert_eq!(rate(1648, EN), "1,648");
        assert_eq!(rate(2_100_000, EN), "2.1 M");
        assert_eq!(rate(1_840_000, ZH), "184 万");
        assert_eq!((percent(91.0, EN), percent(91.0, ZH)), ("91 %".into(), "91%".into()));
    }

    #[test]
    fn amounts() {
        assert_eq!(bit_rate(52_250_000), "418 Mbit/s");
    }

    #[test]
    fn durations() {
        let ms = Duration::from_millis;
        let s = Duration::from_secs;
        assert_eq!(duration(Duration::from_micros(800), EN), "0.8 ms");
        assert_eq!(duration(ms(340), EN), "340 ms");
        assert_eq!(duration(ms(8700), EN), "8.7 s");
        assert_eq!(duration(s(437), EN), "7 m 17 s");
        assert_eq!(duration(s(437), ZH), "7 分 17 秒");
        assert_eq!(duration(s(94_200), EN), "26 h 10 m");
        assert_eq!(duration(s(94_200), ZH), "26 小时 10 分");
        assert_eq!(duration(s(3 * 86_400 + 14 * 3600), EN), "3 d 14 h");
        assert_eq!(limit(s(86_400), EN), "24 h");
        assert_eq!(limit(s(5400), EN), "1 h 30 m");
        assert_eq!(age(ms(900), EN), "0 s");
        assert_eq!(age(ms(2900), EN), "2 s");
    }

    #[test]
    fn spans_share_a_unit() {
        assert_eq!(span(9000, 14_000, EN), "9–14 s");
        assert_eq!(span(340, 900, EN), "340–900 ms");
        assert_eq!(span(0, 0, ZH), "0 毫秒");
        assert_eq!(span(3000, 3600, ZH), "3–3.6 秒");
    }

    #[test]
    fn moments_on_the_readers_clock() {
        // 2026-02-28T23:30:05.400Z
        let at = Timestamp(1_772_321_405_400);
        assert_eq!(iso(at), "2026-02-28T23:30:05Z");
        assert_eq!(Local::at(at, 0).clock_tenths(), "23:30:05.4");
        assert_eq!(moment(at, at, 60, EN), "00:30:05", "one hour east it is already March");
        assert_eq!(Local::at(at, 60).date(EN), "01 Mar");
        let later = at.plus(Duration::from_secs(86_400));
        assert_eq!(moment(at, later, 0, EN), "28 Feb 23:30");
        assert_eq!(moment(at, later, 0, ZH), "02-28 23:30");
        assert_eq!(
            moment(at, at.plus(Duration::from_secs(400 * 86_400)), 0, EN),
            "2026 28 Feb 23:30"
        );
        assert_eq!(iso(Timestamp(951_782_400_000)), "2000-02-29T00:00:00Z", "a leap day");
    }
}
