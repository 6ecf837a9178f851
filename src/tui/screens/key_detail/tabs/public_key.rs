//! The public key of an asymmetric key, as PEM.

use ratatui::text::Line;

use super::spec::{Body, TabSpec, TabView, nothing};
use crate::kms::encoding::public_key_pem;
use crate::reads::{GET_PUBLIC_KEY, ReadAnswer};

pub(super) static TAB: TabSpec = TabSpec {
    title: "Public key",
    reads: &[&GET_PUBLIC_KEY],
    count: |_| None,
    absent: Some("This key has no public key: it is not asymmetric."),
    text: Some(("PublicKey as PEM", text)),
    body: Body::Text(lines),
    begins: nothing,
};

fn lines(view: &TabView) -> Vec<Line<'static>> {
    let pem = text(view.answer).unwrap_or_default();
    pem.lines().map(|line| Line::raw(line.to_owned())).collect()
}

fn text(answer: &ReadAnswer) -> Option<String> {
    match answer {
        ReadAnswer::PublicKey(der) => Some(public_key_pem(der)),
        _ => None,
    }
}
