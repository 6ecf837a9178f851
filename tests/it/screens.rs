//! Each screen as it is seen, at 80x24 and 120x40.

use aws_sdk_kms::types::Tag;
use insta::assert_snapshot;
use kmsdeck::gateway::{CallLimits, Place, Target, connect};
use kmsdeck_sandbox::SandboxOptions;

use crate::stage::{Stage, target, under_cursor};

const SMALL: (u16, u16) = (80, 24);
const WIDE: (u16, u16) = (120, 40);
const LARGE: (u16, u16) = (200, 60);

#[tokio::test]
async fn keys_at_three_sizes() {
    let mut stage = Stage::open(SMALL).await;
    assert_snapshot!("keys_80", stage.body());
    stage.resize(WIDE.0, WIDE.1);
    stage.settle().await;
    assert_snapshot!("keys_120", stage.body());
    stage.resize(LARGE.0, LARGE.1);
    stage.settle().await;
    assert_snapshot!("keys_200", stage.body());
}

#[tokio::test]
async fn the_first_frame_says_what_is_waited_for() {
    let stage = Stage::unstarted(target(SandboxOptions::default(), "admin"), SMALL);
    assert_snapshot!("connecting_80", stage.body());
}

#[tokio::test]
async fn filter_narrows_marks_and_counts() {
    let mut stage = Stage::open(SMALL).await;
    stage.press(&["/"]).await;
    stage.type_text("arch").await;
    assert_snapshot!("filter_80", stage.body());
    stage.type_text("zzz").await;
    assert!(stage.has("No key matches"), "{}", stage.screen());
    stage.press(&["Esc"]).await;
    assert!(!stage.has("Filter:"), "{}", stage.screen());
}

#[tokio::test]
async fn the_cursor_stays_on_its_key_when_the_order_changes() {
    let mut stage = Stage::open(WIDE).await;
    stage.press(&["Down", "Down"]).await;
    let before = selected(&stage);
    stage.press(&["S"]).await;
    assert_eq!(selected(&stage), before);
    stage.press(&["s"]).await;
    assert!(stage.has("sort: key ID ↑"), "{}", stage.screen());
    assert_eq!(selected(&stage), before);
}

fn selected(stage: &Stage) -> String {
    under_cursor(&stage.screen()).expect("a cursor").to_owned()
}

#[tokio::test]
async fn hostile_text_is_spelled_out() {
    let mut stage = Stage::open(WIDE).await;
    stage.press(&["/"]).await;
    stage.type_text("hostile").await;
    let screen = stage.screen();
    assert!(
        !screen.contains('\u{1b}') && !screen.contains('\u{202e}'),
        "{screen}"
    );
    assert!(screen.contains("‹U+202E›"), "{screen}");
    assert!(screen.contains('␛'), "{screen}");
}

/// Goes to the tab of the details that shows this text.
async fn to_tab(stage: &mut Stage, shows: &str) {
    let is_there = |screen: &str| screen.contains(shows);
    stage.press_until("Tab", shows, is_there).await;
}

#[tokio::test]
async fn details_of_a_key_in_tabs() {
    let mut stage = Stage::open(SMALL).await;
    stage.press(&["/"]).await;
    stage.type_text("payments").await;
    stage.press(&["Enter", "Enter"]).await;
    assert_snapshot!("detail_metadata_80", stage.body());
    to_tab(&mut stage, "\"Statement\"").await;
    assert_snapshot!("detail_policy_80", stage.body());
    to_tab(&mut stage, "Grantee").await;
    assert_snapshot!("detail_grants_80", stage.body());
    to_tab(&mut stage, "Key materials").await;
    assert_snapshot!("detail_rotation_80", stage.body());
    stage.press(&["Esc"]).await;
    assert!(stage.has("ALIAS"), "{}", stage.screen());
}

#[tokio::test]
async fn a_denied_tab_names_its_permission_and_the_others_show() {
    let mut stage = Stage::open_as("encryptor", SMALL).await;
    stage.press(&["Enter"]).await;
    to_tab(&mut stage, "This takes the permission kms:GetKeyPolicy").await;
    stage.press(&["BackTab"]).await;
    assert!(stage.has("KeySpec"), "{}", stage.screen());
}

#[tokio::test]
async fn a_principal_that_may_not_list_is_told_so_and_goes_on() {
    let mut stage = Stage::open_as("no-list", SMALL).await;
    assert_snapshot!("denied_list_80", stage.body());
    stage.press(&["g"]).await;
    let arn = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
    stage.type_text(arn).await;
    stage.press(&["Ctrl-r"]).await;
    assert!(stage.has("✓ Data key generated"), "{}", stage.screen());
}

#[tokio::test]
async fn a_key_that_may_not_be_described_stays_and_is_marked() {
    let options = SandboxOptions::default();
    let stage = Stage::open_on(target(options, "grantee"), SMALL).await;
    // Its only right is a grant: it may not list at all.
    assert!(stage.has("kms:ListKeys"), "{}", stage.screen());
}

#[tokio::test]
async fn the_form_at_two_sizes() {
    let mut stage = Stage::open(SMALL).await;
    stage.press(&["/"]).await;
    stage.type_text("payments").await;
    stage.press(&["Enter", "g"]).await;
    stage.paste("ignored where nothing takes text");
    stage.go_to_field("EncryptionContext").await;
    stage.paste(r#"{"tenant": "acme", "purpose": "backup"}"#);
    assert_snapshot!("form_80", stage.body());
    stage.resize(WIDE.0, WIDE.1);
    assert_snapshot!("form_120", stage.body());
}

#[tokio::test]
async fn the_form_completes_a_key_id() {
    let mut stage = Stage::open(SMALL).await;
    stage.press(&["g"]).await;
    stage.go_to_field("KeyId").await;
    stage.press(&["Ctrl-u"]).await;
    stage.type_text("ar").await;
    assert_snapshot!("form_completion_80", stage.body());
    stage.press(&["Down", "Enter"]).await;
    assert!(stage.has("alias/archive"), "{}", stage.screen());
}

#[tokio::test]
async fn the_outcome_of_a_real_call() {
    let mut stage = Stage::open(SMALL).await;
    stage.press(&["/"]).await;
    stage.type_text("payments").await;
    stage.press(&["Enter", "g", "Ctrl-r"]).await;
    assert_snapshot!("outcome_success_80", stage.body());
    stage.press(&["b"]).await;
    assert_snapshot!("outcome_dump_80", stage.body());
    stage.press(&["y"]).await;
    assert_snapshot!("copy_menu_80", stage.body());
    stage.press(&["Esc"]).await;
    stage.resize(WIDE.0, WIDE.1);
    assert_snapshot!("outcome_dump_120", stage.body());
}

#[tokio::test]
async fn a_dry_run_that_would_succeed_is_shown_as_the_success_that_it_is() {
    let mut stage = Stage::open(SMALL).await;
    stage.press(&["/"]).await;
    stage.type_text("payments").await;
    stage.press(&["Enter", "g", "Ctrl-t", "Ctrl-r"]).await;
    assert_snapshot!("outcome_dry_run_80", stage.body());
}

/// Each of the nine errors of GenerateDataKeyWithoutPlaintext, as a user sees it.
#[tokio::test]
async fn the_nine_errors() {
    let cases = [
        ("not_found", "alias/nowhere", None),
        ("disabled", "alias/mobile-app", None),
        ("key_unavailable", "alias/fault/key-unavailable", None),
        ("dependency_timeout", "alias/fault/dependency-timeout", None),
        ("invalid_key_usage", "alias/signing", None),
        (
            "invalid_grant_token",
            "alias/payments",
            Some("not-a-grant-token"),
        ),
        ("kms_internal", "alias/fault/kms-internal", None),
        ("kms_invalid_state", "alias/old-orders", None),
    ];
    for (name, key, token) in cases {
        let mut stage = Stage::open(SMALL).await;
        stage.press(&["g"]).await;
        stage.go_to_field("KeyId").await;
        stage.press(&["Ctrl-u"]).await;
        stage.type_text(key).await;
        if let Some(token) = token {
            stage.go_to_field("GrantTokens").await;
            stage.press(&["Enter"]).await;
            stage.type_text(token).await;
        }
        stage.press(&["Ctrl-r"]).await;
        assert_snapshot!(format!("error_{name}_80"), stage.body());
        stage.press(&["Esc"]).await;
        assert!(stage.has(key), "the form kept its text: {}", stage.screen());
    }
}

#[tokio::test]
async fn a_denied_dry_run_says_denied_and_why() {
    let mut stage = Stage::open_as("auditor", SMALL).await;
    stage.press(&["/"]).await;
    stage.type_text("payments").await;
    stage.press(&["Enter", "g", "Ctrl-t", "Ctrl-r"]).await;
    assert_snapshot!("outcome_denied_80", stage.body());
}

#[tokio::test]
async fn no_region_is_said_with_the_fix() {
    let mut stage = Stage::open_on(
        Target {
            region: Some("us-east-1".into()),
            limits: CallLimits {
                max_attempts: Some(1),
                ..CallLimits::default()
            },
            ..Target::new(Place::Aws {
                profile: None,
                endpoint_url: Some("http://127.0.0.1:1".into()),
                role: None,
            })
        },
        SMALL,
    )
    .await;
    let screen = stage.screen();
    assert!(screen.contains("could not be listed"), "{screen}");
    stage.press(&["r"]).await;
    assert!(stage.has("could not be listed"), "{}", stage.screen());
}

#[tokio::test]
async fn an_unknown_principal_is_said_with_the_choices() {
    let stage = Stage::open_on(target(SandboxOptions::default(), "nobody"), SMALL).await;
    assert_snapshot!("not_connected_80", stage.body());
}

#[tokio::test]
async fn help_lists_the_keys_of_the_place() {
    let mut stage = Stage::open(WIDE).await;
    stage.press(&["?"]).await;
    assert_snapshot!("help_120", stage.body());
    stage.press(&["Esc", "g", "F1"]).await;
    assert!(stage.has("Send the request"), "{}", stage.screen());
}

#[tokio::test]
async fn too_small_a_terminal_is_told_what_it_takes() {
    let mut stage = Stage::open(SMALL).await;
    stage.resize(40, 10);
    assert!(stage.has("needs 60 x 16"), "{}", stage.screen());
    stage.resize(60, 16);
    assert_snapshot!("keys_60x16", stage.body());
}

#[tokio::test]
async fn another_principal_is_chosen_in_the_app_and_a_dry_run_tells_the_difference() {
    let mut stage = Stage::open(SMALL).await;
    stage.press(&["/"]).await;
    stage.type_text("payments").await;
    stage.press(&["Enter", "g", "Ctrl-t", "Ctrl-r"]).await;
    assert!(stage.has("✓ Would succeed"), "{}", stage.screen());
    stage.press(&["Esc", "Esc", "p"]).await;
    assert_snapshot!("pick_principal_80", stage.body());
    stage.type_text("audit").await;
    stage.press_only("Enter");
    // The header changes at once, before anything has answered.
    assert!(stage.has("auditor"), "{}", stage.screen());
    assert!(!stage.has("user/admin"), "{}", stage.screen());
    stage.settle().await;
    stage.press(&["g", "Ctrl-r"]).await;
    assert!(
        stage.has("✗ Denied: AccessDeniedException"),
        "{}",
        stage.screen()
    );
}

#[tokio::test]
async fn another_region_is_chosen_or_typed_and_the_old_answers_are_dropped() {
    let mut stage = Stage::open(SMALL).await;
    stage.press_only("r");
    stage.press_only("R");
    stage.type_text_only("eu");
    stage.press_only("Enter");
    stage.settle().await;
    let screen = stage.screen();
    assert!(
        screen.contains("eu-west-1") && screen.contains("alias/orders-eu"),
        "{screen}"
    );
    assert!(!screen.contains("alias/payments"), "{screen}");
    stage.press(&["R"]).await;
    stage.type_text("ap-south-2").await;
    stage.press(&["Enter"]).await;
    assert!(
        stage.has("There are no keys in this account and Region."),
        "{}",
        stage.screen()
    );
}

#[tokio::test]
async fn a_throttled_listing_ends_whole() {
    let options = SandboxOptions {
        faults: "throttle:0.2".parse().expect("faults"),
        extra_keys: 400,
        ..SandboxOptions::default()
    };
    let mut target = target(options, "admin");
    target.limits.max_attempts = Some(10);
    let stage = Stage::open_on(target, SMALL).await;
    assert!(stage.has("428 keys, "), "{}", stage.screen());
}

#[tokio::test]
async fn the_tab_of_the_public_key_is_there_for_asymmetric_keys_alone() {
    let mut stage = Stage::open(SMALL).await;
    stage.press(&["/"]).await;
    stage.type_text("license").await;
    stage.press(&["Enter", "Enter"]).await;
    to_tab(&mut stage, "-----BEGIN PUBLIC KEY-----").await;
    assert_eq!(asked(&stage, "GetPublicKey"), 1);
    stage.press(&["Esc", "Esc", "Home", "Enter"]).await;
    assert!(!stage.has("Public key"), "{}", stage.screen());
    assert_eq!(asked(&stage, "GetPublicKey"), 1);
    // Round the tabs: the one before the first is the last that there is.
    stage.press(&["BackTab"]).await;
    assert!(stage.has("Tracked since"), "{}", stage.screen());
    stage.press(&["Tab"]).await;
    assert!(stage.has("KeyState"), "{}", stage.screen());
}

fn asked(stage: &Stage, operation: &str) -> usize {
    let of = |record: &&kmsdeck::kms::CallRecord| record.operation == operation;
    stage.records.iter().filter(of).count()
}

/// Where the titles of all tabs have no room, the current one is seen whole, and signs say that
/// there are more.
#[tokio::test]
async fn the_regions_of_a_key_stand_side_by_side_with_what_differs() {
    const KEY: &str = "mrk-77aa31c0b5f04e0e9d1f6b2a8c4401ff";
    let target = target(SandboxOptions::default(), "admin");
    let in_region = Target {
        region: Some("eu-west-1".to_owned()),
        ..target.clone()
    };
    let replica = connect(&in_region).await.unwrap().kms;
    let tag = Tag::builder().tag_key("team").tag_value("elsewhere");
    let tagged = replica
        .tag_resource()
        .key_id(KEY)
        .tags(tag.build().unwrap());
    tagged.send().await.unwrap();
    let alias = replica.delete_alias().alias_name("alias/cold-storage");
    alias.send().await.unwrap();
    let policy = format!(
        "{{\"Version\":\"2012-10-17\",\"Statement\":{{\"Effect\":\"Allow\",\"Principal\":{{\"AWS\":\"{}\"}},\"Action\":\"kms:*\",\"Resource\":\"*\"}}}}",
        "111122223333"
    );
    let put = replica.put_key_policy().key_id(KEY).policy(policy);
    put.send().await.unwrap();
    let mut stage = Stage::open_on(target, SMALL).await;
    stage.press(&["/"]).await;
    stage.type_text("alias/archive").await;
    stage.press(&["Enter", "Enter"]).await;
    to_tab(&mut stage, "REPLICA").await;
    assert_snapshot!("detail_regions_80", stage.body());
    // What is under the cursor becomes the primary by its form.
    stage.press(&["Down", "e"]).await;
    assert!(stage.has("UpdatePrimaryRegion"), "{}", stage.screen());
    assert!(stage.has("eu-west-1"), "{}", stage.screen());
}

#[tokio::test]
async fn the_titles_of_the_tabs_can_be_read_in_a_narrow_terminal() {
    let mut stage = Stage::open((60, 16)).await;
    stage.press(&["/"]).await;
    stage.type_text("license").await;
    stage.press(&["Enter", "Enter"]).await;
    let titles = |stage: &Stage| {
        let screen = stage.screen();
        screen.lines().nth(4).unwrap_or_default().to_owned()
    };
    let first = titles(&stage);
    assert!(
        first.contains(" Metadata ") && first.ends_with('›'),
        "{first}"
    );
    to_tab(&mut stage, "-----BEGIN PUBLIC KEY-----").await;
    let last = titles(&stage);
    assert!(
        last.starts_with('‹') && last.contains(" Public key"),
        "{last}"
    );
    // A click is on what is seen.
    let at = last.find("Last use").expect("the tab before");
    let column = last[..at].chars().count() as u16;
    stage.click(column, 4);
    assert!(stage.has("Tracked since"), "{}", stage.screen());
}

/// The word says it, and the colour with it.
#[tokio::test]
async fn a_key_s_state_and_what_its_policy_denies_have_their_colour() {
    let theme = kmsdeck::tui::theme::Theme::dark();
    let mut stage = Stage::open(SMALL).await;
    stage.press(&["/"]).await;
    stage.type_text("payments").await;
    stage.press(&["Enter", "Enter"]).await;
    assert_eq!(color_of(&stage, "Enabled"), theme.good.fg);
    to_tab(&mut stage, "\"Statement\"").await;
    assert_ne!(color_of(&stage, "\"Allow\""), theme.bad.fg);
    stage.press(&["End"]).await;
    assert_eq!(color_of(&stage, "\"Deny\""), theme.bad.fg);
}

/// The colour of the text where it is first seen.
fn color_of(stage: &Stage, text: &str) -> Option<ratatui::style::Color> {
    let screen = stage.screen();
    let found = screen.lines().enumerate().find_map(|(y, row)| {
        let at = row.find(text)?;
        Some((row[..at].chars().count() as u16, y as u16))
    });
    let (x, y) = found.unwrap_or_else(|| panic!("{text} is not there: {screen}"));
    stage.buffer()[(x, y)].style().fg
}

/// What the list knows of a key is there before DescribeKey answers.
#[tokio::test]
async fn what_the_list_knows_is_shown_while_the_rest_loads() {
    let mut stage = Stage::open(SMALL).await;
    stage.press(&["/"]).await;
    stage.type_text("payments").await;
    stage.press(&["Enter"]).await;
    stage.press_only("Enter");
    assert!(stage.has("kms:DescribeKey …"), "{}", stage.screen());
    assert!(
        stage.has("KeyState             Enabled"),
        "{}",
        stage.screen()
    );
    stage.settle().await;
    assert!(!stage.has("kms:DescribeKey …"), "{}", stage.screen());
}

#[tokio::test]
async fn the_last_use_of_a_key_is_told() {
    let mut stage = Stage::open(SMALL).await;
    stage.press(&["/"]).await;
    stage.type_text("payments").await;
    stage.press(&["Enter", "g", "Ctrl-r", "Esc", "Esc"]).await;
    stage.press(&["Enter"]).await;
    to_tab(&mut stage, "2026-06-01 12:00:00Z").await;
    assert!(
        stage.has("GenerateDataKeyWithoutPlaintext"),
        "{}",
        stage.screen()
    );
}

#[tokio::test]
async fn aliases_of_all_kinds_are_listed_and_lead_to_their_key() {
    let mut stage = Stage::open(SMALL).await;
    stage.press(&["A"]).await;
    insta::assert_snapshot!("aliases_80", stage.body());
    stage.press(&["/"]).await;
    stage.type_text("payments").await;
    stage.press(&["Enter", "Enter"]).await;
    assert!(stage.has("Metadata"), "{}", stage.screen());
}

#[tokio::test]
async fn the_filter_takes_terms_and_asks_what_it_needs() {
    let mut stage = Stage::open(SMALL).await;
    stage.press(&["/"]).await;
    stage.type_text("state:dis").await;
    assert!(stage.has("state:disabled"), "{}", stage.screen());
    stage.press(&["Tab", "Enter"]).await;
    assert!(stage.has("2 of 28 keys"), "{}", stage.screen());
    // Tags are asked for once a term needs them.
    stage.press(&["Esc", "/"]).await;
    stage.type_text("!tag:none=none").await;
    stage.press(&["Enter"]).await;
    assert!(!stage.has("0 of 28"), "{}", stage.screen());
}

#[tokio::test]
async fn several_regions_stand_in_one_table() {
    let mut stage = Stage::open((120, 40)).await;
    stage.press(&[":"]).await;
    stage.type_text("regions us-east-1,eu-west-1").await;
    stage.press(&["Enter"]).await;
    let screen = stage.screen();
    assert!(
        screen.contains("✓ us-east-1 28   ✓ eu-west-1 4"),
        "{screen}"
    );
    assert!(
        screen.contains("2 Regions") && screen.contains("32 keys"),
        "{screen}"
    );
    // A key of the other Region is described there.
    stage.press(&[":"]).await;
    stage.type_text("filter region:eu").await;
    stage.press(&["Enter", "Enter"]).await;
    assert!(stage.has("arn:aws:kms:eu-west-1"), "{}", stage.screen());
}

#[tokio::test]
async fn the_call_log_tells_of_every_call_and_sends_one_again() {
    let mut stage = Stage::open((120, 40)).await;
    stage.press(&["/"]).await;
    stage.type_text("payments").await;
    stage.press(&["Enter", "g", "Ctrl-t", "Ctrl-r", "L"]).await;
    let screen = stage.screen();
    assert!(
        screen.contains("GenerateDataKeyWithoutPlaintext"),
        "{screen}"
    );
    assert!(screen.contains("would succeed"), "{screen}");
    assert!(screen.contains("DescribeKey"), "{screen}");
    assert!(screen.contains("alias/payments"), "{screen}");
    stage.press(&["/"]).await;
    stage.type_text("generate").await;
    stage.press(&["Enter", "r"]).await;
    assert!(stage.has("Would succeed"), "{}", stage.screen());
    stage.press(&["Esc", "Enter"]).await;
    assert!(stage.has("DryRunOperationException"), "{}", stage.screen());
}

#[tokio::test]
async fn read_only_sends_dry_runs_alone() {
    let mut stage = Stage::open_configured("read-only = true", SMALL).await;
    assert!(stage.has("READ-ONLY"), "{}", stage.screen());
    stage.press(&["/"]).await;
    stage.type_text("payments").await;
    stage.press(&["Enter", "g", "Ctrl-r"]).await;
    assert!(stage.has("Read-only: "), "{}", stage.screen());
    stage.press(&["Ctrl-t", "Ctrl-r"]).await;
    assert!(stage.has("Would succeed"), "{}", stage.screen());
}

#[tokio::test]
async fn a_wrong_command_is_said_and_tab_completes_a_right_one() {
    let mut stage = Stage::open(SMALL).await;
    stage.press(&[":"]).await;
    stage.type_text("region europe").await;
    stage.press(&["Enter"]).await;
    assert!(stage.has("write it like eu-west-1"), "{}", stage.screen());
    stage.press(&["Esc", ":"]).await;
    stage.type_text("ali").await;
    stage.press(&["Tab", "Enter"]).await;
    assert!(stage.has("Aliases: 32 aliases"), "{}", stage.screen());
    stage.press(&[":"]).await;
    insta::assert_snapshot!("command_line_80", stage.body());
}

#[tokio::test]
async fn the_call_log_opened_twice_is_left_once() {
    let mut stage = Stage::open(SMALL).await;
    stage.press(&["L", "L", "Esc"]).await;
    assert!(stage.has("sort: alias"), "{}", stage.screen());
}

#[tokio::test]
async fn the_policy_is_searched_and_the_places_are_gone_through() {
    let mut stage = Stage::open((80, 24)).await;
    stage.press(&["/"]).await;
    stage.type_text("payments").await;
    stage.press(&["Enter", "Enter"]).await;
    to_tab(&mut stage, "\"Statement\"").await;
    stage.press(&["/"]).await;
    stage.type_text("schedule").await;
    assert!(stage.has("Search: schedule"), "{}", stage.screen());
    assert!(stage.has("1 of 1"), "{}", stage.screen());
    // The place is on the screen, below what was seen before.
    assert!(stage.has("kms:ScheduleKeyDeletion"), "{}", stage.screen());
    stage.press(&["Ctrl-u"]).await;
    stage.type_text("allow").await;
    stage.press(&["Enter", "n", "n"]).await;
    assert!(stage.has("3 of"), "{}", stage.screen());
    stage.press(&["N"]).await;
    assert!(stage.has("2 of"), "{}", stage.screen());
    stage.press(&["Esc"]).await;
    assert!(!stage.has("Search:"), "{}", stage.screen());
    assert!(stage.has("Policy"), "still the details: {}", stage.screen());
}

#[tokio::test]
async fn the_matrix_the_actions_and_the_forms_at_three_sizes() {
    for size in [(80, 24), (120, 40), (200, 60)] {
        let mut stage = Stage::open(size).await;
        stage.press(&["/"]).await;
        stage.type_text("payments").await;
        stage.press(&["Enter", "a"]).await;
        insta::assert_snapshot!(format!("actions_{}", size.0), stage.body());
        stage.go_to("CreateGrant").await;
        stage.press(&["Enter"]).await;
        insta::assert_snapshot!(format!("form_create_grant_{}", size.0), stage.body());
        stage.press(&["Esc", "a"]).await;
        stage.go_to("GenerateDataKey").await;
        stage.press(&["Enter", "Ctrl-r"]).await;
        insta::assert_snapshot!(format!("outcome_secret_{}", size.0), stage.body());
        stage.press(&["Esc", "Esc", "Esc", "m"]).await;
        stage.press(&["Space"]).await;
        insta::assert_snapshot!(format!("matrix_{}", size.0), stage.body());
    }
}

#[tokio::test]
async fn details_that_were_left_are_there_at_once_until_they_are_refreshed() {
    let mut stage = Stage::open((100, 30)).await;
    stage.press(&["/"]).await;
    stage.type_text("payments").await;
    stage.press(&["Enter", "Enter", "Esc"]).await;
    let calls = stage.app.core.calls.seen();
    stage.press(&["Enter"]).await;
    assert!(stage.has("as it was"), "{}", stage.screen());
    assert!(stage.has("KeyState"), "{}", stage.screen());
    // What the key does not have is asked again, and nothing else.
    assert!(
        stage.app.core.calls.seen() - calls <= 1,
        "{}",
        stage.screen()
    );
    stage.press(&["r"]).await;
    assert!(!stage.has("as it was"), "{}", stage.screen());
    assert!(stage.app.core.calls.seen() - calls > 5);
}

#[tokio::test]
async fn keys_that_another_account_shares_are_listed_on_demand_and_marked() {
    let mut stage = Stage::open((120, 40)).await;
    assert!(!stage.has("⇄"), "{}", stage.screen());
    stage.press(&[":"]).await;
    stage.type_text("shared").await;
    stage.press(&["Enter"]).await;
    // The first page of such keys is empty, and there is a second.
    assert!(stage.has("29 keys"), "{}", stage.screen());
    stage.press(&["End"]).await;
    let mark = "⇄ of 444455556666";
    let is_there = |screen: &str| screen.contains(mark);
    stage.press_until("Up", mark, is_there).await;
}

#[tokio::test]
async fn the_views_of_an_account_at_three_sizes() {
    for size in [(80, 24), (120, 40), (200, 60)] {
        let mut stage = Stage::open(size).await;
        let columns = size.0;
        stage.press(&["A"]).await;
        assert_snapshot!(format!("view_aliases_{columns}"), stage.body());
        stage.press(&["Esc", "/"]).await;
        stage.type_text("payments").await;
        stage.press(&["Enter", "Enter"]).await;
        to_tab(&mut stage, "\"Statement\"").await;
        stage.press(&["/"]).await;
        stage.type_text("kms:").await;
        stage.press(&["Enter"]).await;
        assert_snapshot!(format!("view_policy_search_{columns}"), stage.body());
        stage.press(&["Esc", "Esc", ":"]).await;
        stage.type_text("regions eu-west-1,us-east-1").await;
        assert_snapshot!(format!("view_command_line_{columns}"), stage.body());
        stage.press(&["Enter"]).await;
        stage.press(&["Esc"]).await;
        assert_snapshot!(format!("view_regions_{columns}"), stage.body());
        stage.press(&["p"]).await;
        assert_snapshot!(format!("view_picker_{columns}"), stage.body());
    }
}

#[tokio::test]
async fn a_save_that_fails_asks_again_with_the_path_that_was_typed() {
    let mut stage = Stage::open(SMALL).await;
    stage.press(&["/"]).await;
    stage.type_text("payments").await;
    stage.press(&["Enter", "g", "Ctrl-r", "s", "Ctrl-u"]).await;
    stage.type_text("/no/such/folder/blob.bin").await;
    stage.press(&["Enter"]).await;
    assert!(stage.has("Save to another file"), "{}", stage.screen());
    assert!(stage.has("Not saved: "), "{}", stage.screen());
    assert!(stage.has("/no/such/folder/blob.bin"), "{}", stage.screen());
    // A device is no file to put in the place of.
    stage.press(&["Ctrl-u"]).await;
    stage.type_text("/dev/null").await;
    stage.press(&["Enter"]).await;
    assert!(stage.has("it is no ordinary file"), "{}", stage.screen());
}

/// What other snapshots leave out: the first row.
#[tokio::test]
async fn headers() {
    let mut headers = Vec::new();
    let unstarted = Stage::unstarted(target(SandboxOptions::default(), "admin"), SMALL);
    headers.push(unstarted.header());
    let not_connected = Stage::open_on(target(SandboxOptions::default(), "nobody"), SMALL).await;
    headers.push(not_connected.header());
    headers.push(Stage::open_as("no-list", SMALL).await.header());
    let mut read_only = Stage::open_configured("read-only = true", SMALL).await;
    headers.push(read_only.header());
    read_only.resize(60, 16);
    headers.push(read_only.header());
    let mut stage = Stage::open(SMALL).await;
    for size in [(60, 16), SMALL, WIDE, LARGE] {
        stage.resize(size.0, size.1);
        stage.settle().await;
        headers.push(stage.header());
    }
    stage.press(&["/"]).await;
    stage.type_text("arch").await;
    headers.push(stage.header());
    stage.press(&["Esc", ":"]).await;
    stage.type_text("regions us-east-1,eu-west-1").await;
    stage.press(&["Enter"]).await;
    headers.push(stage.header());
    assert_snapshot!("headers", headers.join("\n"));
}

/// What other snapshots leave out: the last row, of every place that keys can be pressed in.
#[tokio::test]
async fn hints_of_every_place() {
    let mut seen = Vec::new();
    let mut stage = Stage::open(SMALL).await;
    hints(&mut seen, "keys", &mut stage);
    stage.press(&["/"]).await;
    hints(&mut seen, "filter", &mut stage);
    stage.type_text("payments").await;
    stage.press(&["Enter"]).await;
    for (place, key) in [
        ("actions", "a"),
        ("copy menu", "y"),
        ("principals", "p"),
        ("regions", "R"),
        ("prompt", "o"),
        ("command line", ":"),
        ("help", "?"),
        ("aliases", "A"),
        ("call log", "L"),
        ("matrix", "m"),
        ("details", "Enter"),
    ] {
        stage.press(&[key]).await;
        hints(&mut seen, place, &mut stage);
        stage.press(&["Esc"]).await;
    }
    stage.press(&[":"]).await;
    stage.type_text("grants").await;
    stage.press(&["Enter"]).await;
    hints(&mut seen, "grants", &mut stage);
    stage.press(&["Esc"]).await;
    stage.press(&["Enter"]).await;
    stage.press(&["/"]).await;
    hints(&mut seen, "search", &mut stage);
    stage.press(&["Esc", "Esc", "g"]).await;
    hints(&mut seen, "form", &mut stage);
    for field in ["KeyId", "KeySpec", "EncryptionContext"] {
        stage.go_to_field(field).await;
        hints(&mut seen, &format!("form, {field}"), &mut stage);
    }
    stage.press(&["Ctrl-r"]).await;
    hints(&mut seen, "outcome", &mut stage);
    stage.press(&["Esc", "Esc", "a"]).await;
    stage.go_to("GenerateDataKey").await;
    stage.press(&["Enter", "Ctrl-r"]).await;
    hints(&mut seen, "outcome with a secret", &mut stage);
    stage.press(&["Esc", "Esc", "a"]).await;
    stage.go_to("DisableKey").await;
    stage.press(&["Enter", "Ctrl-r"]).await;
    hints(&mut seen, "question", &mut stage);
    let mut stores = Stage::open(SMALL).await;
    stores.press(&[":"]).await;
    stores.type_text("stores").await;
    stores.press(&["Enter"]).await;
    hints(&mut seen, "key stores", &mut stores);
    stores.press(&["Enter"]).await;
    hints(&mut seen, "key store", &mut stores);
    let mut denied = Stage::open_as("no-list", SMALL).await;
    hints(&mut seen, "keys, denied", &mut denied);
    assert_snapshot!("hints", seen.join("\n"));
}

/// The hints as they are where there is little room, and where there is much.
fn hints(seen: &mut Vec<String>, place: &str, stage: &mut Stage) {
    seen.push(format!("== {place}"));
    for (columns, rows) in [LARGE, SMALL] {
        stage.resize(columns, rows);
        seen.push(stage.hints());
    }
}

/// The call log tells who made each call, where there is room for it; the details always do.
#[tokio::test]
async fn the_call_log_says_whose_each_call_was() {
    let mut stage = Stage::open(SMALL).await;
    stage.press(&["L", "/"]).await;
    stage.type_text("list").await;
    stage.press(&["Enter"]).await;
    assert!(!stage.has("PRINCIPAL"), "{}", stage.screen());
    for (columns, rows) in [WIDE, LARGE] {
        stage.resize(columns, rows);
        stage.settle().await;
        let screen = stage.screen();
        let heads = screen.lines().find(|line| line.contains("OPERATION"));
        let row = screen.lines().find(|line| line.contains("ListKeys"));
        let place = heads.and_then(|heads| heads.find("PRINCIPAL"));
        let found = row.and_then(|row| row.find("user/admin"));
        assert!(place.is_some() && place == found, "{screen}");
        assert!(
            row.is_some_and(|row| row.contains("111122223333")),
            "{screen}"
        );
    }
    stage.press(&["Enter"]).await;
    assert!(
        stage.has("arn:aws:iam::111122223333:user/admin"),
        "{}",
        stage.screen()
    );
    // Another principal's calls are not the first one's, nor the other way round.
    stage.press(&["Esc", "Esc", "Esc"]).await;
    stage.press(&["p"]).await;
    stage.type_text("auditor").await;
    stage.press(&["Enter", "L"]).await;
    let screen = stage.screen();
    assert!(
        screen.contains("user/auditor") && screen.contains("user/admin"),
        "{screen}"
    );
    let rows = screen.lines().filter(|row| row.contains("DescribeKey"));
    assert!(
        rows.clone().count() > 40 && rows.clone().all(|row| row.contains(" user/")),
        "{screen}"
    );
}

#[tokio::test]
async fn a_profiles_badge_and_colour_are_in_the_header() {
    let config = "[profile.admin]\nbadge = \"PROD\"\ncolor = \"light-red\"\n\
                  [profile.auditor]\ncolor = \"#ffff\"\n[profile.x]\nbadge = \"\u{202e}x\"\n";
    let mut stage = Stage::open_configured(config, LARGE).await;
    assert!(
        stage.header().contains(" SANDBOX   PROD  111122223333"),
        "{}",
        stage.header()
    );
    let buffer = stage.buffer();
    let at = stage.header().find("PROD").expect("the badge") as u16;
    assert_eq!(buffer[(at, 0)].fg, ratatui::style::Color::LightRed);
    let problems = &stage.app.core.config_problems;
    assert_eq!(problems.len(), 2, "{problems:#?}");
    assert!(
        problems
            .iter()
            .any(|p| p.starts_with("config.toml:5: color: a colour is a name"))
    );
    assert!(
        problems
            .iter()
            .any(|p| p.starts_with("config.toml:7: badge is a word"))
    );
    stage.press(&["p"]).await;
    stage.type_text("auditor").await;
    stage.press(&["Enter"]).await;
    assert!(!stage.header().contains("PROD"), "{}", stage.header());
}

/// From the list to the end of the question.
#[tokio::test]
async fn to_disable_a_key_takes_five_presses() {
    let mut stage = Stage::open(SMALL).await;
    stage.press(&["a", "d", "i", "Enter"]).await;
    assert!(
        stage.has("DisableKey of alias/app-tokens?"),
        "{}",
        stage.screen()
    );
    stage.press(&["y"]).await;
    assert!(stage.has("Key disabled"), "{}", stage.screen());
    // By a key of the user's own it takes two.
    let mut stage = Stage::open_configured("[keys]\ndisable-key = \"ctrl-d\"\n", SMALL).await;
    stage.press(&["Ctrl-d"]).await;
    assert!(
        stage.has("DisableKey of alias/app-tokens?"),
        "{}",
        stage.screen()
    );
    // A no leaves the form.
    stage.press(&["n"]).await;
    assert!(stage.has("[ Disable ]"), "{}", stage.screen());
    stage.press(&["Esc", "Ctrl-d", "y"]).await;
    assert!(stage.has("Key disabled"), "{}", stage.screen());
    // What does not do for the key's state is not asked at once.
    stage.press(&["Esc", "Esc", "Ctrl-d"]).await;
    assert!(
        stage.has("[ Disable ]") && !stage.has("DisableKey of"),
        "{}",
        stage.screen()
    );
}

#[tokio::test]
async fn the_help_is_wrapped_and_a_search_has_one_hint_of_esc() {
    let mut stage = Stage::open(SMALL).await;
    stage.press(&["?"]).await;
    assert_snapshot!("help_80", stage.body());
    stage.press(&["Esc", "Enter", "/"]).await;
    assert_eq!(stage.hints().matches("Esc").count(), 1, "{}", stage.hints());
}

/// The same keys as another principal, and what was answered already is not asked again.
#[tokio::test]
async fn the_matrix_changes_its_principal_and_keeps_what_was_paid_for() {
    let mut stage = Stage::open(WIDE).await;
    stage.press(&["/"]).await;
    stage.type_text("payments").await;
    stage.press(&["Enter", "m", " "]).await;
    assert!(
        stage.has("Every cell has its verdict"),
        "{}",
        stage.screen()
    );
    let asked = stage.records.len();
    stage.press(&["e"]).await;
    stage.type_text("; tenant=acme").await;
    stage.press(&["Enter"]).await;
    assert!(stage.has("not asked"), "{}", stage.screen());
    stage.press(&[" "]).await;
    let again: Vec<&str> = stage.records[asked..]
        .iter()
        .map(|call| call.operation.as_str())
        .collect();
    assert!(
        again.contains(&"Encrypt") && !again.contains(&"CreateGrant"),
        "{again:?}"
    );
    let asked = stage.records.len();
    // One context taken away leaves the other's answers.
    stage.press(&["e", "Ctrl-u"]).await;
    stage.type_text("tenant=acme").await;
    stage.press(&["Enter", "i", "i"]).await;
    let screen = stage.screen();
    let counts = screen.lines().find(|line| line.contains("would fail"));
    assert!(
        counts.is_some_and(|line| !line.contains("not asked")),
        "{screen}"
    );
    assert_eq!(stage.records.len(), asked);
    stage.press(&["p"]).await;
    stage.type_text("auditor").await;
    stage.press(&["Enter"]).await;
    assert!(
        stage.has("Permission matrix   2 keys"),
        "{}",
        stage.screen()
    );
    assert!(
        stage.header().contains("user/auditor"),
        "{}",
        stage.header()
    );
    stage.press(&[" "]).await;
    assert!(
        stage.has("lost") && stage.has("user/admin"),
        "{}",
        stage.screen()
    );
    assert!(stage.has("✗-"), "{}", stage.screen());
    // A denial is said whole, and the column under the cursor by its name.
    assert!(
        stage.has("▾ GenerateDataKeyWithoutPlaintext"),
        "{}",
        stage.screen()
    );
    assert!(
        stage.has("no identity-based policy allows"),
        "{}",
        stage.screen()
    );
}

#[tokio::test]
async fn a_search_goes_on_only_where_there_is_another_place() {
    let mut stage = Stage::open((80, 24)).await;
    stage.press(&["Enter", "Tab"]).await;
    for (text, goes_on) in [("aws", true), ("kms", false), ("zz", false)] {
        stage.press(&["/", "Ctrl-u"]).await;
        stage.type_text(text).await;
        stage.press(&["Enter"]).await;
        assert_eq!(
            stage.has("n next place"),
            goes_on,
            "{text}: {}",
            stage.screen()
        );
        stage.press(&["Esc"]).await;
    }
}
