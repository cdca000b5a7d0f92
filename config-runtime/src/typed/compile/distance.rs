//! The edit distance of two words.
//!
//! In: two words. Out: the number of letters to change, add, leave out or swap with their
//! neighbour. It knows no keys. It is slow in constants: use it for siblings, not for a whole tree.

/// Longer words are near to nothing.
const MAX_LETTERS: usize = 64;

/// The distance, if it is at most a third of the longer word.
#[expect(
    clippy::indexing_slicing,
    reason = "the lengths are compared before; iterators are not for constants"
)]
pub(crate) const fn distance(one: &str, other: &str) -> Option<usize> {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    let longer = larger(one.len(), other.len());
    let max = longer / 3;
    if longer > MAX_LETTERS || longer - smaller(one.len(), other.len()) > max {
        return None;
    }
    // The rows of the last letter but one, of the last letter, and of this letter.
    let mut before = [0; MAX_LETTERS + 1];
    let mut above = [0; MAX_LETTERS + 1];
    let mut row = [0; MAX_LETTERS + 1];
    let mut column = 0;
    while column <= other.len() {
        above[column] = column;
        column += 1;
    }
    let mut line = 1;
    while line <= one.len() {
        row[0] = line;
        let mut best = line;
        let mut column = 1;
        while column <= other.len() {
            let same = one[line - 1] == other[column - 1];
            let mut cost = above[column - 1] + if same { 0 } else { 1 };
            cost = smaller(cost, smaller(above[column], row[column - 1]) + 1);
            let swapped = line > 1
                && column > 1
                && one[line - 1] == other[column - 2]
                && one[line - 2] == other[column - 1];
            if swapped {
                cost = smaller(cost, before[column - 2] + 1);
            }
            row[column] = cost;
            best = smaller(best, cost);
            column += 1;
        }
        // Later rows come no closer.
        if best > max {
            return None;
        }
        before = above;
        above = row;
        line += 1;
    }
    let distance = above[other.len()];
    if distance <= max {
        Some(distance)
    } else {
        None
    }
}

const fn smaller(one: usize, other: usize) -> usize {
    if one < other { one } else { other }
}

const fn larger(one: usize, other: usize) -> usize {
    if one < other { other } else { one }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::distance;

    #[test]
    fn a_third_of_the_word_is_too_much() {
        assert_eq!(distance("pool_sise", "pool_size"), Some(1));
        assert_eq!(distance("rsp", "rps"), Some(1));
        assert_eq!(distance("db", "dc"), None);
        assert_eq!(distance("", ""), Some(0));
        let long = "x".repeat(65);
        assert_eq!(distance(&long, &long), None, "too long to ask");
    }

    proptest! {
        #[test]
        fn it_is_the_usual_distance(one in "[ab_]{0,12}", other in "[ab_]{0,12}") {
            let usual = strsim::osa_distance(&one, &other);
            let near = usual <= one.len().max(other.len()) / 3;
            prop_assert_eq!(distance(&one, &other), near.then_some(usual));
        }
    }
}
