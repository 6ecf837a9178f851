//! The filter of a list of keys.
//!
//! A hundred thousand keys are looked through at each key press, so what is looked at lies in one
//! piece of memory, in lower case, and the costly fuzzy match is only for what holds no plain one.

use jiff::Timestamp;
use memchr::memmem::Finder;
use nucleo_matcher::pattern::{Atom, AtomKind, CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

use super::facts::FactSet;
use super::filter_terms::{self, Term};
use super::inventory::{Entry, Inventory};

/// Keys from which the work is shared between threads.
const SHARED_FROM: usize = 20_000;
/// Fuzzy matches up to which the better ones come first; of more, nobody reads the order.
const RANKED: usize = 5_000;

/// The names of all keys in lower case, one after the other: aliases without `alias/`, each ended
/// by a line end, then the key ID.
#[derive(Debug, Default)]
pub(super) struct Texts {
    epoch: u64,
    /// How much of the inventory's log is in here.
    named: usize,
    all: String,
    /// Of each key: where its text begins, where its key ID does, and where it ends.
    spans: Vec<(u32, u32, u32)>,
}

impl Texts {
    /// Takes in what the inventory has got since.
    pub(super) fn update(&mut self, keys: &Inventory) {
        // Texts that changed are written anew at the end; what they leave behind must not pile up.
        let live = keys.len() * 80;
        if self.epoch != keys.epoch() || self.all.len() > 4 * live.max(100_000) {
            *self = Texts {
                epoch: keys.epoch(),
                ..Texts::default()
            };
        }
        self.spans.resize(keys.len(), (0, 0, 0));
        if self.named == 0 {
            for place in 0..keys.len() {
                self.write(place, &keys.entries()[place]);
            }
        } else {
            for place in &keys.named()[self.named..] {
                self.write(*place as usize, &keys.entries()[*place as usize]);
            }
        }
        self.named = keys.named().len();
    }

    fn write(&mut self, place: usize, entry: &Entry) {
        let from = self.all.len() as u32;
        for alias in &entry.aliases {
            let name = alias.strip_prefix("alias/").unwrap_or(alias);
            self.all.extend(name.chars().flat_map(char::to_lowercase));
            self.all.push('\n');
        }
        let id = self.all.len() as u32;
        self.all
            .extend(entry.key_id.chars().flat_map(char::to_lowercase));
        self.spans[place] = (from, id, self.all.len() as u32);
    }

    /// The aliases, and the key ID.
    fn of(&self, place: u32) -> (&str, &str) {
        let (from, id, to) = self.spans[place as usize];
        (
            &self.all[from as usize..id as usize],
            &self.all[id as usize..to as usize],
        )
    }
}

/// A filter as typed: words, each of which must match. A word that an alias holds as it is comes
/// before one that an alias holds in parts (fuzzy), and both before one that the key ID, the ARN
/// or the description holds, where fuzzy would match almost every run of hex digits.
pub(super) struct Query {
    words: Vec<Word>,
    terms: Vec<Term>,
    problems: Vec<String>,
}

struct Word {
    atom: Atom,
    /// The word in lower case, without `alias/`.
    text: String,
    /// Whether it begins with `alias`, which all aliases do.
    names_alias: bool,
    finder: Finder<'static>,
}

/// How well a key matches: the lower the better.
type Rank = u32;

const AT_START: Rank = 0;
const AT_WORD: Rank = 1;
const INSIDE: Rank = 2;
const FUZZY: Rank = 3;
const BY_ID: Rank = 4;
const BY_TEXT: Rank = 5;
const RANKS: usize = 6;

impl Query {
    /// A filter as typed; ages in it count from `now`.
    pub(super) fn new(text: &str, now: Timestamp) -> Query {
        let mut terms = Vec::new();
        let mut problems = Vec::new();
        let mut words = Vec::new();
        for word in text.split_whitespace() {
            match filter_terms::parse(word, now) {
                filter_terms::Word::Term(term) => {
                    problems.extend(term.problem().map(str::to_owned));
                    terms.push(term);
                }
                filter_terms::Word::Text(word) => words.push(word),
                filter_terms::Word::Unknown(word, problem) => {
                    problems.push(problem);
                    words.push(word);
                }
            }
        }
        let atoms =
            Pattern::parse(&words.join(" "), CaseMatching::Ignore, Normalization::Smart).atoms;
        let words = atoms.into_iter().map(|atom| {
            let text = atom.needle_text().to_string().to_lowercase();
            let names_alias = text.starts_with("alias");
            let text = text.strip_prefix("alias/").unwrap_or(&text).to_owned();
            Word {
                names_alias,
                finder: Finder::new(text.as_bytes()).into_owned(),
                atom,
                text,
            }
        });
        Query {
            words: words.collect(),
            terms,
            problems,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.words.is_empty() && self.terms.is_empty()
    }

    /// Whether what it finds depends on what the user marked.
    pub(super) fn is_of_marks(&self) -> bool {
        self.terms.iter().any(Term::is_of_marks)
    }

    /// What its terms must know of every key.
    pub(super) fn needs(&self) -> FactSet {
        let needs = self.terms.iter().map(Term::needs);
        needs.fold(FactSet::default(), FactSet::and)
    }

    /// Words that look like terms and are none, and terms whose values are wrong.
    pub(super) fn problems(&self) -> &[String] {
        &self.problems
    }

    /// Whether it can only match fewer keys than the same text with its end left out: words alone,
    /// without terms and the signs that turn a match around. `alias/pay` matches more than `alia`
    /// does, which is looked for in the aliases' own names.
    pub(super) fn narrows(&self) -> bool {
        self.terms.is_empty()
            && self
                .words
                .iter()
                .all(|word| word.is_plain() && !word.names_alias)
    }

    /// Those of `places` that match, in the order in which they are; and again with the better ones
    /// first.
    pub(super) fn matches(
        &self,
        places: &[u32],
        texts: &Texts,
        keys: &Inventory,
    ) -> (Vec<u32>, Vec<u32>) {
        let ranked = |places: &[u32]| -> Vec<(Rank, u32, u32)> {
            let mut matcher = Matcher::new(Config::DEFAULT);
            places
                .iter()
                .filter_map(|place| {
                    let entry = &keys.entries()[*place as usize];
                    if !self.terms.iter().all(|term| term.fits(entry, keys)) {
                        return None;
                    }
                    let (rank, score) = self.rank(*place, texts, entry, &mut matcher)?;
                    Some((rank, score, *place))
                })
                .collect()
        };
        let ranked = if places.len() < SHARED_FROM {
            ranked(places)
        } else {
            let threads = std::thread::available_parallelism()
                .map_or(1, usize::from)
                .min(8);
            let share = places.len().div_ceil(threads);
            std::thread::scope(|scope| {
                let parts: Vec<_> = places
                    .chunks(share)
                    .map(|part| scope.spawn(|| ranked(part)))
                    .collect();
                let mut all = Vec::new();
                for part in parts {
                    match part.join() {
                        Ok(part) => all.extend(part),
                        Err(panic) => std::panic::resume_unwind(panic),
                    }
                }
                all
            })
        };
        let mut rows = Vec::with_capacity(ranked.len());
        for rank in 0..RANKS as Rank {
            let from = rows.len();
            rows.extend(
                ranked
                    .iter()
                    .filter(|(other, ..)| *other == rank)
                    .map(|(_, score, place)| (*score, *place)),
            );
            if rank == FUZZY && rows.len() - from <= RANKED {
                rows[from..].sort_by_key(|(score, _)| std::cmp::Reverse(*score));
            }
        }
        (
            ranked.into_iter().map(|(.., place)| place).collect(),
            rows.into_iter().map(|(_, place)| place).collect(),
        )
    }

    /// How well a key matches all words, and the fuzzy score where that was needed.
    fn rank(
        &self,
        place: u32,
        texts: &Texts,
        entry: &Entry,
        matcher: &mut Matcher,
    ) -> Option<(Rank, u32)> {
        let (aliases, id) = texts.of(place);
        let mut worst = AT_START;
        let mut total = 0;
        for word in &self.words {
            let (rank, score) = word.rank(aliases, id, entry, matcher)?;
            worst = worst.max(rank);
            total += score;
        }
        Some((worst, total))
    }

    /// Characters of `text` that the words match: char indices in order.
    pub(super) fn matched_chars(&self, text: &str) -> Vec<u32> {
        let mut found = Vec::new();
        let mut buffer = Vec::new();
        let mut matcher = Matcher::new(Config::DEFAULT);
        let lower = text.to_lowercase();
        for word in self.words.iter().filter(|word| !word.atom.negative) {
            // The plain match that ranked it, where lower case has the same length.
            match word.finder.find(lower.as_bytes()) {
                Some(at) if lower.is_ascii() => {
                    found.extend(at as u32..(at + word.text.len()) as u32);
                }
                _ => {
                    word.atom
                        .indices(Utf32Str::new(text, &mut buffer), &mut matcher, &mut found);
                }
            }
        }
        found.sort_unstable();
        found.dedup();
        found
    }
}

impl Word {
    fn is_plain(&self) -> bool {
        self.atom.kind == AtomKind::Fuzzy && !self.atom.negative
    }

    fn rank(
        &self,
        aliases: &str,
        id: &str,
        entry: &Entry,
        matcher: &mut Matcher,
    ) -> Option<(Rank, u32)> {
        if !self.is_plain() {
            return self.signed_rank(id, entry, matcher);
        }
        // `alias` is what all of them begin with.
        if matches!(self.text.as_str(), "" | "alias") && !aliases.is_empty() {
            return Some((AT_START, 0));
        }
        if let Some(at) = self.finder.find(aliases.as_bytes()) {
            let before = aliases[..at].chars().next_back();
            return Some(match before {
                None | Some('\n') => (AT_START, 0),
                Some('/' | '-' | '_') => (AT_WORD, 0),
                Some(_) => (INSIDE, 0),
            });
        }
        // One character that is not there cannot be there in parts.
        if self.text.len() > 1 && !aliases.is_empty() {
            let mut buffer = Vec::new();
            let best = aliases
                .lines()
                .filter_map(|alias| self.atom.score(Utf32Str::new(alias, &mut buffer), matcher))
                .max();
            if let Some(score) = best {
                return Some((FUZZY, score.into()));
            }
        }
        if self.finder.find(id.as_bytes()).is_some() {
            return Some((BY_ID, 0));
        }
        let description = entry.metadata().map_or("", |key| &key.description);
        if !description.is_empty()
            && self
                .finder
                .find(description.to_lowercase().as_bytes())
                .is_some()
        {
            return Some((BY_TEXT, 0));
        }
        // All ARNs of a list begin alike: only a word that could be one is looked for in them.
        let is_arn = self.text.contains([':', '/'])
            && entry
                .arn
                .as_deref()
                .is_some_and(|arn| self.finder.find(arn.as_bytes()).is_some());
        is_arn.then_some((BY_ID, 0))
    }

    /// With `!`, `'`, `^` or `$`: what it says of each name.
    fn signed_rank(&self, id: &str, entry: &Entry, matcher: &mut Matcher) -> Option<(Rank, u32)> {
        let mut buffer = Vec::new();
        let mut texts: Vec<&str> = Vec::new();
        for alias in &entry.aliases {
            texts.push(alias.strip_prefix("alias/").unwrap_or(alias));
        }
        texts.push(id);
        texts.extend(
            entry
                .metadata()
                .map(|key| key.description.as_str())
                .filter(|text| !text.is_empty()),
        );
        let mut holds = |text: &&str| {
            self.atom
                .score(Utf32Str::new(text, &mut buffer), matcher)
                .is_some()
        };
        let matches = if self.atom.negative {
            texts.iter().all(&mut holds)
        } else {
            texts.iter().any(&mut holds)
        };
        matches.then_some((AT_START, 0))
    }
}
