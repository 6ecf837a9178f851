//! The one maker of screens and popups: a [`Route`] in, what it leads to out.

use super::core::Core;
use super::popups::Popup;
use super::popups::actions::ActionMenu;
use super::popups::columns::ColumnsPopup;
use super::popups::command_line::CommandLine;
use super::popups::copy::CopyMenu;
use super::popups::help::Help;
use super::popups::overwrite::OverwritePopup;
use super::popups::picker::Picker;
use super::popups::prompt::Prompt;
use super::popups::question::QuestionPopup;
use super::popups::text::TextPopup;
use super::route::Route;
use super::screens::Screen;
use super::screens::access::AccessScreen;
use super::screens::aliases::AliasesScreen;
use super::screens::bulk::BulkScreen;
use super::screens::call_log::CallLogScreen;
use super::screens::form::FormScreen;
use super::screens::grants::GrantsScreen;
use super::screens::key_detail::KeyDetailScreen;
use super::screens::key_store::KeyStoreScreen;
use super::screens::key_stores::KeyStoresScreen;
use super::screens::lesson::LessonScreen;
use super::screens::lessons::LessonsScreen;
use super::screens::matrix::MatrixScreen;
use super::screens::outcome::OutcomeScreen;
use super::screens::policy_edit::PolicyEditScreen;
use super::screens::steps::StepsScreen;
use super::screens::why::WhyScreen;

/// What a route leads to.
pub enum Opened {
    Screen(Box<dyn Screen>),
    Popup(Box<dyn Popup>),
}

/// Makes what the route leads to.
///
/// Errors: a sentence, where it cannot be made now.
pub fn open(route: Route, core: &mut Core) -> Result<Opened, String> {
    Ok(match route {
        Route::Access(keys) => screen(AccessScreen::new(keys, None, core)),
        Route::AccessOf(principal) => {
            let keys = core.listing.named_keys();
            screen(AccessScreen::new(keys, Some(principal), core))
        }
        Route::Why(why, key, name) => screen(WhyScreen::new(*why, key, name)),
        Route::WhyRefused(refused) => screen(WhyScreen::of_refused(*refused, core)),
        Route::Aliases => screen(AliasesScreen::default()),
        Route::CallLog => screen(CallLogScreen::default()),
        Route::KeyDetail(key) => screen(KeyDetailScreen::new(key, core)),
        Route::GrantOfKey(key, grant) => screen(KeyDetailScreen::at_grant(key, grant, core)),
        Route::Grants => screen(GrantsScreen::of_keys()),
        Route::RetirableGrants => screen(GrantsScreen::retirable(core)),
        Route::KeyStores => screen(KeyStoresScreen::new(core)),
        Route::KeyStore(region, store) => screen(KeyStoreScreen::new(region, *store, core)),
        Route::Form(spec, key) => screen(FormScreen::new(spec, &key, core)),
        Route::BulkForm(spec) => screen(FormScreen::of_marked(spec, core)),
        Route::Bulk(job) => screen(BulkScreen::new(*job, core)),
        Route::FilledForm(request, key) => screen(FormScreen::filled(&request, &key, core)),
        Route::Outcome(outcome, key) => screen(OutcomeScreen::new(*outcome, key)),
        Route::Steps(steps, key) => screen(StepsScreen::new(*steps, key, core)),
        Route::EditPolicy(key, name, put_back) => {
            screen(PolicyEditScreen::new(key, name, put_back, core))
        }
        Route::OutcomeToRead(outcome) => screen(OutcomeScreen::to_read(*outcome)),
        Route::Matrix(rows) => screen(MatrixScreen::new(rows, core)),
        Route::Lessons => screen(LessonsScreen::new(core)),
        Route::Lesson(lesson) => screen(LessonScreen::new(lesson, core)?),
        Route::LessonOnKey(lesson, key) => screen(LessonScreen::on_real_key(lesson, key, core)?),

        Route::Actions(key) => popup(ActionMenu::new(key)),
        Route::ActionsOnMarked(key) => popup(ActionMenu::of_marked(key, core)),
        Route::Columns => popup(ColumnsPopup::new(core)),
        Route::CommandLine => popup(CommandLine::default()),
        Route::Copy(items) => popup(CopyMenu::new(items)),
        Route::Help(contexts) => popup(Help::new(contexts)),
        Route::Overwrite(path, bytes) => popup(OverwritePopup::new(path, bytes)),
        Route::Profiles => popup(Picker::profiles(core)),
        Route::Prompt(asks) => popup(Prompt::new(asks)),
        Route::Question(question) => popup(QuestionPopup::new(question, core)),
        Route::BulkQuestion(question) => popup(QuestionPopup::about_several(question)),
        Route::Regions => popup(Picker::regions(core)),
        Route::Text(title, fields) => popup(TextPopup::new(title, fields)),
    })
}

fn screen(screen: impl Screen + 'static) -> Opened {
    Opened::Screen(Box::new(screen))
}

fn popup(popup: impl Popup + 'static) -> Opened {
    Opened::Popup(Box::new(popup))
}
