//! What the operating system gives: files, folders, the clipboard, the log. Nothing here knows KMS.

pub mod blocking;
pub mod clipboard;
pub mod core_dumps;
pub mod dirs;
pub mod drafts;
pub mod editor;
pub mod end_signal;
pub mod hangup;
pub mod log;
pub mod path_completion;
pub mod private;
pub mod std_files;
pub mod terminal_answers;
pub mod toml_doc;
pub mod user_file;
