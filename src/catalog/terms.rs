//! The terms of a filter, of whatever list: a table of them, the values that they take, and what the
//! word that is being typed can become.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::facts::{Fact, FactSet};

/// A term. `Kind` tells the terms of a list apart; two names may be of one kind.
pub struct TermSpec<Kind: 'static> {
    pub name: &'static str,
    pub kind: Kind,
    pub about: &'static str,
    /// What must be known of a key.
    pub fact: Option<Fact>,
    /// For completion, beside those that the list shows.
    pub values: &'static [&'static str],
}

/// A term as a reference tells of it.
pub struct TermHelp {
    pub name: &'static str,
    pub about: &'static str,
    pub fact: Option<Fact>,
    pub values: &'static [&'static str],
}

/// The terms of a table, for a reference.
pub fn helps<Kind>(terms: &'static [TermSpec<Kind>]) -> Vec<TermHelp> {
    let helps = terms.iter().map(|spec| TermHelp {
        name: spec.name,
        about: spec.about,
        fact: spec.fact,
        values: spec.values,
    });
    helps.collect()
}

/// What a value of a term says.
#[derive(Debug, Clone, PartialEq)]
pub enum Test {
    /// In lower case, without what separates words in the API's names; of tags as typed.
    Word(String),
    /// From the first to before the second.
    Within(Option<Timestamp>, Option<Timestamp>),
    /// From the first to the second.
    Count(usize, usize),
}

/// A term as it was typed.
#[derive(Debug, Clone, PartialEq)]
pub struct Term<Kind> {
    pub kind: Kind,
    fact: Option<Fact>,
    /// Nothing fits where a value is wrong.
    tests: Vec<Test>,
    problem: Option<String>,
    /// Whether there is a value so far.
    is_begun: bool,
    negative: bool,
}

/// A word of a filter.
pub enum Word<'a, Kind> {
    Term(Term<Kind>),
    Text(&'a str),
    /// It looks like a term, and is none; it is looked for as text.
    Unknown(&'a str, String),
}

/// Takes a word apart; `test_of` says what a value of a term is, where it is one.
pub fn parse<'a, Kind: Copy>(
    terms: &'static [TermSpec<Kind>],
    word: &'a str,
    test_of: impl Fn(Kind, &str) -> Option<Test>,
) -> Word<'a, Kind> {
    let (bare, negative) = match word.strip_prefix('!') {
        Some(rest) => (rest, true),
        None => (word, false),
    };
    let Some((name, value)) = bare.split_once(':') else {
        return Word::Text(word);
    };
    let Some(spec) = spec_of(terms, name) else {
        let is_name = !name.is_empty()
            && name.chars().all(|c| c.is_ascii_alphabetic() || c == '-')
            && !name.eq_ignore_ascii_case("arn");
        return match is_name {
            true => Word::Unknown(word, unknown(terms, name)),
            // An ARN for one.
            false => Word::Text(word),
        };
    };
    let values: Vec<&str> = value.split(',').filter(|value| !value.is_empty()).collect();
    let mut tests = Vec::new();
    let mut problem = None;
    for value in &values {
        match test_of(spec.kind, value) {
            Some(test) => tests.push(test),
            None => {
                problem = Some(format!(
                    "{}:{value} is not understood: {}",
                    spec.name,
                    takes(spec)
                ));
            }
        }
    }
    if problem.is_some() {
        tests.clear();
    }
    Word::Term(Term {
        kind: spec.kind,
        fact: spec.fact,
        tests,
        problem,
        is_begun: !values.is_empty(),
        negative,
    })
}

fn spec_of<Kind>(terms: &'static [TermSpec<Kind>], name: &str) -> Option<&'static TermSpec<Kind>> {
    terms
        .iter()
        .find(|spec| spec.name.eq_ignore_ascii_case(name))
}

/// What is said of a term that is none, with those that it may be meant to be.
fn unknown<Kind>(terms: &[TermSpec<Kind>], name: &str) -> String {
    let name = name.to_lowercase();
    let first = name.chars().next();
    let near: Vec<String> = terms
        .iter()
        .filter(|spec| spec.name.chars().next() == first)
        .map(|spec| format!("{}:", spec.name))
        .collect();
    match near.is_empty() {
        true => format!("{name}: is no term of a filter; Tab lists them"),
        false => format!("{name}: is no term of a filter: {}?", near.join(", ")),
    }
}

/// What a term's values are like.
fn takes<Kind>(spec: &TermSpec<Kind>) -> String {
    format!(
        "write it like {}:{}",
        spec.name,
        spec.values.join(&format!(", {}:", spec.name))
    )
}

/// The value as a word.
pub fn word(value: &str) -> Option<Test> {
    Some(Test::Word(squash(value)))
}

/// The value as a word, where it is one of these.
pub fn one_of(value: &str, words: &[&str]) -> Option<Test> {
    words.contains(&value).then(|| word(value))?
}

/// `<30d`, `>2024-01-01`, `2024-06`. An age is counted back from `now` for what was, and on from it
/// for what will be.
pub fn within(value: &str, now: Timestamp, back: bool) -> Option<Test> {
    let (sign, rest) = match value.chars().next()? {
        sign @ ('<' | '>') => (Some(sign), value[1..].trim_start_matches('=')),
        _ => (None, value),
    };
    if let Some(age) = age(rest) {
        let at = match back {
            true => now.checked_sub(age),
            false => now.checked_add(age),
        };
        let at = at.ok()?;
        // Younger than 30 days is after that day.
        return Some(match (sign == Some('>'), back) {
            (true, true) | (false, false) => Test::Within(None, Some(at)),
            (false, true) | (true, false) => Test::Within(Some(at), None),
        });
    }
    let (from, to) = days_of(rest)?;
    Some(match sign {
        Some('<') => Test::Within(None, Some(from)),
        Some(_) => Test::Within(Some(to), None),
        None => Test::Within(Some(from), Some(to)),
    })
}

/// A year, a month or a day in UTC: from when, and until when.
fn days_of(text: &str) -> Option<(Timestamp, Timestamp)> {
    let mut parts = text.split('-');
    let number = |part: Option<&str>| part.map(|part| part.parse::<i16>().ok());
    let year = number(parts.next())??;
    if text.split('-').next()?.len() != 4 {
        return None;
    }
    let month = number(parts.next());
    let day = number(parts.next());
    if parts.next().is_some() {
        return None;
    }
    let date = |year: i16, month: i16, day: i16| {
        Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
    };
    let (from, to) = match (month, day) {
        (None, _) => (date(year, 1, 1)?, date(year + 1, 1, 1)?),
        (Some(month), None) => {
            let from = date(year, month?, 1)?;
            (from, from.last_of_month().tomorrow().ok()?)
        }
        (Some(month), Some(day)) => {
            let from = date(year, month?, day?)?;
            (from, from.tomorrow().ok()?)
        }
    };
    let start = |day: Date| TimeZone::UTC.to_timestamp(day.at(0, 0, 0, 0)).ok();
    Some((start(from)?, start(to)?))
}

/// `90d`, `12h`, `3w`, `6m`, `2y`.
pub fn age(text: &str) -> Option<SignedDuration> {
    let at = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = text.split_at(at);
    let hours = match unit {
        "h" => 1,
        "d" => 24,
        "w" => 24 * 7,
        "m" => 24 * 30,
        "y" => 24 * 365,
        _ => return None,
    };
    // Further back than any key, and not beyond what time there is.
    let number: i64 = number.parse::<u32>().ok()?.min(100_000).into();
    Some(SignedDuration::from_hours(hours * number))
}

/// `>0`, `>=2`, `<5`, `3`.
pub fn counts(value: &str) -> Option<Test> {
    let number = |text: &str| text.parse::<u32>().ok().map(|number| number as usize);
    let most = usize::MAX;
    Some(if let Some(rest) = value.strip_prefix(">=") {
        Test::Count(number(rest)?, most)
    } else if let Some(rest) = value.strip_prefix("<=") {
        Test::Count(0, number(rest)?)
    } else if let Some(rest) = value.strip_prefix('>') {
        Test::Count(number(rest)? + 1, most)
    } else if let Some(rest) = value.strip_prefix('<') {
        // Below 0 there is nothing.
        match number(rest)? {
            0 => Test::Count(1, 0),
            number => Test::Count(0, number - 1),
        }
    } else {
        let number = number(value)?;
        Test::Count(number, number)
    })
}

impl<Kind> Term<Kind> {
    /// What it needs to be known of every key.
    pub fn needs(&self) -> FactSet {
        // While nothing stands after the colon, nothing is asked.
        match (self.is_begun, self.fact) {
            (true, Some(fact)) => FactSet::of(fact),
            _ => FactSet::default(),
        }
    }

    /// What is wrong with it.
    pub fn problem(&self) -> Option<&str> {
        self.problem.as_deref()
    }

    /// Whether a row fits of which `holds` says whether the term holds, or that it is not known:
    /// then it fits neither the term nor its opposite.
    pub fn fits_where(&self, holds: impl FnOnce() -> Option<bool>) -> bool {
        if self.problem.is_some() {
            return false;
        }
        if !self.is_begun {
            return true;
        }
        holds().is_some_and(|fits| fits != self.negative)
    }

    /// Whether one of the words that are given passes.
    pub fn any(&self, test: &dyn Fn(&str) -> bool) -> Option<bool> {
        let mut tests = self.tests.iter();
        Some(tests.any(|one| matches!(one, Test::Word(word) if test(word))))
    }

    pub fn has_word(&self, word: &str) -> bool {
        self.tests.contains(&Test::Word(word.to_owned()))
    }

    /// Whether a time is in one of those that are given.
    pub fn is_within(&self, at: Timestamp) -> bool {
        self.tests.iter().any(|test| match test {
            Test::Within(from, to) => {
                from.is_none_or(|from| at >= from) && to.is_none_or(|to| at < to)
            }
            _ => false,
        })
    }

    /// Whether a number is one of those that are given.
    pub fn counts(&self, count: usize) -> bool {
        let mut tests = self.tests.iter();
        tests.any(|test| matches!(test, Test::Count(from, to) if (*from..=*to).contains(&count)))
    }
}

/// Lower case, without `_`, `-` and spaces: `RSA_2048` and `rsa-2048` are the same.
pub fn squash(text: &str) -> String {
    text.chars()
        .filter(|c| !matches!(c, '_' | '-' | ' '))
        .flat_map(char::to_lowercase)
        .collect()
}

/// Something that the last word of a filter can become.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Completion {
    /// The whole word.
    pub word: String,
    pub about: &'static str,
}

/// What the last word of a filter can become: the names of the terms that are offered, then the
/// values of one, with those that `more` knows for what is typed of them.
pub fn completions<Kind: Copy>(
    terms: &'static [TermSpec<Kind>],
    filter: &str,
    is_offered: impl Fn(&TermSpec<Kind>) -> bool,
    more: impl Fn(Kind, &str) -> Vec<String>,
) -> Vec<Completion> {
    let word = filter
        .rsplit(char::is_whitespace)
        .next()
        .unwrap_or_default();
    let (sign, bare) = match word.strip_prefix('!') {
        Some(rest) => ("!", rest),
        None => ("", word),
    };
    let Some((name, typed)) = bare.split_once(':') else {
        return terms
            .iter()
            .filter(|spec| spec.name.starts_with(&bare.to_lowercase()))
            .filter(|spec| is_offered(spec))
            .map(|spec| Completion {
                word: format!("{sign}{}:", spec.name),
                about: spec.about,
            })
            .collect();
    };
    let Some(spec) = spec_of(terms, name) else {
        return Vec::new();
    };
    // After a comma, the values before it stay.
    let (before, typed) = match typed.rsplit_once(',') {
        Some((before, last)) => (format!("{before},"), last),
        None => (String::new(), typed),
    };
    let mut values: Vec<String> = spec
        .values
        .iter()
        .map(|value| (*value).to_owned())
        .collect();
    values.extend(more(spec.kind, typed));
    let typed = typed.to_lowercase();
    values
        .into_iter()
        .filter(|value| value.to_lowercase().starts_with(&typed))
        .map(|value| Completion {
            word: format!("{sign}{}:{before}{value}", spec.name),
            about: spec.about,
        })
        .collect()
}
