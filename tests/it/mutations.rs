//! What people type, and what their files say, changed in every way: nothing panics, and what is
//! taken holds what it promises. `KMSDECK_CASES=1000000` makes that many changes of each kind.

use kmsdeck::catalog::filter_terms;
use kmsdeck::catalog::inventory::Inventory;
use kmsdeck::catalog::view::KeyView;
use kmsdeck::config::Config;
use kmsdeck::gateway::url_as_shown;
use kmsdeck::kms::key::{Alias, KeySummary};
use kmsdeck::kms::text::{is_unsafe, printable};
use kmsdeck::kms::{BlobForm, encryption_context, key_id};
use kmsdeck::lessons;
use kmsdeck::matrix::report::parse_verdicts;
use kmsdeck::ops::OPS;
use kmsdeck::tui::setup::Setup;

use crate::sandbox::{PAYMENTS, PAYMENTS_ARN};

/// Draws numbers from a seed (xorshift64*): a failure names it, and it gives the same again.
struct Draw(u64);

impl Draw {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 32) as usize % end.max(1)
    }

    fn of<'a, T: ?Sized>(&mut self, all: &[&'a T]) -> &'a T {
        all[self.below(all.len())]
    }

    /// Changes a text in one place, with another one to take from.
    fn mutate(&mut self, text: &mut Vec<char>, other: &[char]) {
        let from = self.below(text.len() + 1);
        let to = from + self.below((text.len() - from).min(30) + 1);
        let new: Vec<char> = match self.below(5) {
            0 => Vec::new(),
            1 => text[from..to].repeat(2),
            2 => {
                let start = self.below(other.len() + 1);
                other[start..]
                    .iter()
                    .take(1 + self.below(20))
                    .copied()
                    .collect()
            }
            3 => vec![char::from_u32(self.below(0x1_1000) as u32).unwrap_or('\u{0}')],
            _ => self.of(BORDERS).chars().collect(),
        };
        text.splice(from..to, new);
    }
}

/// What tends to break who reads it.
const BORDERS: &[&str] = &[
    "\"",
    "'",
    "\\",
    "{",
    "}",
    "[",
    "]",
    "=",
    ",",
    ":",
    "!",
    "\n",
    "\r",
    "\t",
    " ",
    "\u{0}",
    "\u{1b}[2J",
    "\u{202e}",
    "\u{301}",
    "日本",
    "🏳️‍🌈",
    "ß",
    "İ",
    "\u{feff}",
    "null",
    "true",
    "-1",
    "18446744073709551616",
    "1e999",
    "0x",
    "arn:aws:kms:",
    "alias/",
    "mrk-",
    "key/",
    "://",
    "@",
    "[[",
    "{}",
    "[]",
    "\"\"",
    "\\u0000",
    "\\ud800",
    "'''",
    "\"\"\"",
    "#",
    "file://",
    "$",
];

fn cases() -> u64 {
    let cases = std::env::var("KMSDECK_CASES").ok();
    cases.map_or(3_000, |cases| cases.parse().expect("a number"))
}

/// Gives `check` texts that were made of the good ones.
fn mutated(cases: u64, good: &[&str], check: impl Fn(&str)) {
    for seed in 0..cases {
        let mut draw = Draw((seed + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let mut text: Vec<char> = draw.of(good).chars().collect();
        let other: Vec<char> = draw.of(good).chars().collect();
        for _ in 0..=draw.below(4) {
            draw.mutate(&mut text, &other);
        }
        let text: String = text.into_iter().collect();
        let checked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| check(&text)));
        assert!(checked.is_ok(), "seed {seed}: {text:?}");
    }
}

#[test]
fn filters() {
    let mut keys = Inventory::new(vec!["us-east-1".to_owned()]);
    let summary = |id: &str| KeySummary {
        key_id: id.to_owned(),
        key_arn: format!("arn:aws:kms:us-east-1:111122223333:key/{id}"),
    };
    keys.add_keys(0, vec![summary(PAYMENTS), summary("ev\u{202e}il")]);
    let alias = |name: &str, target: &str| Alias {
        name: name.to_owned(),
        arn: None,
        target_key_id: Some(target.to_owned()),
    };
    keys.add_aliases(
        0,
        vec![
            alias("alias/payments", PAYMENTS),
            alias("alias/ß日本İ", "ev\u{202e}il"),
        ],
    );
    let good = [
        "pay state:disabled spec:rsa usage:sign manager:customer tag:env=prod alias:none",
        "!tag:env \"two words\" region:us-east-1 key:1234",
        "ß日本 İ",
    ];
    mutated(cases(), &good, |text| {
        let mut view = KeyView::default();
        view.set_query(text, crate::stage::now());
        view.update(&keys);
        let _ = (view.needs(), view.matched_chars("payments ß日本İ"));
        assert!(view.rows().len() <= keys.len());
        let _ = filter_terms::completions(text, &keys);
    });
}

#[test]
fn configurations() {
    let good = [
        "theme = \"light\"\nmouse = false\nread-only = true\nstart = \"aliases\"\nlog-level = \"debug\"\nclipboard-clear = 5\n",
        "[keys.form]\nsubmit = \"ctrl-s\"\n[keys.global]\nquit = [\"Q\", \"f10\"]\n[profile.dev]\nread-only = false\n",
        "profile.prod = { read-only = true }\nkeys.list = { up = ['k'] }\n",
    ];
    mutated(cases(), &good, |text| {
        let (config, problems) = Config::parse("config.toml", text);
        let _ = Setup::new(config, problems, None);
    });
}

#[test]
fn lesson_files() {
    let texts: Vec<&str> = kmsdeck::assets::LESSONS
        .iter()
        .map(|(_, text)| *text)
        .collect();
    // A lesson is long.
    mutated(cases() / 20, &texts, |text| {
        let _ = lessons::parse::parse("mine", "mine.toml", text);
    });
}

#[test]
fn key_ids() {
    let good = [
        PAYMENTS,
        PAYMENTS_ARN,
        "mrk-1234abcd12ab34cd56ef1234567890ab",
        "alias/app/payments_1",
        "arn:aws-cn:kms:cn-north-1:111122223333:alias/x",
    ];
    mutated(cases(), &good, |text| {
        let _ = (key_id::can_go_on(text), key_id::account_of(text));
        if let Ok(id) = key_id::parse(text) {
            // What is taken for a KeyId goes into commands, files and requests.
            assert!(text.ends_with(id.resource) && !id.resource.contains(is_unsafe));
            assert!(id.account.is_none_or(key_id::is_account));
        }
        for asked in good {
            if key_id::is_answer_to(asked, text, "us-east-1") {
                let id = key_id::parse(text).expect("a KeyId");
                assert_eq!(
                    (id.notation, id.region),
                    (key_id::Notation::KeyArn, Some("us-east-1"))
                );
            }
        }
    });
}

#[test]
fn encryption_contexts() {
    let good = [
        "tenant=acme,purpose=backup",
        "a=\"x,y\",b='it''s',c=",
        "{\"tenant\": \"acme\", \"purpose\": \"b\\u00fc\"}",
        "",
    ];
    mutated(cases(), &good, |text| {
        if let Ok(pairs) = encryption_context::parse("EncryptionContext", text) {
            let _ = (
                encryption_context::hint(&pairs),
                encryption_context::shown(&pairs),
            );
            if encryption_context::check("EncryptionContext", &pairs).is_ok() {
                let keys: std::collections::BTreeSet<_> =
                    pairs.iter().map(|(key, _)| key).collect();
                assert_eq!(keys.len(), pairs.len(), "a key that is there twice");
            }
        }
    });
}

#[test]
fn values_of_fields_and_files_of_verdicts() {
    let good = [
        "aGVsbG8=",
        "68:65 6c6c6f",
        "{\"Version\": \"2012-10-17\", \"Statement\": [{\"Effect\": \"Allow\"}]}",
        "{\"principal\": \"x\", \"verdicts\": {\"alias/x\": {\"Decrypt\": {\"tenant=acme\": \"denied\"}}}}",
        "{EncryptionContextSubset={tenant=acme}}",
        "1024",
        "https://me:pass@host:1/a@b",
    ];
    mutated(cases(), &good, |text| {
        let _ = parse_verdicts(text);
        let shown = url_as_shown(text);
        // A password and a query are three stars each, whatever was there.
        assert!(text.len() + 6 >= shown.len());
        assert!(!printable(text).contains(is_unsafe));
        for form in BlobForm::ALL {
            let _ = form.read("Plaintext", text);
        }
        for spec in OPS {
            for field in spec.fields {
                let _ = field.parse(text);
            }
        }
    });
}
