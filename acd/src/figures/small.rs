//! Small counts: which cells of a table are left out so that nobody without clearance can work out
//! how few safeguarding contacts there were.
//!
//! A table for such a viewer has their contacts folded into its totals. What can be subtracted is
//! then the *secret* of a cell: how many of its contacts the viewer may not see. A secret of 1 to
//! `small - 1` is unsafe and its cell is left out; then, so that sums give nothing away, further
//! cells are left out until no line of the table (a row over the day, the rows of a quarter-hour, the
//! outcomes of an arrival) has just one cell missing, or missing cells whose secrets together are
//! unsafe. Statisticians call this complementary suppression.

use std::collections::BTreeSet;

/// Secrets of one table: of each row in each span of time, by column.
pub(super) type Secrets = Vec<Vec<Vec<u64>>>;

/// Whether a cell is left out, in the same order.
pub(super) type Masks = Vec<Vec<Vec<bool>>>;

/// Where a cell is: row, span, column.
type At = (usize, usize, usize);

/// How columns depend on each other.
pub(super) struct Shape {
    /// A column that is the sum of others.
    pub sum: Option<(usize, Vec<usize>)>,
    /// Columns that count some of what another counts: the part, the whole.
    pub parts: Vec<(usize, usize)>,
}

/// Masks for rows over spans. The last row is the total, the last span the sum of the others. The
/// total is decided by its own secrets alone, so that it is left out alike in every table.
pub(super) fn masks(secrets: &Secrets, small: u64, shape: &Shape) -> Masks {
    let unsafe_here = |row: &Vec<Vec<u64>>| -> Vec<Vec<bool>> {
        row.iter().map(|span| span.iter().map(|secret| is_unsafe(*secret, small)).collect()).collect()
    };
    let mut hiding =
        Hiding { secrets, small, masks: secrets.iter().map(unsafe_here).collect(), total: secrets.len() - 1 };
    hiding.settle_row(hiding.total, shape);
    loop {
        let before = hiding.masks.clone();
        for row in 0..hiding.total {
            hiding.settle_row(row, shape);
        }
        hiding.settle_rows();
        if hiding.masks == before {
            return hiding.masks;
        }
    }
}

fn is_unsafe(secret: u64, small: u64) -> bool {
    secret > 0 && secret < small
}

struct Hiding<'a> {
    secrets: &'a Secrets,
    small: u64,
    masks: Masks,
    /// Index of the total.
    total: usize,
}

impl Hiding<'_> {
    /// Every line within one row.
    fn settle_row(&mut self, row: usize, shape: &Shape) {
        let last = self.secrets[row].len() - 1;
        let columns = self.secrets[row][last].len();
        loop {
            let before = self.masks[row].clone();
            for column in 0..columns {
                let spans: Vec<At> = (0..last).map(|span| (row, span, column)).collect();
                self.settle(&spans, (row, last, column), true);
            }
            for span in 0..=last {
                if let Some((sum, of)) = &shape.sum {
                    let cells: Vec<At> = of.iter().map(|column| (row, span, *column)).collect();
                    self.settle(&cells, (row, span, *sum), true);
                }
                for (part, whole) in &shape.parts {
                    self.settle_part((row, span, *part), (row, span, *whole));
                }
            }
            if self.masks[row] == before {
                return;
            }
        }
    }

    /// Every line across rows.
    fn settle_rows(&mut self) {
        for span in 0..self.secrets[self.total].len() {
            for column in 0..self.secrets[self.total][span].len() {
                let cells: Vec<At> = (0..self.total).map(|row| (row, span, column)).collect();
                self.settle(&cells, (self.total, span, column), false);
            }
        }
    }

    /// One line: cells and their sum.
    fn settle(&mut self, cells: &[At], sum: At, sum_may_go: bool) {
        if self.masked(sum) {
            // A sum whose every part is shown is no secret.
            if self.secret(sum) > 0 && !cells.iter().any(|cell| self.masked(*cell)) {
                self.mask_next(cells);
            }
            return;
        }
        while self.tells(cells) {
            if !self.mask_next(cells) {
                if sum_may_go {
                    self.mask(sum);
                }
                return;
            }
        }
    }

    /// Whether a shown sum tells too much of the cells missing beside it.
    fn tells(&self, cells: &[At]) -> bool {
        let missing: Vec<&At> = cells.iter().filter(|cell| self.masked(**cell)).collect();
        let secret: u64 = missing.iter().map(|cell| self.secret(**cell)).sum();
        missing.len() == 1 || is_unsafe(secret, self.small)
    }

    /// A part is missing with its whole, and where it would tell how few the rest are.
    fn settle_part(&mut self, part: At, whole: At) {
        let rest = self.secret(whole).saturating_sub(self.secret(part));
        if self.secret(whole) > 0 && (self.masked(whole) || is_unsafe(rest, self.small)) {
            self.mask(part);
        }
    }

    /// Leaves one more cell out: the one with the smallest secret, one without any last.
    fn mask_next(&mut self, cells: &[At]) -> bool {
        let shown: BTreeSet<(bool, u64, At)> = cells
            .iter()
            .filter(|cell| !self.masked(**cell))
            .map(|cell| (self.secret(*cell) == 0, self.secret(*cell), *cell))
            .collect();
        match shown.first() {
            Some((_, _, cell)) => {
                self.mask(*cell);
                true
            }
            None => false,
        }
    }

    fn secret(&self, (row, span, column): At) -> u64 {
        self.secrets[row][span][column]
    }

    fn masked(&self, (row, span, column): At) -> bool {
        self.masks[row][span][column]
    }

    fn mask(&mut self, (row, span, column): At) {
        self.masks[row][span][column] = true;
    }
}
