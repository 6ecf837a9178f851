//! The answers, in XML.

use crate::wire::Millis;

const NAMESPACE: &str = "https://sts.amazonaws.com/doc/2011-06-15/";

/// The content of an element: other elements, in their order.
#[derive(Default)]
pub(super) struct Xml(String);

impl Xml {
    pub(super) fn new() -> Xml {
        Xml::default()
    }

    pub(super) fn text(self, name: &str, text: &str) -> Xml {
        self.element(name, &Xml(escape(text)))
    }

    pub(super) fn opt(self, name: &str, text: Option<&str>) -> Xml {
        match text {
            Some(text) => self.text(name, text),
            None => self,
        }
    }

    pub(super) fn element(mut self, name: &str, content: &Xml) -> Xml {
        self.0.push_str(&format!("<{name}>{}</{name}>", content.0));
        self
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

/// What an operation answers.
pub(super) fn answer(action: &str, result: Xml, request_id: &str) -> String {
    let metadata = Xml::new().text("RequestId", request_id);
    let answer = Xml::new()
        .element(&format!("{action}Result"), &result)
        .element("ResponseMetadata", &metadata);
    format!(
        "<{action}Response xmlns=\"{NAMESPACE}\">{}</{action}Response>",
        answer.0
    )
}

pub(super) fn error(fault: &str, code: &str, message: Option<&str>, request_id: &str) -> String {
    let error = Xml::new()
        .text("Type", fault)
        .text("Code", code)
        .text("Message", message.unwrap_or_default());
    let answer = Xml::new()
        .element("Error", &error)
        .text("RequestId", request_id);
    format!(
        "<ErrorResponse xmlns=\"{NAMESPACE}\">{}</ErrorResponse>",
        answer.0
    )
}

/// `2026-01-01T00:00:00Z`
pub(super) fn time(at: Millis) -> String {
    let at = jiff::Timestamp::from_millisecond(at.0).unwrap_or_default();
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
