//! On which line each object of a stream began.
//!
//! Most files have one row on each line, so a million rows are one stretch here: only changes of the distance between
//! rows are kept.

/// The lines of objects, by their place in the stream.
#[derive(Debug, Default)]
pub struct Lines {
    stretches: Vec<Stretch>,
    next: u64,
    last: u64,
}

/// Objects that are the same number of lines apart.
#[derive(Debug)]
struct Stretch {
    first: u64,
    line: u64,
    step: u64,
}

impl Lines {
    /// The next object began on this line.
    pub fn push(&mut self, line: u64) {
        let index = self.next;
        let step = line.saturating_sub(self.last);
        match self.stretches.last_mut() {
            // The second object of a stretch defines the distance.
            Some(stretch) if stretch.first + 1 == index => stretch.step = step,
            Some(stretch) if stretch.step == step => {}
            _ => self.stretches.push(Stretch { first: index, line, step: 0 }),
        }
        (self.next, self.last) = (index + 1, line);
    }

    /// The line of an object.
    pub fn of(&self, index: u64) -> Option<u64> {
        let behind = self.stretches.partition_point(|stretch| stretch.first <= index);
        let stretch = self.stretches.get(behind.checked_sub(1)?)?;
        (index < self.next).then(|| stretch.line + (index - stretch.first) * stretch.step)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_come_back_and_regular_files_cost_nothing() {
        let all = [2, 3, 4, 5, 9, 13, 17, 18, 19, 40, 41, 50, 51, 52];
        let mut lines = Lines::default();
        for line in all {
            lines.push(line);
        }
        let told: Vec<_> = (0..).map_while(|index| lines.of(index)).collect();
        assert_eq!(told, all);
        let mut regular = Lines::default();
        (2..1_000_002).for_each(|line| regular.push(line));
        assert_eq!((regular.stretches.len(), regular.of(999_999)), (1, Some(1_000_001)));
        assert_eq!(Lines::default().of(0), None);
    }
}
