//! The list of keys without a screen: what is known of each key, the filter, the order, and the
//! rows that come of them.

mod filter;
pub mod filter_terms;
pub mod inventory;
pub mod order;
pub mod view;
