//! Random keys, from fixed seeds, on a console over a sandbox: nothing panics, no request that
//! changes the account leaves without a yes to a question of its own, and every hint that is shown
//! does something.
//!
//! `KMSDECK_RANDOM_KEYS=100000` presses that many keys at each seed.

use std::time::Instant;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use kmsdeck::kms::CallRecord;
use kmsdeck::kms::OpId;
use kmsdeck::ops::bulk_question::BulkQuestion;
use kmsdeck::ops::question::{Consent, Question};
use kmsdeck::ops::{self, Impact};
use kmsdeck::tui::keymap::{Action, Key};

use crate::stage::Stage;

/// Keys pressed at each seed, where the environment says nothing.
const KEYS: usize = 25_000;
const SIZES: [(u16, u16); 5] = [(80, 24), (120, 40), (200, 60), (60, 16), (20, 5)];
/// What is typed or pasted where text is taken, and what begins commands where it is not.
const TEXTS: [&str; 20] = [
    "payments",
    "alias/payments",
    "1234abcd-12ab-34cd-56ef-1234567890ab",
    "arn:aws:iam::111122223333:user/auditor",
    "tenant=acme,purpose=backup",
    "{\"tenant\": \"acme\"}",
    "line one\nline two\n",
    "aGVsbG8=",
    "30",
    "ä 日本 \u{202e}\u{1b}[31m",
    "lessons",
    "region eu-west-1",
    "regions us-east-1,eu-west-1",
    "profile auditor",
    "profile admin",
    "filter state:disabled",
    "filter marked:yes",
    "grants",
    "retirable-grants",
    "constraint:yes",
];

#[tokio::test]
async fn seed_1() {
    press(1).await;
}

#[tokio::test]
async fn seed_2() {
    press(2).await;
}

#[tokio::test]
async fn seed_3() {
    press(3).await;
}

#[tokio::test]
async fn seed_4() {
    press(4).await;
}

/// Presses keys from this seed.
async fn press(seed: u64) {
    let keys = std::env::var("KMSDECK_RANDOM_KEYS").map(|keys| keys.parse().expect("a number"));
    let keys = keys.unwrap_or(KEYS);
    let started = Instant::now();
    let mut walk = Walk {
        random: Random(seed),
        seed,
        stage: open().await,
        trail: Vec::new(),
        pressed: 0,
        said_yes_to: Vec::new(),
        seen: 0,
        changes: 0,
    };
    while walk.pressed < keys {
        walk.act().await;
    }
    println!(
        "seed {seed}: {} keys, {} changes said yes to, {:.0} keys a second",
        walk.pressed,
        walk.changes,
        walk.pressed as f64 / started.elapsed().as_secs_f64()
    );
}

async fn open() -> Stage {
    // No secret is taken out of a clipboard later.
    let mut stage = Stage::open_configured("clipboard-clear = 0", SIZES[0]).await;
    stage.is_random = true;
    stage
}

/// A way through the console at random.
struct Walk {
    random: Random,
    seed: u64,
    stage: Stage,
    /// What was done, to be told when it fails.
    trail: Vec<String>,
    pressed: usize,
    /// The operations of the questions that were answered with yes since all was settled.
    said_yes_to: Vec<OpId>,
    /// Calls that were looked at.
    seen: usize,
    /// Changes that left with a yes.
    changes: usize,
}

impl Walk {
    /// Does one thing: mostly a key that is bound here, at times what leads further in.
    async fn act(&mut self) {
        if let Some(names) = self.to_type()
            && self.random.below(10) < 6
        {
            let name = &names[self.random.below(names.len())];
            for c in name.chars() {
                self.press(plain(KeyCode::Char(c))).await;
            }
            self.press(plain(KeyCode::Enter)).await;
            return;
        }
        if self.random.below(10) == 0 {
            return self.try_hint().await;
        }
        match self.random.below(100) {
            0..46 => {
                let key = self.bound_key();
                self.press(key).await;
            }
            46..64 => {
                let keys = [
                    KeyCode::Enter,
                    KeyCode::Enter,
                    KeyCode::Esc,
                    KeyCode::Down,
                    KeyCode::Down,
                    KeyCode::Up,
                    KeyCode::Left,
                    KeyCode::Right,
                    KeyCode::Tab,
                    KeyCode::BackTab,
                ];
                let code = keys[self.random.below(keys.len())];
                self.press(plain(code)).await;
            }
            64..74 => {
                let c = char::from(b' ' + self.random.below(95) as u8);
                self.press(plain(KeyCode::Char(c))).await;
            }
            74..80 => {
                let text = TEXTS[self.random.below(TEXTS.len())];
                for c in text.chars().filter(|c| *c != '\n') {
                    self.press(plain(KeyCode::Char(c))).await;
                }
            }
            80..83 => {
                let text = TEXTS[self.random.below(TEXTS.len())];
                self.trail.push(format!("paste {text:?}"));
                self.stage.paste(text);
                self.look().await;
            }
            83..85 => {
                let (columns, rows) = SIZES[self.random.below(SIZES.len())];
                self.trail.push(format!("resize {columns} x {rows}"));
                self.stage.resize(columns, rows);
                self.look().await;
            }
            // An operation from the menu of a key, and at once sent.
            85..89 => {
                for _ in 0..self.random.below(4) {
                    self.press(plain(KeyCode::Esc)).await;
                }
                self.press(plain(KeyCode::Char('a'))).await;
                for _ in 0..self.random.below(18) {
                    self.press(plain(KeyCode::Down)).await;
                }
                self.press(plain(KeyCode::Enter)).await;
                self.send().await;
            }
            89..95 => self.send().await,
            // A call of the log once more.
            95..98 => {
                self.press(plain(KeyCode::Char('L'))).await;
                for _ in 0..self.random.below(6) {
                    self.press(plain(KeyCode::Down)).await;
                }
                self.press(plain(KeyCode::Char('r'))).await;
            }
            _ => self.press(plain(KeyCode::Char(':'))).await,
        }
    }

    /// Sends a form, at times for real where it was a dry run, and may answer what is asked then.
    async fn send(&mut self) {
        if self.random.below(2) == 0 {
            self.press(ctrl('t')).await;
        }
        self.press(ctrl('r')).await;
        if self.to_type().is_none() && self.random.below(2) == 0 {
            self.press(plain(KeyCode::Char('y'))).await;
        }
    }

    /// A key that does something here, by the key map.
    fn bound_key(&mut self) -> KeyEvent {
        let contexts = self.stage.app.contexts();
        let keys: Vec<Key> = self
            .stage
            .app
            .core
            .keymap
            .active(&contexts)
            .iter()
            // It would only begin anew.
            .filter(|binding| binding.does != Action::Quit)
            .flat_map(|binding| binding.keys.iter().copied())
            .collect();
        let key = keys[self.random.below(keys.len())];
        KeyEvent::new(key.code, key.modifiers)
    }

    async fn press(&mut self, key: KeyEvent) {
        self.trail.push(Key::from(key).to_string());
        self.pressed += 1;
        let asked = asked(&self.stage);
        let action = self.action_of(key);
        self.stage.key(key);
        // A name that is not the one leaves the question open.
        let is_answered = self::asked(&self.stage).is_empty();
        if is_answered && matches!(action, Some(Action::Yes | Action::Accept)) {
            self.said_yes_to.extend(asked);
        }
        // At times the next key comes before the answer.
        if self.random.below(5) > 0 {
            self.look().await;
        }
    }

    fn action_of(&self, key: KeyEvent) -> Option<Action> {
        let contexts = self.stage.app.contexts();
        let keymap = &self.stage.app.core.keymap;
        keymap.resolve(&contexts, Key::from(key))
    }

    /// The names of which one is to be typed, where a loss is asked about.
    fn to_type(&self) -> Option<Vec<String>> {
        match consent(&self.stage)? {
            Consent::Typed(names) => Some(names),
            Consent::Yes => None,
        }
    }

    /// Presses the key of a hint: something must come of it.
    async fn try_hint(&mut self) {
        self.look().await;
        let app = &self.stage.app;
        let contexts = app.contexts();
        let hints: Vec<(Key, Action)> = app
            .core
            .keymap
            .active(&contexts)
            .into_iter()
            .filter(|binding| binding.hint.is_some() && app.can(binding.does))
            // A list has ends, and kmsdeck one.
            .filter(|binding| !matches!(binding.does, Action::Up | Action::Down | Action::Quit))
            .filter_map(|binding| {
                let key = app.core.keymap.key_for(binding, &contexts)?;
                Some((key, binding.does))
            })
            .collect();
        if hints.is_empty() {
            return;
        }
        let (key, action) = hints[self.random.below(hints.len())];
        // What it does may be to say the same once more.
        self.stage.app.core.note = None;
        let before = (self.stage.screen(), self.stage.cursor(), self.stage.effects);
        self.press(KeyEvent::new(key.code, key.modifiers)).await;
        self.look().await;
        let after = (self.stage.screen(), self.stage.cursor(), self.stage.effects);
        assert!(
            before != after,
            "{key} ({action:?}) did nothing: {}",
            after.0
        );
    }

    /// Waits for what was begun, looks at the calls that were made, and at times at the screen:
    /// drawing is what takes the time.
    async fn look(&mut self) {
        self.stage.settle().await;
        if self.random.below(4) == 0 {
            self.stage.buffer();
        }
        while let Some(record) = self.stage.records.get(self.seen) {
            self.seen += 1;
            if is_change(record) {
                let is_it = |asked: &OpId| asked.0 == record.operation;
                let yes = self.said_yes_to.iter().position(is_it);
                let yes = yes.unwrap_or_else(|| {
                    let (operation, screen) = (&record.operation, self.stage.screen());
                    panic!("{operation} left unasked at {:?}: {screen}", record.at)
                });
                self.said_yes_to.remove(yes);
                self.changes += 1;
            }
        }
        // Whatever was said yes to has left by now, but for what waits for a job to go on.
        if !self.stage.is_paused() {
            self.said_yes_to.clear();
        }
        if self.stage.quit {
            self.trail.push("opened anew".to_owned());
            self.stage = open().await;
            self.seen = 0;
        }
    }
}

impl Drop for Walk {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let last = &self.trail[self.trail.len().saturating_sub(60)..];
            println!("seed {}, after: {}", self.seed, last.join("  "));
        }
    }
}

/// The operations that a yes to the open question sends: one for each key that it is about.
fn asked(stage: &Stage) -> Vec<OpId> {
    let Some(popup) = &stage.app.popup else {
        return Vec::new();
    };
    let one = popup.question().map(Question::requests);
    let one = one.into_iter().flatten().map(|request| request.op);
    let several = popup.bulk_question();
    let several = several.map(|question| vec![question.spec().id; question.len()]);
    one.chain(several.unwrap_or_default()).collect()
}

/// What the open question takes.
fn consent(stage: &Stage) -> Option<Consent> {
    let popup = stage.app.popup.as_ref()?;
    let several = popup.bulk_question().map(BulkQuestion::consent);
    popup.question().map(Question::consent).or(several)
}

/// Whether a call changed, or would have changed, the account. What a lesson does to the sandbox of
/// its own is not asked about.
fn is_change(record: &CallRecord) -> bool {
    let changes = ops::OPS.iter().any(|spec| {
        spec.id.0 == record.operation && matches!(spec.impact, Impact::Change | Impact::Destroy)
    });
    changes && !record.dry_run && !record.in_lesson
}

fn plain(code: KeyCode) -> KeyEvent {
    KeyEvent::new(code, KeyModifiers::NONE)
}

fn ctrl(c: char) -> KeyEvent {
    KeyEvent::new(KeyCode::Char(c), KeyModifiers::CONTROL)
}

/// SplitMix64.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % bound as u64) as usize
    }
}
