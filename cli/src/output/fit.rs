//! How wide the columns of a table are when there is not enough room for all of them.

/// Before the first column.
pub const MARGIN: usize = 1;
/// Between two columns.
pub const GAP: usize = 2;

/// A column narrower than this says nothing.
const LEAST: usize = 8;
/// The same where no column may be left out.
const LEAST_OF_ALL: usize = 3;

/// What a column would like.
#[derive(Debug, Clone, Copy)]
pub struct Wish {
    /// The width of its widest cell.
    pub width: usize,
    /// The width of its header.
    pub header: usize,
    /// Whether it says nothing, or something else, when it is cut: a number, a time.
    pub uncut: bool,
    /// Whether it is never left out: what an ID is of.
    pub kept: bool,
}

impl Wish {
    fn whole(self) -> usize {
        self.width.max(self.header)
    }
}

/// The width of each column; `None` for one that is left out. The widest columns are cut first and the key last, when
/// it is alone; before that the last columns are left out, unless all were asked for.
pub fn fit(wishes: &[Wish], key: usize, room: usize, all: bool) -> Vec<Option<usize>> {
    let mut widths: Vec<Option<usize>> = wishes.iter().map(|wish| Some(wish.whole().min(room))).collect();
    let least_of = |wish: &Wish, uncut: bool| match all {
        _ if uncut && wish.uncut => wish.whole(),
        true => wish.whole().min(LEAST_OF_ALL),
        false => wish.whole().min(LEAST.max(wish.header)),
    };
    // Columns that are all to be there may leave no room for whole ones.
    let uncut = !all || excess(&wishes.iter().map(|wish| Some(least_of(wish, true))).collect::<Vec<_>>(), room) == 0;
    let least = |wish: &Wish| least_of(wish, uncut);
    while excess(&widths, room) > 0 {
        let too_much = excess(&widths, room);
        let others = || (0..wishes.len()).filter(|at| *at != key);
        let spare: usize = others().filter_map(|at| Some(widths[at]?.saturating_sub(least(&wishes[at])))).sum();
        if spare >= too_much || all {
            for _ in 0..too_much.min(spare) {
                let open = others().filter(|at| widths[*at].is_some_and(|width| width > least(&wishes[*at])));
                let Some(widest) = open.max_by_key(|at| widths[*at]) else { break };
                widths[widest] = widths[widest].map(|width| width - 1);
            }
            shrink(&mut widths, key, room);
            break;
        }
        match others().rfind(|at| widths[*at].is_some() && !wishes[*at].kept) {
            Some(last) => widths[last] = None,
            None => {
                shrink(&mut widths, key, room);
                break;
            }
        }
    }
    widths
}

/// Takes from one column what is still too much.
fn shrink(widths: &mut [Option<usize>], at: usize, room: usize) {
    let too_much = excess(widths, room);
    if let Some(Some(width)) = widths.get_mut(at) {
        *width = width.saturating_sub(too_much).max(1);
    }
}

/// How much wider than the room they are.
fn excess(widths: &[Option<usize>], room: usize) -> usize {
    let shown = widths.iter().flatten();
    let gaps = GAP * shown.clone().count().saturating_sub(1);
    (MARGIN + gaps + shown.sum::<usize>()).saturating_sub(room)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn widths(columns: &[(usize, usize)], room: usize, all: bool) -> Vec<Option<usize>> {
        let wishes: Vec<Wish> = columns
            .iter()
            .map(|(width, header)| Wish { width: *width, header: *header, uncut: false, kept: false })
            .collect();
        let widths = fit(&wishes, 0, room, all);
        assert!(excess(&widths, room) == 0 || all || room < 2, "{columns:?} in {room}: {widths:?}");
        widths
    }

    #[test]
    fn the_widest_columns_are_cut_first_and_the_key_last() {
        assert_eq!(widths(&[(10, 2), (10, 4)], 80, false), [Some(10), Some(10)]);
        assert_eq!(widths(&[(30, 2), (40, 4), (20, 4)], 80, false), [Some(30), Some(25), Some(20)]);
        assert_eq!(widths(&[(30, 2), (40, 4), (40, 4)], 80, false), [Some(30), Some(23), Some(22)]);
        // A header stays readable: then columns are left out from the last one.
        assert_eq!(widths(&[(50, 2), (40, 17), (40, 4)], 79, false), [Some(50), Some(26), None]);
        assert_eq!(widths(&[(70, 2), (40, 17), (5, 4)], 80, false), [Some(70), None, None]);
        assert_eq!(widths(&[(70, 2), (5, 4), (40, 17)], 80, false), [Some(70), Some(5), None]);
        assert_eq!(widths(&[(90, 2), (5, 4)], 80, false), [Some(79), None]);
        assert_eq!(widths(&[(1 << 40, 2), (1 << 40, 4)], 80, true), [Some(74), Some(3)]);
    }

    #[test]
    fn numbers_are_whole_and_the_resource_stays() {
        let wish = |width, uncut, kept| Wish { width, header: 4, uncut, kept };
        let wishes = [wish(60, false, false), wish(10, true, true), wish(30, false, false), wish(16, true, false)];
        assert_eq!(fit(&wishes, 0, 102, false), [Some(60), Some(10), Some(9), Some(16)]);
        assert_eq!(fit(&wishes, 0, 90, false), [Some(60), Some(10), Some(15), None]);
        assert_eq!(fit(&wishes, 0, 60, false), [Some(47), Some(10), None, None]);
    }

    #[test]
    fn columns_that_were_asked_for_are_all_there() {
        assert_eq!(widths(&[(69, 2), (40, 17), (5, 4)], 80, true), [Some(69), Some(3), Some(3)]);
        assert_eq!(widths(&[(90, 2), (40, 17)], 80, true), [Some(74), Some(3)]);
        assert!(widths(&[(9, 9); 40], 80, true).iter().all(Option::is_some));
    }
}
