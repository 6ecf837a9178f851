//! Who may do what with keys, as their policies and grants say it: what is read of a key and of the
//! principals, the operations that are asked for, and the answers as rows and as a file. What an
//! answer follows from is `kmsdeck-policy`'s.

pub mod columns;
pub mod key;
pub mod principals;
pub mod proof;
pub mod refused;
pub mod report;
pub mod row;
pub mod row_terms;
pub mod run;
pub mod view;
pub mod what_if;
pub mod why;
