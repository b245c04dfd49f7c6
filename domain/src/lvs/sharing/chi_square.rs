//! Pearson's test of goodness of fit.

use serde::{Deserialize, Serialize};

/// How far counts are from what was expected of them, and how often chance alone takes them so far.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChiSquare {
    pub statistic: f64,
    pub degrees_of_freedom: u32,
    /// 0 to 1.
    pub p: f64,
}

impl ChiSquare {
    /// Of pairs of an observed count and an expected one above 0; `None` of fewer than two.
    pub fn of(pairs: &[(f64, f64)]) -> Option<ChiSquare> {
        let degrees_of_freedom = u32::try_from(pairs.len()).ok()?.checked_sub(1)?;
        if degrees_of_freedom == 0 {
            return None;
        }
        let statistic =
            pairs.iter().map(|(seen, expected)| (seen - expected).powi(2) / expected).sum();
        let p = survival(statistic, degrees_of_freedom);
        Some(ChiSquare { statistic, degrees_of_freedom, p })
    }
}

/// Of the chi-square distribution: Q(k/2, x/2), the regularised upper incomplete gamma function (NIST
/// Digital Library of Mathematical Functions, 8.2.4), by its recurrence 8.8.6,
/// Q(a + 1, z) = Q(a, z) + zᵃ e⁻ᶻ / Γ(a + 1), from Q(1, z) = e⁻ᶻ or Q(1/2, z) = erfc(√z).
fn survival(statistic: f64, degrees_of_freedom: u32) -> f64 {
    let z = statistic / 2.0;
    if z <= 0.0 {
        return 1.0;
    }
    let end = f64::from(degrees_of_freedom) / 2.0;
    // The term is kept as a logarithm: of many servers it would overflow.
    let (mut a, mut q, mut log_term) = if degrees_of_freedom.is_multiple_of(2) {
        (1.0, (-z).exp(), z.ln() - z)
    } else {
        let log_gamma_of_3_halves = (std::f64::consts::PI.sqrt() / 2.0).ln();
        (0.5, erfc(z.sqrt()), 0.5 * z.ln() - z - log_gamma_of_3_halves)
    };
    while a < end {
        q += log_term.exp();
        a += 1.0;
        log_term += z.ln() - a.ln();
    }
    q.clamp(0.0, 1.0)
}

/// The complementary error function: its power series (DLMF 7.6.2) for small arguments, else its
/// continued fraction (DLMF 7.9.1), both far more exact than a verdict needs.
fn erfc(x: f64) -> f64 {
    let scale = (-x * x).exp() / std::f64::consts::PI.sqrt();
    if x < 2.0 {
        let (mut term, mut sum, mut n) = (2.0 * x, 2.0 * x, 1.0);
        while term > sum * 1e-16 {
            term *= 2.0 * x * x / (2.0 * n + 1.0);
            sum += term;
            n += 1.0;
        }
        return 1.0 - scale * sum;
    }
    let fraction = (1..=60).rev().fold(x, |tail, n| x + f64::from(n) / 2.0 / tail);
    scale / fraction
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// NIST/SEMATECH e-Handbook of Statistical Methods, 1.3.6.7.4: upper critical values.
    const TABLE: [(u32, f64, f64); 12] = [
        (1, 0.10, 2.706),
        (1, 0.05, 3.841),
        (1, 0.001, 10.828),
        (2, 0.05, 5.991),
        (2, 0.01, 9.210),
        (2, 0.001, 13.816),
        (3, 0.05, 7.815),
        (5, 0.01, 15.086),
        (10, 0.05, 18.307),
        (11, 0.001, 31.264),
        (50, 0.05, 67.505),
        (100, 0.05, 124.342),
    ];

    #[test]
    fn the_survival_function_is_as_tables_have_it() {
        for (degrees, p, critical) in TABLE {
            let found = survival(critical, degrees);
            assert!((found - p).abs() < p * 2e-3, "{degrees} {critical}: {found}, not {p}");
        }
    }

    #[test]
    fn counts_as_expected_are_nothing_and_one_count_is_no_test() {
        assert_eq!(ChiSquare::of(&[(150.0, 150.0), (75.0, 75.0)]).unwrap().p, 1.0);
        assert_eq!(ChiSquare::of(&[(3.0, 3.0)]), None);
        assert_eq!(ChiSquare::of(&[]), None);
        let off = ChiSquare::of(&[(100.0, 150.0), (100.0, 75.0), (100.0, 75.0)]).unwrap();
        assert!((off.statistic - 33.333).abs() < 1e-3 && off.p < 1e-7, "{off:?}");
    }

    proptest! {
        #[test]
        fn a_larger_distance_is_never_likelier(
            a in 0.0..2_000.0_f64, b in 0.0..2_000.0_f64, degrees in 1_u32..300,
        ) {
            let (near, far) = (a.min(b), a.max(b));
            let (p, q) = (survival(near, degrees), survival(far, degrees));
            prop_assert!((0.0..=1.0).contains(&p) && q <= p + 1e-9, "{} {}", p, q);
        }
    }
}
