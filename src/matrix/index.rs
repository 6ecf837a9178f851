//! Finds cells by the names that files use, each in constant time: a matrix can have 100,000, and
//! a baseline as many.

use std::collections::HashMap;

use super::{CellId, Matrix, Variant};

/// The places of a matrix by name.
pub struct CellIndex<'a> {
    /// By each name of the key: its ID, its ARN, its aliases. An alias can be there once a Region.
    rows: HashMap<&'a str, Vec<usize>>,
    columns: HashMap<&'a str, usize>,
    variants: &'a [Variant],
}

impl<'a> CellIndex<'a> {
    pub fn of(matrix: &'a Matrix) -> Self {
        let mut rows: HashMap<&str, Vec<usize>> = HashMap::with_capacity(3 * matrix.rows.len());
        for (at, row) in matrix.rows.iter().enumerate() {
            for name in row.names() {
                let places = rows.entry(name).or_default();
                if places.last() != Some(&at) {
                    places.push(at);
                }
            }
        }
        let columns = matrix.columns.iter().enumerate();
        CellIndex {
            rows,
            columns: columns.map(|(at, spec)| (spec.id.0, at)).collect(),
            variants: &matrix.variants,
        }
    }

    /// The places of an operation with a key, with one context or all; none where the matrix has
    /// no such cell.
    pub fn find<'b>(
        &'b self,
        key: &str,
        operation: &str,
        context: Option<&'b str>,
    ) -> impl Iterator<Item = CellId> + use<'a, 'b> {
        let column = self.columns.get(operation).copied();
        let rows = self.rows.get(key).map_or(&[][..], Vec::as_slice);
        column.into_iter().flat_map(move |column| {
            rows.iter().flat_map(move |row| {
                let variants = self.variants.iter().enumerate();
                variants
                    .filter(move |(_, variant)| context.is_none_or(|name| name == variant.name))
                    .map(move |(variant, _)| CellId {
                        row: *row,
                        column,
                        variant,
                    })
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kms::KeyRef;
    use crate::matrix::{Row, operations};

    fn row(id: &str, alias: &str) -> Row {
        let arn = format!("arn:aws:kms:us-east-1:111122223333:key/{id}");
        Row {
            key: KeyRef::new("us-east-1", &*arn),
            arn: Some(arn),
            name: alias.to_owned(),
            aliases: vec![alias.to_owned()],
            metadata: None,
        }
    }

    #[test]
    fn a_cell_is_found_by_every_name_of_its_key() {
        let rows = vec![
            row("aaaa", "alias/x"),
            row("bbbb", "alias/twice"),
            row("cccc", "alias/twice"),
        ];
        let contexts = vec![
            Variant::new(Vec::new()),
            Variant::new(vec![("tenant".into(), "acme".into())]),
        ];
        let matrix = Matrix::new(rows, operations(), contexts, Vec::new(), false);
        let index = CellIndex::of(&matrix);
        let decrypt = operations().iter().position(|spec| spec.id.0 == "Decrypt");
        let places = |key: &str, context: Option<&str>| -> Vec<(usize, usize)> {
            let found = index.find(key, "Decrypt", context);
            found
                .inspect(|id| assert_eq!(Some(id.column), decrypt))
                .map(|id| (id.row, id.variant))
                .collect()
        };
        for name in [
            "aaaa",
            "alias/x",
            "arn:aws:kms:us-east-1:111122223333:key/aaaa",
        ] {
            assert_eq!(places(name, None), [(0, 0), (0, 1)], "{name}");
        }
        assert_eq!(places("alias/x", Some("tenant=acme")), [(0, 1)]);
        assert_eq!(places("alias/x", Some("tenant=other")), []);
        assert_eq!(places("alias/twice", Some("no context")), [(1, 0), (2, 0)]);
        assert_eq!(places("alias/none", None), []);
        assert_eq!(index.find("aaaa", "DescribeKey", None).count(), 0);
    }
}
