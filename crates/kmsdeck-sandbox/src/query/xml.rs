//! The answers, in XML.

use super::service::QueryService;
use crate::wire::Millis;

/// The content of an element: other elements, in their order.
#[derive(Default)]
pub(crate) struct Xml(String);

impl Xml {
    pub(crate) fn new() -> Xml {
        Xml::default()
    }

    pub(crate) fn text(self, name: &str, text: &str) -> Xml {
        self.element(name, &Xml(escape(text)))
    }

    pub(crate) fn opt(self, name: &str, text: Option<&str>) -> Xml {
        match text {
            Some(text) => self.text(name, text),
            None => self,
        }
    }

    /// A list of structures.
    pub(crate) fn list(self, name: &str, items: impl IntoIterator<Item = Xml>) -> Xml {
        let items = items.into_iter();
        let members = items.fold(Xml::new(), |all, item| all.element("member", &item));
        self.element(name, &members)
    }

    /// A list of texts.
    pub(crate) fn texts<'a>(self, name: &str, items: impl IntoIterator<Item = &'a str>) -> Xml {
        self.list(name, items.into_iter().map(|item| Xml(escape(item))))
    }

    pub(crate) fn element(mut self, name: &str, content: &Xml) -> Xml {
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
pub(crate) fn answer(
    service: QueryService,
    action: &str,
    result: &Xml,
    request_id: &str,
) -> String {
    let metadata = Xml::new().text("RequestId", request_id);
    let answer = Xml::new()
        .element(&format!("{action}Result"), result)
        .element("ResponseMetadata", &metadata);
    format!(
        "<{action}Response xmlns=\"{}\">{}</{action}Response>",
        service.namespace(),
        answer.0
    )
}

pub(super) fn error(
    service: QueryService,
    fault: &str,
    code: &str,
    message: Option<&str>,
    request_id: &str,
) -> String {
    let error = Xml::new()
        .text("Type", fault)
        .text("Code", code)
        .text("Message", message.unwrap_or_default());
    let answer = Xml::new()
        .element("Error", &error)
        .text("RequestId", request_id);
    format!(
        "<ErrorResponse xmlns=\"{}\">{}</ErrorResponse>",
        service.namespace(),
        answer.0
    )
}

/// `2026-01-01T00:00:00Z`
pub(crate) fn time(at: Millis) -> String {
    let at = jiff::Timestamp::from_millisecond(at.0).unwrap_or_default();
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
