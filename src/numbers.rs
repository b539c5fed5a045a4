//! The numbers of JSON texts, which `google.protobuf.Struct` holds as doubles.
//!
//! A number is exact or refused: a whole number that is written as one and that a double may round, and a number beyond
//! all doubles. A decimal fraction or an exponent says that the nearest double is meant.

use std::fmt;

/// Up to here, 2^53, every whole number is a double.
pub const EXACT: f64 = 9_007_199_254_740_992.0;
const WHOLE: u64 = 1 << 53;

/// Why a number of a JSON text cannot be held.
#[derive(Debug, Clone, PartialEq)]
pub struct NumberError {
    literal: String,
    what: What,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum What {
    Rounded,
    TooLarge,
}

impl fmt::Display for NumberError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let literal = &self.literal;
        match self.what {
            What::Rounded => write!(
                f,
                "the whole number {literal} is beyond 2^53 and may be rounded; write it as a text, or as {literal}.0 \
                 if the nearest number will do"
            ),
            What::TooLarge => write!(f, "the number {literal} is larger than any that is stored; write it as a text"),
        }
    }
}

/// The double of a number in the notation of JSON.
pub fn read(literal: &str) -> Result<f64, NumberError> {
    let refused = |what| Err(NumberError { literal: cut(literal), what });
    if !literal.contains(['.', 'e', 'E']) {
        let digits = literal.strip_prefix('-').unwrap_or(literal);
        if digits.parse::<u64>().map_or(true, |whole| whole > WHOLE) {
            return refused(What::Rounded);
        }
    }
    match literal.parse::<f64>() {
        Ok(number) if number.is_finite() => Ok(number),
        _ => refused(What::TooLarge),
    }
}

/// A double as people write it: whole numbers up to 2^53 without a decimal point, all others in the shortest form that
/// is read as the same double.
pub fn shown(number: f64) -> String {
    let negative_zero = number == 0.0 && number.is_sign_negative();
    if number.fract() == 0.0 && number.abs() <= EXACT && !negative_zero {
        #[allow(clippy::cast_possible_truncation, reason = "checked to be an exact integer")]
        return (number as i64).to_string();
    }
    format!("{number:?}")
}

/// Enough of a literal for a message.
fn cut(literal: &str) -> String {
    match literal.get(..40) {
        Some(start) if literal.len() > 40 => format!("{start}…"),
        _ => literal.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_are_exact_or_refused() {
        for exact in ["0", "-1", "9007199254740992", "-9007199254740992", "9007199254740993.0", "1e300", "1e22"] {
            assert!(read(exact).is_ok(), "{exact}");
        }
        for beyond in ["9007199254740993", "-9007199254740994", "18446744073709551616", "1152921504606846976"] {
            assert!(read(beyond).expect_err(beyond).to_string().contains("beyond 2^53"), "{beyond}");
        }
        for huge in ["1e400", "-1.8e308"] {
            assert!(read(huge).expect_err(huge).to_string().contains("larger than any"), "{huge}");
        }
    }

    #[test]
    fn what_is_shown_is_read_as_the_same_double() {
        let edges = [0.0, -0.0, 3.0, -0.5, 5e-324, f64::MAX, 1.0 / 3.0, EXACT, -EXACT, EXACT + 2.0, 1e16, 1e22, 1e23];
        for number in edges {
            let text = shown(number);
            assert_eq!(read(&text).map(f64::to_bits), Ok(number.to_bits()), "{text}");
        }
        assert_eq!([shown(3.0), shown(EXACT), shown(-0.0)], ["3", "9007199254740992", "-0.0"]);
    }
}
