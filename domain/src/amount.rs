//! Amounts as people read them, the same in every language.

/// `512 B`, `14 MiB`, `26.4 GiB`.
pub fn bytes(amount: u64) -> String {
    const UNITS: [&str; 5] = ["KiB", "MiB", "GiB", "TiB", "PiB"];
    let mut value = amount as f64;
    let mut unit = "B";
    for larger in UNITS {
        if value < 1024.0 {
            break;
        }
        value /= 1024.0;
        unit = larger;
    }
    if unit == "B" { format!("{amount} B") } else { format!("{} {unit}", three_digits(value)) }
}

/// `1.0`, `26.4`, `418`.
pub fn three_digits(value: f64) -> String {
    match value {
        ..10.0 => format!("{value:.1}"),
        ..100.0 => trimmed(value),
        _ => format!("{value:.0}"),
    }
}

/// At most one decimal, and none when it is zero.
pub fn trimmed(value: f64) -> String {
    let text = format!("{value:.1}");
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts() {
        assert_eq!(bytes(512), "512 B");
        assert_eq!(bytes(14 * 1024 * 1024), "14 MiB");
        assert_eq!(bytes(28_346_784_153), "26.4 GiB");
    }
}
