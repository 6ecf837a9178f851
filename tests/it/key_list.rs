//! The list of keys answers questions: columns, filter terms with what they cost, exports, and its
//! age.

use std::time::Duration;

use insta::assert_snapshot;
use kmsdeck::tui::event::Event;
use kmsdeck_sandbox::SandboxOptions;

use crate::stage::{Stage, now, target};

const WIDE: (u16, u16) = (120, 40);

impl Stage {
    async fn keep_filter(&mut self, filter: &str) {
        self.press(&["/", "Ctrl-u"]).await;
        self.type_text(filter).await;
        self.press(&["Enter"]).await;
    }

    fn count_of(&self, operation: &str) -> usize {
        let of = |record: &&kmsdeck::kms::CallRecord| record.operation == operation;
        self.records.iter().filter(of).count()
    }
}

#[tokio::test]
async fn what_a_term_costs_is_said_before_it_is_spent() {
    let mut stage = Stage::open(WIDE).await;
    stage.press(&["/"]).await;
    stage.type_text("rotation:off").await;
    assert!(
        stage.has("↵ asks: 18 GetKeyRotationStatus"),
        "{}",
        stage.screen()
    );
    assert_eq!(stage.count_of("GetKeyRotationStatus"), 0);
    stage.press(&["Enter"]).await;
    // Of keys that can have none it is not asked.
    assert_eq!(stage.count_of("GetKeyRotationStatus"), 18);
    assert!(stage.has("alias/partner"), "{}", stage.screen());
    assert!(!stage.has("alias/aws/s3 "), "{}", stage.screen());
}

#[tokio::test]
async fn of_many_keys_tags_are_asked_for_at_the_first_d() {
    let options = SandboxOptions {
        extra_keys: 600,
        ..SandboxOptions::default()
    };
    let mut stage = Stage::open_on(target(options, "admin"), WIDE).await;
    stage.keep_filter("tag:env=prod grants:>0").await;
    let told = "not known yet of 628 keys; D asks: 628 ListResourceTags, 628 ListGrants";
    assert!(stage.has(told), "{}", stage.screen());
    assert_eq!(stage.count_of("ListResourceTags"), 0);
    let described = stage.count_of("DescribeKey");
    stage.press(&["D"]).await;
    assert_eq!(stage.count_of("ListResourceTags"), 628);
    assert_eq!(stage.count_of("ListGrants"), 628);
    assert!(!stage.has("not known yet"), "{}", stage.screen());
    assert!(described < 200, "{described}");
}

#[tokio::test]
async fn a_word_that_is_no_term_and_a_value_that_is_none_are_named() {
    let mut stage = Stage::open((80, 24)).await;
    stage.keep_filter("rotaton:off").await;
    let told = "rotaton: is no term of a filter: rotation:, region:?";
    assert!(stage.has(told), "{}", stage.screen());
    stage.keep_filter("created:<yesterday").await;
    assert!(
        stage.has("created:<yesterday is not understood"),
        "{}",
        stage.screen()
    );
    // It finds nothing, so that nothing is marked by mistake.
    assert!(
        stage.header().contains("0 of 28 keys"),
        "{}",
        stage.header()
    );
}

#[tokio::test]
async fn tab_goes_through_the_completions_and_back() {
    let mut stage = Stage::open(WIDE).await;
    stage.press(&["/"]).await;
    stage.type_text("state:").await;
    stage.press(&["Tab"]).await;
    assert!(stage.has("Filter: state:enabled"), "{}", stage.screen());
    stage.press(&["Tab"]).await;
    assert!(stage.has("Filter: state:disabled"), "{}", stage.screen());
    stage.press(&["BackTab"]).await;
    assert!(stage.has("Filter: state:enabled"), "{}", stage.screen());
    stage.press(&["BackTab"]).await;
    assert!(stage.has("Filter: state:updating"), "{}", stage.screen());
}

#[tokio::test]
async fn columns_are_chosen_and_ordered_and_ask_of_what_is_seen() {
    for size in [(80, 24), WIDE, (200, 60)] {
        let config = r#"columns = ["alias", "rotation", "next-rotation", "last-used", "last-operation", "multi-region", "tags", "description"]"#;
        let mut stage = Stage::open_configured(config, size).await;
        assert_snapshot!(format!("columns_{}", size.0), stage.body());
        stage.press(&["C"]).await;
        assert_snapshot!(format!("columns_popup_{}", size.0), stage.body());
        // The second one goes, and the first one moves behind the third.
        stage
            .press(&["Down", "Space", "Up", "J", "J", "Enter"])
            .await;
        let screen = stage.screen();
        let heads = screen
            .lines()
            .find(|row| row.contains("ALIAS"))
            .expect("heads");
        assert!(!heads.contains("ROTATION"), "{heads}");
        assert!(heads.find("NEXT") < heads.find("ALIAS"), "{heads}");
    }
}

#[tokio::test]
async fn a_column_that_is_none_is_named_and_the_list_is_as_by_default() {
    let mut stage = Stage::open_configured(r#"columns = ["alais"]"#, WIDE).await;
    assert!(stage.has("STATE"), "{}", stage.screen());
    stage.press(&[":"]).await;
    stage.type_text("config").await;
    stage.press(&["Enter"]).await;
    assert!(
        stage.has("there is no column \"alais\""),
        "{}",
        stage.screen()
    );
}

#[tokio::test]
async fn what_was_used_before_tracking_is_not_known_and_a_use_is_seen_at_once() {
    let config = r#"columns = ["alias", "last-used", "last-operation"]"#;
    let mut stage = Stage::open_configured(config, (80, 24)).await;
    // The sandbox tracks from its start, and its keys are older.
    assert!(stage.has("> 0 s ago  –"), "{}", stage.screen());
    for filter in ["unused:never", "!unused:never"] {
        stage.keep_filter(filter).await;
        assert!(
            stage.header().contains("0 of 28 keys"),
            "{filter}: {}",
            stage.header()
        );
    }
    stage.keep_filter("payments").await;
    stage.press(&["g", "Ctrl-r", "Esc", "Esc"]).await;
    assert!(
        stage.has("GenerateDataKeyWithoutPlaintext"),
        "{}",
        stage.screen()
    );
}

#[tokio::test]
async fn the_list_is_exported_as_its_name_says() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut stage = Stage::open(WIDE).await;
    stage.keep_filter("spec:rsa").await;
    for (name, holds) in [
        (
            "keys.csv",
            "alias,key-id,state,spec,usage,created,manager,origin\r\nalias/legal-docs,",
        ),
        ("keys.md", "| ALIAS | KEY ID | STATE | SPEC |"),
        ("keys.json", "\"KeySpec\": \"RSA_4096\""),
    ] {
        let path = folder.path().join(name);
        stage.press(&["x", "Ctrl-u"]).await;
        stage.type_text(path.to_str().expect("UTF-8")).await;
        stage.press(&["Enter"]).await;
        let text = std::fs::read_to_string(&path).expect("a file");
        assert!(text.contains(holds), "{text}");
        assert_eq!(text.matches("alias/license-server").count(), 1, "{text}");
        assert!(!text.contains("alias/payments"), "{text}");
    }
}

#[tokio::test]
async fn the_name_of_the_export_is_completed() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(folder.path().join("exports")).expect("a folder in it");
    let mut stage = Stage::open((200, 24)).await;
    stage.press(&["x", "Ctrl-u"]).await;
    stage
        .type_text(&format!("{}/ex", folder.path().display()))
        .await;
    stage.press(&["Tab"]).await;
    assert!(stage.has("/exports/"), "{}", stage.screen());
}

#[tokio::test]
async fn the_list_tells_its_age_and_is_read_again_where_that_is_set() {
    let mut stage = Stage::open(WIDE).await;
    assert!(
        !stage.has(" ago ·") && !stage.has("· 0"),
        "{}",
        stage.screen()
    );
    assert_eq!(stage.app.wakes_in(now()), Some(Duration::from_secs(60)));
    let later = now() + Duration::from_secs(185);
    assert!(stage.app.update(Event::Tick, later).is_empty());
    assert!(
        stage.has("32 aliases · under 1 ms · 3 min ago"),
        "{}",
        stage.screen()
    );

    let mut stage = Stage::open_configured("auto-refresh = 120", WIDE).await;
    let soon = now() + Duration::from_secs(119);
    assert_eq!(stage.app.wakes_in(soon), Some(Duration::from_secs(1)));
    assert!(stage.app.update(Event::Tick, soon).is_empty());
    // Nobody is interrupted.
    stage.press(&["/"]).await;
    assert!(stage.app.update(Event::Tick, later).is_empty());
    stage.press(&["Esc"]).await;
    let effects = stage.app.update(Event::Tick, later);
    let effects = format!("{effects:?}");
    assert!(effects.contains("ListKeys"), "{effects}");
}
