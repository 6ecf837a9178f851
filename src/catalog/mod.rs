//! The list of keys without a screen: what is known of each key, the filter, the order, and the
//! rows that come of them.

pub mod columns;
pub mod facts;
mod filter;
pub mod filter_terms;
pub mod inventory;
pub mod key_table;
mod order;
pub mod view;
