//! The list of keys without a screen: what is known of each key, the filter, the order, and the
//! rows that come of them; and the same of the grants of all keys.

pub mod columns;
pub mod facts;
mod filter;
pub mod filter_terms;
pub mod grant_columns;
pub mod grant_row;
pub mod grant_terms;
pub mod grant_view;
pub mod inventory;
pub mod list_table;
mod order;
pub mod terms;
pub mod view;
