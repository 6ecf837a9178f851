//! What a condition on something unknown comes to, as a formula.

use crate::condition::{Condition, Operator};
use crate::context::RequestContext;
use crate::formula::{Atom, Formula};

impl Condition {
    /// The same as a formula of positive tests, so that a condition and its negation are known for
    /// what they are. Policy variables are put in as far as the context has them.
    pub(crate) fn formula(&self, context: &RequestContext, variables: bool) -> Formula {
        let absence = || {
            Formula::atom(Atom::Condition {
                condition: self.absence(),
                variables: false,
            })
        };
        if self.test() == Operator::Null {
            let wants = |absent: bool| {
                let mut values = self.values().iter();
                values.any(|value| value.eq_ignore_ascii_case("true") == absent)
            };
            return match (wants(true), wants(false)) {
                (true, true) => Formula::always(),
                (false, false) => Formula::never(),
                (true, false) => absence(),
                (false, true) => Formula::negated(absence()),
            };
        }
        let positive = |of_all, if_exists| {
            let condition = self.positive(context, variables, of_all, if_exists);
            let has_variable = condition.values().iter().any(|value| value.contains("${"));
            Formula::atom(Atom::Condition {
                variables: has_variable && variables,
                condition,
            })
        };
        match (self.negates(), self.is_of_all(), self.is_of_any()) {
            (false, true, _) => positive(true, false),
            (false, false, _) => positive(false, self.is_if_exists()),
            (true, false, true) => {
                let some = Formula::negated(positive(true, false));
                match self.is_if_exists() {
                    true => Formula::any([absence(), some]),
                    false => some,
                }
            }
            (true, ..) => Formula::negated(positive(false, false)),
        }
    }
}
