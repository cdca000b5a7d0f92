//! The sentences of the README and of the public docs, measured.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::documented::Documented;
use crate::sentences::{Sentence, sentences};

/// The maximum of the median number of words in a sentence.
const MAX_MEDIAN: usize = 18;

/// The number of the longest sentences that the report shows.
const LONGEST: usize = 10;

/// The sentences of the README or of a crate.
struct Source {
    name: String,
    /// Each with its place.
    sentences: Vec<(String, Sentence)>,
}

/// Prints the report on the README and on the crates, and fails if one misses a goal.
pub(crate) fn check(readme: &Path, crates: &[PathBuf]) -> Result<()> {
    let mut sources = vec![from_readme(readme)?];
    for json in crates {
        sources.push(from_crate(json)?);
    }
    let mut faults = Vec::new();
    for source in &sources {
        let mut lengths: Vec<usize> = source.words().collect();
        lengths.sort_unstable();
        let median = percentile(&lengths, 50);
        println!(
            "{}: {} sentences; words in a sentence: median {median} (at most {MAX_MEDIAN}), 90th \
             percentile {}",
            source.name,
            lengths.len(),
            percentile(&lengths, 90)
        );
        if median > MAX_MEDIAN {
            faults.push(format!("the median of {} is {median} words", source.name));
        }
    }
    print_longest(&sources);
    let relative: Vec<_> = sources
        .iter()
        .flat_map(|source| &source.sentences)
        .collect();
    let relative = relative
        .into_iter()
        .filter(|(_, sentence)| sentence.begins_with_a_relative_clause());
    let relative: Vec<_> = relative.collect();
    println!(
        "\nsentences that begin with What, Who, Whoever or Where and are no question: {}",
        relative.len()
    );
    for (place, sentence) in &relative {
        println!("  {place}: {sentence}");
    }
    if !relative.is_empty() {
        faults.push(format!(
            "{} sentences begin with a relative clause",
            relative.len()
        ));
    }
    if !faults.is_empty() {
        bail!(
            "{}: shorten or reword the sentences above",
            faults.join("; ")
        );
    }
    Ok(())
}

impl Source {
    fn words(&self) -> impl Iterator<Item = usize> {
        self.sentences.iter().map(|(_, sentence)| sentence.words())
    }
}

fn print_longest(sources: &[Source]) {
    let mut longest: Vec<_> = sources
        .iter()
        .flat_map(|source| &source.sentences)
        .collect();
    longest.sort_by_key(|(_, sentence)| std::cmp::Reverse(sentence.words()));
    println!("\nthe longest, with their number of words:");
    for (place, sentence) in longest.into_iter().take(LONGEST) {
        println!("{:>4}  {place}: {sentence}", sentence.words());
    }
}

fn from_readme(path: &Path) -> Result<Source> {
    let text =
        std::fs::read_to_string(path).with_context(|| format!("can't read {}", path.display()))?;
    let name = path
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let place = |sentence: Sentence| (format!("{name}:{}", sentence.line), sentence);
    let sentences = sentences(&text).into_iter().map(place).collect();
    Ok(Source { name, sentences })
}

fn from_crate(json: &Path) -> Result<Source> {
    let documented = Documented::read(json)?;
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for public in documented.all().filter(|public| seen.insert(public.id().0)) {
        // The docs of a foreign trait's items are not ours.
        let item = documented
            .item(public.id())
            .filter(|item| item.crate_id == 0);
        if let Some((item, docs)) = item.and_then(|item| Some((item, item.docs.as_ref()?))) {
            let place = Documented::place(item);
            found.extend(
                sentences(docs)
                    .into_iter()
                    .map(|sentence| (place.clone(), sentence)),
            );
        }
    }
    let name = json
        .file_stem()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    Ok(Source {
        name: format!("docs of {name}"),
        sentences: found,
    })
}

/// The length that so many per cent of the sentences do not exceed.
fn percentile(sorted: &[usize], percent: usize) -> usize {
    let rank = (sorted.len() * percent).div_ceil(100);
    sorted.get(rank.saturating_sub(1)).copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_one_of_the_lengths() {
        let lengths: Vec<usize> = (1..=20).collect();
        assert_eq!(percentile(&lengths, 50), 10);
        assert_eq!(percentile(&lengths, 90), 18);
        assert_eq!(percentile(&[7], 50), 7);
        assert_eq!(percentile(&[], 50), 0);
    }
}
