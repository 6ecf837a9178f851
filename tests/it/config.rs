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

#[tokio::test]
async fn a_rebound_key_works_is_shown_and_leaves_nothing_to_the_old_one() {
    let config = "[keys.keys]\ngenerate-data-key = [\"N\", \"ctrl-g\"]\n\
                  [keys.form]\nsubmit = \"ctrl-s\"\n[keys.global]\nquit = \"Q\"\n";
    let mut stage = Stage::open_configured(config, (200, 60)).await;
    assert!(stage.app.core.config_problems.is_empty());
    let hints = |stage: &Stage| stage.screen().lines().last().expect("hints").to_owned();
    assert!(hints(&stage).contains("N data key"), "{}", hints(&stage));
    assert!(hints(&stage).ends_with("Q quit"), "{}", hints(&stage));

    stage.press(&["?"]).await;
    assert!(
        stage.has("│ N Ctrl-G     Open the form of"),
        "{}",
        stage.screen()
    );
    assert!(stage.has("│ Q            Quit"), "{}", stage.screen());
    assert!(stage.has("│ Ctrl-C       Quit"), "{}", stage.screen());
    stage.press(&["Esc"]).await;

    stage.press(&["/"]).await;
    stage.type_text("payments").await;
    stage.press(&["Enter", "q", "g"]).await;
    assert!(!stage.quit && !stage.has("[ Generate ]"));
    for key in ["N", "Ctrl-g"] {
        stage.press(&[key]).await;
        assert!(stage.has("[ Generate ]"), "{key}");
        assert!(hints(&stage).contains("Ctrl-S submit"), "{}", hints(&stage));
        stage.press(&["Ctrl-r"]).await;
        assert!(stage.has("[ Generate ]"));
        stage.press(&["Ctrl-s"]).await;
        assert!(
            !stage.has("[ Generate ]") && stage.has("Data key generated"),
            "{}",
            stage.screen()
        );
        stage.press(&["Esc", "Esc"]).await;
    }
    stage.press(&["Q"]).await;
    assert!(stage.quit);
}

#[tokio::test]
async fn a_wrong_binding_leaves_the_default_and_is_said() {
    let stage = Stage::open_configured("[keys.keys]\ncopy = \"g\"\n", (200, 24)).await;
    assert!(stage.has(
        " ! config.toml:2: copy: \"g\" is generate-data-key's in [keys.keys]: choose another key, \
         or give generate-data-key another one\n"
    ));
    assert!(stage.has("y copy"));
}
