//! Random keys, from fixed seeds, on a console over a sandbox: nothing panics, and no request that
//! changes the account leaves without a yes to a question of its own.
//!
//! `KMSDECK_RANDOM_KEYS=100000` presses that many keys at each seed.

use std::time::Instant;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use kmsdeck::kms::CallRecord;
use kmsdeck::ops::{self, Impact};
use kmsdeck::tui::keymap::{Action, Context, Key};

use crate::stage::Stage;

/// Keys pressed at each seed, where the environment says nothing.
const KEYS: usize = 500;
const SIZES: [(u16, u16); 5] = [(80, 24), (120, 40), (200, 60), (60, 16), (20, 5)];
/// What is typed or pasted where text is taken, and what begins commands where it is not.
const TEXTS: [&str; 16] = [
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
        has_yes: false,
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
    /// Whether a question was answered with yes since the last change.
    has_yes: bool,
    /// Calls that were looked at.
    seen: usize,
    /// Changes that left with a yes.
    changes: usize,
}

impl Walk {
    /// Does one thing: mostly a key that is bound here, at times what leads further in.
    async fn act(&mut self) {
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
        if self.stage.app.contexts().contains(&Context::ConfirmTyped) {
            let screen = self.stage.screen();
            let alias = screen
                .split_whitespace()
                .find(|word| word.starts_with("alias/"));
            for c in alias.unwrap_or_default().trim_end_matches('?').chars() {
                self.press(plain(KeyCode::Char(c))).await;
            }
            self.press(plain(KeyCode::Enter)).await;
        } else if self.random.below(2) == 0 {
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
        let may_be_yes = is_yes(&self.stage, key);
        self.stage.key(key);
        // A name that is not the one leaves the question open.
        self.has_yes |= may_be_yes && !is_asked(&self.stage);
        self.look().await;
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
                assert!(self.has_yes, "{} left unasked", record.operation);
                self.has_yes = false;
                self.changes += 1;
            }
        }
        if self.stage.quit {
            self.trail.push("opened anew".to_owned());
            self.stage = open().await;
            self.seen = 0;
            self.has_yes = false;
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

/// Whether a question about a change of the account is open.
fn is_asked(stage: &Stage) -> bool {
    let contexts = stage.app.contexts();
    let is_question = [Context::Confirm, Context::ConfirmTyped]
        .iter()
        .any(|context| contexts.contains(context));
    is_question && !stage.has("Overwrite?")
}

/// Whether a key says yes to such a question, where its name is typed if it wants one.
fn is_yes(stage: &Stage, key: KeyEvent) -> bool {
    let contexts = stage.app.contexts();
    let does = stage.app.core.keymap.resolve(&contexts, Key::from(key));
    is_asked(stage) && matches!(does, Some(Action::Yes | Action::Accept))
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
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % bound as u64) as usize
    }
}
