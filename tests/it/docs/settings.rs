//! The examples of a configuration are in order.

use kmsdeck::config::Config;
use kmsdeck::tui::setup::Setup;
use kmsdeck::tui::theme::Theme;

use super::page::{Page, root};

#[test]
fn the_examples_of_a_configuration_are_in_order() {
    let page = Page::read(&root().join("docs/configuration.md"));
    let (mut settings, mut themes) = (0, 0);
    for block in page.blocks() {
        if block.info[0] != "toml" {
            continue;
        }
        if block.text.contains("inherits") {
            themes += 1;
            let folder = tempfile::tempdir().unwrap();
            std::fs::create_dir(folder.path().join("themes")).unwrap();
            std::fs::write(folder.path().join("themes/mine.toml"), &block.text).unwrap();
            Theme::load("mine", Some(folder.path())).unwrap();
            continue;
        }
        settings += 1;
        let (config, problems) = Config::parse(&page.name, &block.text);
        let (setup, _) = Setup::new(config, problems, None);
        assert!(setup.problems.is_empty(), "{:#?}", setup.problems);
    }
    assert_eq!((settings, themes), (2, 1));
}
