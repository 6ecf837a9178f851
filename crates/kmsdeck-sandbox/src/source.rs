//! JSON that people write: what is wrong with it is told with its line and with where it stands.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::error::SandboxError;

/// A file's text, and what it is called.
#[derive(Clone, Copy)]
pub(crate) struct Source<'a> {
    pub(crate) path: &'a Path,
    pub(crate) text: &'a str,
}

/// A part of a file, and the way to it (`accounts[0].users[2]`).
#[derive(Clone)]
pub(crate) struct Part<'a> {
    source: Source<'a>,
    text: &'a str,
    way: String,
}

impl<'a> Source<'a> {
    pub(crate) fn whole(self) -> Part<'a> {
        Part {
            source: self,
            text: self.text,
            way: String::new(),
        }
    }
}

impl<'a> Part<'a> {
    /// What it says.
    pub(crate) fn read<T: Deserialize<'a>>(&self) -> Result<T, SandboxError> {
        serde_json::from_str(self.text).map_err(|error| {
            let what = error.to_string();
            let what = what
                .rsplit_once(" at line ")
                .map_or(&*what, |(what, _)| what);
            self.refuse_at(error.line(), what)
        })
    }

    /// A part of it.
    pub(crate) fn part(&self, name: &str, raw: &'a RawValue) -> Part<'a> {
        let dot = if self.way.is_empty() || name.starts_with('[') {
            ""
        } else {
            "."
        };
        Part {
            source: self.source,
            text: raw.get(),
            way: format!("{}{dot}{name}", self.way),
        }
    }

    /// The parts of a list in it.
    pub(crate) fn items(&self, name: &str, raw: &[&'a RawValue]) -> Vec<Part<'a>> {
        let items = raw.iter().enumerate();
        items
            .map(|(at, raw)| self.part(&format!("{name}[{at}]"), raw))
            .collect()
    }

    pub(crate) fn text(&self) -> &'a str {
        self.text
    }

    /// It is wrong.
    pub(crate) fn refuse(&self, what: impl fmt::Display) -> SandboxError {
        self.refuse_at(1, what)
    }

    /// One of its lines is, from 1.
    pub(crate) fn refuse_at(&self, line: usize, what: impl fmt::Display) -> SandboxError {
        let start = self.text.as_ptr().addr() - self.source.text.as_ptr().addr();
        let before = self.source.text.bytes().take(start);
        let before = before.filter(|byte| *byte == b'\n').count();
        let what = match &*self.way {
            "" => what.to_string(),
            way => format!("{way}: {what}"),
        };
        SandboxError::Contents {
            path: PathBuf::from(self.source.path),
            line: before + line.max(1),
            what,
        }
    }
}

/// Things by their names, in the order of the file; none has the name of another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Named<T>(pub(crate) Vec<(String, T)>);

impl<T> Default for Named<T> {
    fn default() -> Named<T> {
        Named(Vec::new())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Named<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Named<T>, D::Error> {
        struct Entries<T>(std::marker::PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Entries<T> {
            type Value = Named<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Named<T>, A::Error> {
                let mut entries: Vec<(String, T)> = Vec::new();
                while let Some(name) = map.next_key::<String>()? {
                    if entries.iter().any(|(old, _)| *old == name) {
                        return Err(A::Error::custom(format!("{name:?} is there twice")));
                    }
                    entries.push((name, map.next_value()?));
                }
                Ok(Named(entries))
            }
        }
        from.deserialize_map(Entries(std::marker::PhantomData))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Outer<'a> {
        #[serde(borrow)]
        inner: Named<Vec<&'a RawValue>>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Inner {
        a: u8,
    }

    fn told(text: &str) -> String {
        let path = Path::new("f.json");
        let whole = Source { path, text }.whole();
        let told = || {
            for (name, items) in whole.read::<Outer<'_>>()?.inner.0 {
                for part in whole.items(&format!("inner.{name}"), &items) {
                    let Inner { a } = part.read()?;
                    if a == 1 {
                        return Err(part.refuse("is bad"));
                    }
                }
            }
            Ok(())
        };
        told().unwrap_err().to_string()
    }

    #[test]
    fn what_is_wrong_has_its_line_and_the_way_to_it() {
        for (text, expected) in [
            (
                "{\n\"inner\": 1}",
                "f.json:2: invalid type: integer `1`, expected an object",
            ),
            (
                "{\n\n\"outer\": {}}",
                "f.json:3: unknown field `outer`, expected `inner`",
            ),
            (
                "{\"inner\": {\"x\": [\n\n{\"a\": 1}]}}",
                "f.json:3: inner.x[0]: is bad",
            ),
            (
                "{\"inner\": {\"x\": [{\n\"a\":\n-1}]}}",
                "f.json:3: inner.x[0]: invalid value: integer `-1`, expected u8",
            ),
            (
                "{\"inner\": {\"x\": [],\n\"x\": []}}",
                "f.json:2: \"x\" is there twice",
            ),
            ("{\"inner\": {", "f.json:1: EOF while parsing an object"),
        ] {
            assert_eq!(told(text), expected);
        }
    }
}
