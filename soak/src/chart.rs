//! Values over time as a line of text.

const BLOCKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// The value in each of so many equal parts of the time from zero to the end: the greatest of each, `None` where there
/// is none.
pub fn parts(values: &[(f64, f64)], end: f64, width: usize) -> Vec<Option<f64>> {
    let mut parts = vec![None; width];
    for &(at, value) in values {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is within the width")]
        let place = ((at / end * width as f64) as usize).min(width - 1);
        let part: &mut Option<f64> = &mut parts[place];
        *part = Some(part.map_or(value, |before: f64| before.max(value)));
    }
    parts
}

/// Bars as high as the values, from zero to the greatest.
pub fn line(parts: &[Option<f64>]) -> String {
    let most = parts.iter().flatten().copied().fold(0.0, f64::max);
    let bar = |value: &Option<f64>| match value {
        None => ' ',
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is from 0 to 7")]
        Some(value) if most > 0.0 => BLOCKS[((value / most * 7.0).round() as usize).min(7)],
        Some(_) => BLOCKS[0],
    };
    parts.iter().map(bar).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_greatest_of_each_part_is_drawn() {
        let parts = parts(&[(0.0, 1.0), (0.5, 7.0), (2.5, 3.5), (4.0, 0.0)], 4.0, 4);
        assert_eq!(parts, [Some(7.0), None, Some(3.5), Some(0.0)]);
        assert_eq!(line(&parts), "█ ▅▁");
        assert_eq!(line(&[Some(0.0), None]), "▁ ");
    }
}
