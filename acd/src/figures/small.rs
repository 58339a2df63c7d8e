//! Small counts: which cells of a table are left out so that nobody without clearance can work out
//! how few safeguarding contacts there were.
//!
//! A table for such a viewer has their contacts folded into its totals. What can be subtracted is
//! then the *secret* of a cell: how many of its contacts the viewer may not see. A secret of 1 to
//! `small - 1` is unsafe and its cell is left out; then, so that sums give nothing away, further cells
//! are left out (statisticians call this complementary suppression):
//!
//! - Of the total over the quarter-hours of a day, either none is missing, or several whose secrets
//!   together are safe, or the day is missing too. The total looks at its own secrets alone, so
//!   that it is left out alike in every table.
//! - Of several rows, a quarter-hour is missing in all or none. With two rows and two quarter-hours
//!   or more missing as a block, sums along and across determine none of them.
//! - A column that counts part of another is missing with it, and where the rest would tell.
//! - Outcomes add up to arrivals: so one outcome, of which nothing is known from elsewhere, is
//!   missing throughout a day that has secrets. Nothing can then be carried from column to column.

/// Secrets of one table: of each row in each span of time, by column.
pub(super) type Secrets = Vec<Vec<Vec<u64>>>;

/// Whether a cell is left out, in the same order.
pub(super) type Masks = Vec<Vec<Vec<bool>>>;

/// How columns depend on each other.
pub(super) struct Shape {
    /// The outcome that is left out throughout.
    pub free: Option<usize>,
    /// Columns that count some of what another counts: the part, the whole. A whole that is
    /// itself a part stands as a part before.
    pub parts: Vec<(usize, usize)>,
}

/// Masks for rows over spans. The last row is the total, the last span the sum of the others.
pub(super) fn masks(secrets: &Secrets, small: u64, shape: &Shape) -> Masks {
    let none = |row: &Vec<Vec<u64>>| row.iter().map(|span| vec![false; span.len()]).collect();
    let mut hiding = Hiding { secrets, small, shape, masks: secrets.iter().map(none).collect() };
    let columns = secrets[0][0].len();
    let is_part = |column: &usize| shape.parts.iter().any(|(part, _)| part == column);
    let wholes = (0..columns).filter(|column| !is_part(column));
    for column in wholes.chain(shape.parts.iter().map(|(part, _)| *part)) {
        hiding.settle_total(column);
        hiding.settle_rows(column);
    }
    hiding.masks
}

fn is_unsafe(secret: u64, small: u64) -> bool {
    secret > 0 && secret < small
}

struct Hiding<'a> {
    secrets: &'a Secrets,
    small: u64,
    shape: &'a Shape,
    masks: Masks,
}

impl Hiding<'_> {
    /// The total over the day.
    fn settle_total(&mut self, column: usize) {
        let (total, day) = (self.secrets.len() - 1, self.secrets[0].len() - 1);
        for span in 0..=day {
            self.masks[total][span][column] = self.must_go(total, span, column);
        }
        loop {
            let missing: Vec<usize> = (0..day).filter(|span| self.masks[total][*span][column]).collect();
            let tells = match self.masks[total][day][column] {
                true => missing.is_empty() && self.secrets[total][day][column] > 0,
                false => missing.len() == 1 || self.is_unsafe_together(total, &missing, column),
            };
            if !tells {
                return;
            }
            match self.next_span(total, day, column) {
                Some(span) => self.masks[total][span][column] = true,
                None => {
                    self.masks[total][day][column] = true;
                    return;
                }
            }
        }
    }

    /// The rows that add up to the total.
    fn settle_rows(&mut self, column: usize) {
        let (total, day) = (self.secrets.len() - 1, self.secrets[0].len() - 1);
        if total == 1 {
            // One row is the total.
            for span in 0..=day {
                self.masks[0][span][column] = self.masks[1][span][column];
            }
            return;
        }
        let mut missing = Vec::new();
        for span in 0..day {
            let goes = self.masks[total][span][column] || (0..total).any(|row| self.must_go(row, span, column));
            (0..total).for_each(|row| self.masks[row][span][column] = goes);
            missing.extend(goes.then_some(span));
        }
        let row_tells = |row: usize| self.must_go(row, day, column) || self.is_unsafe_together(row, &missing, column);
        let goes = self.masks[total][day][column] || missing.len() == 1 || (0..total).any(row_tells);
        (0..total).for_each(|row| self.masks[row][day][column] = goes);
    }

    /// Whether a cell must be left out whatever is beside it.
    fn must_go(&self, row: usize, span: usize, column: usize) -> bool {
        if self.shape.free == Some(column) {
            return self.secrets.iter().flatten().flatten().any(|secret| *secret > 0);
        }
        let whole = self.whole(column);
        let goes_with_whole = whole.is_some_and(|whole| self.masks[row][span][whole]);
        goes_with_whole || self.is_unsafe_together(row, &[span], column)
    }

    /// Whether the secrets of some spans together are unsafe, or what they leave of their whole is.
    fn is_unsafe_together(&self, row: usize, spans: &[usize], column: usize) -> bool {
        let sum = |column: usize| spans.iter().map(|span| self.secrets[row][*span][column]).sum::<u64>();
        let rest = self.whole(column).map_or(0, |whole| sum(whole).saturating_sub(sum(column)));
        is_unsafe(sum(column), self.small) || is_unsafe(rest, self.small)
    }

    fn whole(&self, column: usize) -> Option<usize> {
        self.shape.parts.iter().find(|(part, _)| *part == column).map(|(_, whole)| *whole)
    }

    /// The span to leave out next: the one with the smallest secret, one without any last.
    fn next_span(&self, row: usize, day: usize, column: usize) -> Option<usize> {
        let secret = |span: &usize| self.secrets[row][*span][column];
        let shown = (0..day).filter(|span| !self.masks[row][*span][column]);
        shown.min_by_key(|span| (secret(span) == 0, secret(span), *span))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SMALL: u64 = 5;
    /// Columns: arrivals, their four outcomes, and some of the first outcome. Nothing secret has the
    /// last outcome.
    const COLUMNS: usize = 6;
    /// Where the row, the span, the column is.
    type At = (usize, usize, usize);

    fn shape() -> Shape {
        Shape { free: Some(4), parts: vec![(5, 1)] }
    }

    /// Rows over spans with their sums, from outcomes of each cell.
    fn grid(cells: &[Vec<[u64; 4]>]) -> Secrets {
        let spans = cells[0].len();
        let mut secrets = vec![vec![vec![0; COLUMNS]; spans + 1]; cells.len() + 1];
        for (row, cells) in cells.iter().enumerate() {
            for (span, [a, b, c, part]) in cells.iter().enumerate() {
                let values = [a + b + c, *a, *b, *c, 0, *part.min(a)];
                for (row, span) in [(row, span), (row, spans), (secrets.len() - 1, span), (secrets.len() - 1, spans)] {
                    (0..COLUMNS).for_each(|column| secrets[row][span][column] += values[column]);
                }
            }
        }
        secrets
    }

    /// Every sum of the table that an onlooker knows, as the cells that add up and the sum.
    fn lines(rows: usize, spans: usize) -> Vec<(Vec<At>, At)> {
        let mut lines = Vec::new();
        for row in 0..rows {
            for column in 0..COLUMNS {
                lines.push(((0..spans - 1).map(|s| (row, s, column)).collect(), (row, spans - 1, column)));
            }
            lines.extend((0..spans).map(|s| ((1..5).map(|c| (row, s, c)).collect(), (row, s, 0))));
        }
        for span in 0..spans {
            for column in 0..COLUMNS {
                lines.push(((0..rows - 1).map(|r| (r, span, column)).collect(), (rows - 1, span, column)));
            }
        }
        lines
    }

    /// Cells left out that the sums determine after all: Gaussian elimination over the missing ones.
    fn worked_out(secrets: &Secrets, masks: &Masks) -> Vec<At> {
        let (rows, spans) = (secrets.len(), secrets[0].len());
        let masked = |(r, s, c): At| masks[r][s][c];
        let all = (0..rows).flat_map(|r| (0..spans).flat_map(move |s| (0..COLUMNS).map(move |c| (r, s, c))));
        let unknown: Vec<At> = all.filter(|at| masked(*at)).collect();
        let index = |at: At| unknown.iter().position(|other| *other == at);
        let mut matrix: Vec<Vec<f64>> = Vec::new();
        for (cells, sum) in lines(rows, spans) {
            let mut line = vec![0.0; unknown.len()];
            cells.iter().filter_map(|at| index(*at)).for_each(|at| line[at] += 1.0);
            if let Some(at) = index(sum) {
                line[at] -= 1.0;
            }
            matrix.push(line);
        }
        let mut done = 0;
        for column in 0..unknown.len() {
            let Some(pivot) = (done..matrix.len()).find(|r| matrix[*r][column].abs() > 1e-9) else { continue };
            matrix.swap(done, pivot);
            let scale = matrix[done][column];
            matrix[done].iter_mut().for_each(|v| *v /= scale);
            let pivot = matrix[done].clone();
            for (_, line) in matrix.iter_mut().enumerate().filter(|(r, _)| *r != done) {
                let factor = line[column];
                line.iter_mut().zip(&pivot).for_each(|(v, p)| *v -= factor * p);
            }
            done += 1;
        }
        let alone = |line: &Vec<f64>| line.iter().filter(|v| v.abs() > 1e-9).count() == 1;
        let first = |line: &Vec<f64>| line.iter().position(|v| v.abs() > 1e-9);
        matrix.iter().filter(|line| alone(line)).filter_map(first).map(|at| unknown[at]).collect()
    }

    #[test]
    fn only_the_free_outcome_is_left_out_where_all_secrets_are_great() {
        for (cells, free) in [(vec![vec![[0, 0, 0, 0]; 3]; 2], false), (vec![vec![[9, 10, 20, 0]; 3]; 2], true)] {
            for span in masks(&grid(&cells), SMALL, &shape()).into_iter().flatten() {
                assert_eq!(span, [false, false, false, false, free, false]);
            }
        }
    }

    #[test]
    fn the_day_minus_the_other_quarter_hours_does_not_tell() {
        // One row, four quarter-hours; in the second two contacts the viewer must not count.
        let secrets = grid(&[vec![[20, 0, 0, 20], [2, 0, 0, 2], [7, 0, 0, 7], [9, 0, 0, 9]]]);
        let masks = masks(&secrets, SMALL, &shape());
        let missing: Vec<usize> = (0..4).filter(|span| masks[0][*span][0]).collect();
        assert_eq!(missing, [1, 2], "the one with two, and the next smallest beside it");
        assert!(!masks[0][4][0], "the day's 38 are told");
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]
        #[test]
        fn what_is_left_out_cannot_be_worked_out(
            cells in (1..4usize, 1..6usize).prop_flat_map(|(rows, spans)| {
                let cell = prop::array::uniform4(prop_oneof![3 => Just(0u64), 2 => 1..5u64, 2 => 5..30u64]);
                prop::collection::vec(prop::collection::vec(cell, spans), rows)
            })
        ) {
            let secrets = grid(&cells);
            let masks = masks(&secrets, SMALL, &shape());
            let secret = |(r, s, c): At| secrets[r][s][c];
            for (r, row) in masks.iter().enumerate() {
                for (s, span) in row.iter().enumerate() {
                    for (c, masked) in span.iter().enumerate() {
                        prop_assert!(*masked || !is_unsafe(secret((r, s, c)), SMALL), "{:?} is told", (r, s, c));
                    }
                    let (part, whole) = (secrets[r][s][5], secrets[r][s][1]);
                    prop_assert!(span[5] || span[1] || !is_unsafe(whole - part, SMALL));
                }
            }
            for at in worked_out(&secrets, &masks) {
                prop_assert!(!is_unsafe(secret(at), SMALL), "{at:?} can be worked out: {masks:?}");
            }
        }
    }
}
