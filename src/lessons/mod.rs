//! Lessons: envelope encryption by doing it. A lesson is a file of text and steps; each step makes
//! a real call, or works on bytes here, and fills boxes with what came of it. It knows no screen.

pub mod course;
pub mod handout;
mod lesson;
mod library;
pub mod parse;
mod parts;
pub mod perform;
mod reader;
mod steps;
pub mod trail;
mod work;
pub mod world;

pub use lesson::{Lesson, Step};
pub use library::{all, built_in, of_folder};
pub use parts::{BoxSpec, Came, Held, LessonPlace, MeantEnd, Prediction, StepCaller, StepEnd};
pub use steps::StepKind;
pub use work::place_of;
