//! What a config.toml does, and what is said of one that is wrong.

use kmsdeck::config::Start;

use crate::stage::Stage;

const SIZE: (u16, u16) = (80, 24);

#[tokio::test]
async fn the_console_starts_with_what_is_right_and_says_what_is_wrong() {
    let config = "mouse = \"no\"\nstart = \"aliases\"\ntheme = \"nord\"\n[keys]\nquit = \"Q\"\n";
    let mut stage = Stage::open_configured(config, SIZE).await;
    let screen = stage.screen();
    let status = screen.lines().nth(22).expect("the status line");
    assert_eq!(
        status,
        " ! config.toml:1: mouse is true or false, not… (and 2 more; :config lists them)"
    );
    assert_eq!(stage.app.core.config.start, Start::Aliases);
    assert!(stage.app.core.config.mouse);
    let problems = &stage.app.core.config_problems;
    assert_eq!(problems.len(), 3, "{problems:#?}");
    assert!(
        problems[1].starts_with("config.toml:3: theme: there is no theme \"nord\": choose dark"),
        "{problems:#?}"
    );
    // It is there until something else is to be said.
    stage.press(&["Down"]).await;
    assert!(!stage.has(":config"));
}

#[tokio::test]
async fn one_problem_that_fits_is_said_whole() {
    let stage = Stage::open_configured("start = 1\n", SIZE).await;
    assert!(stage.has(" ! config.toml:1: start is one of \"keys\", \"aliases\", not a number\n"));
    let stage = Stage::open_configured("log-level = 1\n", SIZE).await;
    assert!(
        stage.has("… (:config shows it whole)"),
        "{}",
        stage.screen()
    );
    assert!(!Stage::open_configured("", SIZE).await.has(" ! "));
}
