//! Keys, the mouse, pastes, sizes and stray answers at random, in a real pseudo-terminal: nothing
//! panics, every reaction comes soon, memory stays flat, and the terminal is given back clean.
//!
//! `KMSDECK_SOAK=1000000 cargo test --test it soak -- --nocapture` sends that many events, half of
//! them to one console, and prints the figures.

use std::time::{Duration, Instant};

use crate::random_keys::Random;
use crate::terminal::Terminal;

/// Events, where the environment says nothing.
const EVENTS: usize = 6_000;
/// Events between two looks at the program: that many are there at once.
const AT_ONCE: usize = 20;
/// The longest that a reaction may take; a short soak runs beside other tests.
const SOON: Duration = Duration::from_secs(2);
const SOON_BESIDE_OTHERS: Duration = Duration::from_secs(10);
/// What memory may grow by, once all was done before.
const GROWTH: usize = 64 << 20;

/// The consoles that are driven, each with its part of the events in sixteenths.
const CONSOLES: [(&[&str], usize); 5] = [
    (&["--sandbox", "--sandbox-keys", "5000"], 8),
    (&["--sandbox", "--sandbox-principal", "auditor"], 2),
    (&["--sandbox", "--sandbox-principal", "no-list"], 2),
    (
        &[
            "--sandbox",
            "--sandbox-keys",
            "500",
            "--max-attempts",
            "2",
            "--sandbox-fault",
            "throttle:0.2,error:0.1,drop:0.05,latency:30ms",
        ],
        2,
    ),
    (
        &[
            "--sandbox",
            "--sandbox-keys",
            "5000",
            "--sandbox-fault",
            "ListKeys=latency:300ms,DescribeKey=slow:100ms",
        ],
        2,
    ),
];

const SIZES: [(u16, u16); 6] = [(80, 24), (120, 40), (200, 60), (60, 16), (20, 5), (250, 70)];

/// What is pressed, the common of it often.
const KEYS: &[&str] = &[
    "\x1b[A",
    "\x1b[B",
    "\x1b[B",
    "\x1b[C",
    "\x1b[D",
    "\x1b[5~",
    "\x1b[6~",
    "\x1b[H",
    "\x1b[F",
    "\r",
    "\r",
    "\r",
    "\x1b",
    "\x1b",
    "\t",
    "\t",
    "\x1b[Z",
    " ",
    "\x7f",
    "\x1b[3~",
    "\x1bOP",
    "\x1bOR",
    "\x1b[15~",
    "\x12",
    "\x14",
    "\x0f",
    "\x15",
    "\x17",
    "\x01",
    "\x05",
    "\x19",
    "\x0b",
    "/",
    ":",
    "?",
    "a",
    "A",
    "d",
    "D",
    "e",
    "E",
    "g",
    "h",
    "i",
    "j",
    "k",
    "l",
    "L",
    "m",
    "n",
    "o",
    "p",
    "r",
    "R",
    "s",
    "S",
    "u",
    "w",
    "x",
    "y",
    "é",
    "日",
    "\x1bb",
    "\x1bf",
    "\x1b[1;5C",
    "\x1b[97;5u",
    "\x00",
];

const TEXTS: &[&str] = &[
    "payments",
    "state:disabled",
    "lessons",
    "matrix",
    "aliases",
    "log",
    "region eu-west-1",
    "profile auditor",
    "profile admin",
    "alias/payments",
    "tenant=acme,purpose=backup",
    "{\"tenant\": \"acme\"}",
    "line one\nline two\n",
    "aGVsbG8=",
    "30",
    "\u{202e}\u{7}\u{1b}[31m",
];

/// What a terminal may answer late, whole or broken off.
const ANSWERS: &[&str] = &[
    "\x1b[?2026;2$y",
    "\x1b[?997;1n",
    "\x1b[12;40R",
    "\x1b]11;rgb:1e1e/1e1e/1e1e\x1b\\",
    "\x1bP1+r544e=78\x1b\\",
    "\x1b[?62;22c",
    "\x1b_Gi=1;OK\x1b\\",
    "\x1b[<0;0;0M",
    "\x1b[1;",
    "\x1b]52;c;",
    "\x1b[I",
    "\x1b[O",
    "\u{fffd}",
    "\x1b[200~\x1b[201~",
];

#[test]
fn whatever_is_sent_is_soon_reacted_to() {
    let wanted = std::env::var("KMSDECK_SOAK").ok();
    let soon = match wanted {
        Some(_) => SOON,
        None => SOON_BESIDE_OTHERS,
    };
    let events = wanted.map_or(EVENTS, |events| events.parse().expect("a number"));
    let started = Instant::now();
    let mut longest = Duration::ZERO;
    for (seed, (args, part)) in CONSOLES.iter().enumerate() {
        let mut soak = Soak::start(seed as u64, args);
        let events = events * part / 16;
        while soak.sent < events {
            soak.act(soon);
        }
        let now = soak.memory();
        println!(
            "{args:?}: {} events, {} starts, the longest reaction {:?}, memory {} KiB, then {} KiB",
            soak.sent,
            soak.starts,
            soak.longest,
            soak.memory_warm >> 10,
            now >> 10
        );
        assert!(
            now < soak.memory_warm + GROWTH,
            "memory grew from {} to {now}",
            soak.memory_warm
        );
        longest = longest.max(soak.longest);
        soak.quit();
    }
    println!(
        "{events} events in {:?}, the longest reaction {longest:?}",
        started.elapsed()
    );
}

struct Soak {
    args: &'static [&'static str],
    random: Random,
    terminal: Terminal,
    folder: tempfile::TempDir,
    sent: usize,
    starts: usize,
    longest: Duration,
    /// Memory once what is kept has been filled, as far as it is.
    memory_warm: usize,
    /// The events that were sent when this console was started.
    since: usize,
    /// What was sent last, to be told when it fails.
    last: Vec<String>,
}

impl Soak {
    fn start(seed: u64, args: &'static [&'static str]) -> Soak {
        let folder = tempfile::tempdir().expect("a folder");
        let terminal = Terminal::start(args, &[("SSH_TTY", "/dev/pts/0")], folder.path(), SIZES[0]);
        let mut soak = Soak {
            args,
            random: Random(seed),
            terminal,
            folder,
            sent: 0,
            starts: 1,
            longest: Duration::ZERO,
            memory_warm: 0,
            since: 0,
            last: Vec::new(),
        };
        soak.terminal.wait_for_raw("\x1b[?2026l");
        soak.memory_warm = soak.memory();
        soak
    }

    /// Sends some events, and waits until all of them were taken in and a frame is drawn.
    fn act(&mut self, soon: Duration) {
        self.last.clear();
        for _ in 0..AT_ONCE {
            let event = self.event();
            self.last.push(event.chars().take(60).collect());
            self.terminal.send(&event);
            self.sent += 1;
        }
        // What was begun and not ended is given up after a second, or at a key of its own.
        let (asked, waited) = (Instant::now(), self.waited_for_a_core());
        self.terminal.forget();
        self.terminal.send("\x18\x0c");
        if !self.terminal.is_cleared() {
            return self.start_again();
        }
        // What other programs on the machine took is none of its own.
        let waited = self.waited_for_a_core().saturating_sub(waited);
        let took = asked.elapsed().saturating_sub(waited);
        assert!(
            took < soon,
            "{took:?} after {:?} of {:?}",
            self.last,
            self.args
        );
        self.longest = self.longest.max(took);
        if self.sent - self.since < 20_000 {
            self.memory_warm = self.memory_warm.max(self.memory());
        }
    }

    /// The bytes of an event; none where the terminal's size changed.
    fn event(&mut self) -> String {
        let random = &mut self.random;
        match random.below(1000) {
            0..750 => KEYS[random.below(KEYS.len())].to_owned(),
            750..800 => TEXTS[random.below(TEXTS.len())].replace('\n', "\r"),
            800..880 => {
                let (x, y) = (random.below(250), random.below(70));
                let button = [0, 2, 32, 35, 64, 65, 65][random.below(7)];
                let end = ["M", "m"][random.below(2)];
                format!("\x1b[<{button};{};{}{end}", x + 1, y + 1)
            }
            880..930 => pasted(TEXTS[random.below(TEXTS.len())]),
            930..932 => {
                let length = random.below(200_000);
                pasted(&"pay=ments, ".repeat(length / 11))
            }
            932..950 => {
                self.terminal.resize(SIZES[random.below(SIZES.len())]);
                String::new()
            }
            950..999 => ANSWERS[random.below(ANSWERS.len())].to_owned(),
            _ if random.below(20) == 0 => ["q", "\x03"][random.below(2)].to_owned(),
            _ => String::new(),
        }
    }

    /// It quit, as it was told to: a new one takes its place.
    fn start_again(&mut self) {
        assert_eq!(self.terminal.wait_end(), 0, "after {:?}", self.last);
        self.terminal.assert_given_back();
        let env = [("SSH_TTY", "/dev/pts/0")];
        self.terminal = Terminal::start(self.args, &env, self.folder.path(), SIZES[0]);
        self.terminal.wait_for_raw("\x1b[?2026l");
        self.starts += 1;
        self.since = self.sent;
        self.memory_warm = self.memory();
    }

    fn quit(mut self) {
        self.terminal.send("\x18\x03");
        assert_eq!(self.terminal.wait_end(), 0, "at the end");
        self.terminal.assert_given_back();
    }

    /// How long the thread of the console has been ready, and another had the core.
    fn waited_for_a_core(&self) -> Duration {
        let schedule = std::fs::read_to_string(format!("/proc/{}/schedstat", self.terminal.pid()));
        let schedule = schedule.unwrap_or_default();
        let nanoseconds = schedule.split(' ').nth(1).map(str::parse);
        Duration::from_nanos(nanoseconds.and_then(Result::ok).unwrap_or(0))
    }

    /// Bytes of memory that the program has.
    fn memory(&self) -> usize {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.terminal.pid()));
        let status = status.unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let number = line.and_then(|line| line.trim().strip_suffix(" kB"));
        number.map_or(0, |number| number.parse::<usize>().unwrap_or(0) << 10)
    }
}

fn pasted(text: &str) -> String {
    format!("\x1b[200~{text}\x1b[201~")
}
