//! How long a key press takes to become a drawn frame, with 100,000 keys in the list.

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use criterion::{Criterion, criterion_group, criterion_main};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use jiff::Timestamp;
use kmsdeck::gateway::{Place, Target};
use kmsdeck::platform::clipboard::{Clipboard, Surroundings};
use kmsdeck::tui::app::App;
use kmsdeck::tui::draw;
use kmsdeck::tui::effect::Effect;
use kmsdeck::tui::event::Event;
use kmsdeck::tui::jobs::Jobs;
use kmsdeck::tui::setup::Setup;
use kmsdeck::tui::theme::Theme;
use kmsdeck_sandbox::{Sandbox, SandboxOptions};
use ratatui::Terminal;
use ratatui::backend::TestBackend;

const KEYS: usize = 100_000;

/// The console with all keys listed, off the network.
struct Console {
    app: App,
    terminal: Terminal<TestBackend>,
    theme: Theme,
}

impl Console {
    fn listed() -> Console {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        let sandbox = Sandbox::new(SandboxOptions {
            extra_keys: KEYS,
            ..SandboxOptions::default()
        });
        let target = Target::new(Place::Sandbox {
            sandbox: Arc::new(sandbox.expect("a sandbox")),
            principal: None,
        });
        let mut app = App::new(target, Setup::default(), (120, 40), Timestamp::now());
        let mut jobs = Jobs::new(Clipboard::new(Surroundings::default()));
        runtime.block_on(async {
            let mut running = Vec::new();
            let mut effects = app.start();
            loop {
                for effect in effects.drain(..) {
                    if let Effect::Start(id, job) = effect {
                        running.push(id);
                        jobs.start(id, job);
                    }
                }
                if running.is_empty() {
                    break;
                }
                let (id, event) = jobs.next().await.expect("no job panics");
                if event.is_last() {
                    running.retain(|other| *other != id);
                }
                effects = app.update(Event::Job(id, event), Timestamp::now());
            }
        });
        Console {
            app,
            terminal: Terminal::new(TestBackend::new(120, 40)).expect("a terminal"),
            theme: Theme::dark(),
        }
    }

    /// A key press and the frame that shows it.
    fn press(&mut self, code: KeyCode) {
        let key = KeyEvent::new(code, KeyModifiers::NONE);
        black_box(self.app.update(Event::Key(key), Timestamp::now()));
        black_box(self.app.settle());
        let (app, theme) = (&self.app, &self.theme);
        self.terminal
            .draw(|frame| draw(app, theme, frame))
            .expect("a frame");
    }

    /// The time that each of `text`'s characters takes in the filter, all together and the
    /// slowest.
    fn filter(&mut self, text: &str) -> (Duration, Duration) {
        self.press(KeyCode::Char('/'));
        let mut all = Duration::ZERO;
        let mut slowest = Duration::ZERO;
        for c in text.chars() {
            let started = Instant::now();
            self.press(KeyCode::Char(c));
            all += started.elapsed();
            slowest = slowest.max(started.elapsed());
        }
        self.press(KeyCode::Esc);
        (all, slowest)
    }
}

fn benches(criterion: &mut Criterion) {
    let mut console = Console::listed();
    let mut group = criterion.benchmark_group("100,000 keys, key press to drawn frame");
    group.sample_size(20);
    // A word that most aliases hold, one that few hold, a key ID, and one that nothing holds.
    for text in ["service", "payments", "1234abcd", "zzqx"] {
        group.bench_function(
            format!("filter {text:?}, a character on average"),
            |bench| {
                bench.iter_custom(|rounds| {
                    (0..rounds)
                        .map(|_| console.filter(text).0)
                        .sum::<Duration>()
                        / text.len() as u32
                });
            },
        );
        group.bench_function(format!("filter {text:?}, the slowest character"), |bench| {
            bench.iter_custom(|rounds| (0..rounds).map(|_| console.filter(text).1).sum());
        });
    }
    group.bench_function("down a row", |bench| {
        bench.iter(|| console.press(KeyCode::Down));
    });
    group.bench_function("to the last row and back", |bench| {
        bench.iter(|| {
            console.press(KeyCode::End);
            console.press(KeyCode::Home);
        });
    });
    group.bench_function("the order turned around", |bench| {
        bench.iter(|| console.press(KeyCode::Char('S')));
    });
    group.finish();
}

criterion_group!(keys_screen, benches);
criterion_main!(keys_screen);
