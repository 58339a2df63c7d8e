//! "Did you mean": the nearest known name to a mistyped one.

/// The candidate most like `word`, if one is near enough to be a slip of the fingers: at most one
/// edit in three characters.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // A hostile word must not cost quadratic time.
    if word.len() > 64 {
        return None;
    }
    let allowed = word.chars().count().max(3) / 3;
    let scored = candidates.into_iter().map(|c| (edits(word, c), c));
    scored.filter(|(n, _)| *n <= allowed).min().map(|(_, c)| c)
}

/// Insertions, deletions, replacements and swaps of neighbours that lead from one word to the
/// other (optimal string alignment distance).
fn edits(a: &str, b: &str) -> usize {
    let a: Vec<char> = a.chars().collect();
    let b: Vec<char> = b.chars().take(64).collect();
    let mut rows = vec![vec![0usize; b.len() + 1]; a.len() + 1];
    for (i, row) in rows.iter_mut().enumerate() {
        row[0] = i;
    }
    for (j, cell) in rows[0].iter_mut().enumerate() {
        *cell = j;
    }
    for i in 1..=a.len() {
        for j in 1..=b.len() {
            let change = usize::from(a[i - 1] != b[j - 1]);
            let mut best = (rows[i - 1][j] + 1).min(rows[i][j - 1] + 1).min(rows[i - 1][j - 1] + change);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            rows[i][j] = best;
        }
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn suggests_slips_only() {
        let known = ["offer_seconds", "lane", "language"];
        assert_eq!(nearest("ofer_seconds", known), Some("offer_seconds"));
        assert_eq!(nearest("lnae", known), Some("lane"));
        assert_eq!(nearest("languages", known), Some("language"));
        assert_eq!(nearest("colour", known), None);
        assert_eq!(nearest(&"x".repeat(65), known), None);
    }
}
