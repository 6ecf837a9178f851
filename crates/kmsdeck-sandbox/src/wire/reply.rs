//! The members of a response.

use data_encoding::BASE64;
use serde_json::{Map, Value};

use super::Millis;

/// A response's members, in the order in which they are set.
#[derive(Default)]
pub struct Reply(Map<String, Value>);

impl Reply {
    pub fn new() -> Reply {
        Reply::default()
    }

    pub fn set(mut self, name: &str, value: impl Into<Value>) -> Reply {
        self.0.insert(name.into(), value.into());
        self
    }

    /// Leaves the member out where there is no value, as the service does.
    pub fn opt(self, name: &str, value: Option<impl Into<Value>>) -> Reply {
        match value {
            Some(value) => self.set(name, value),
            None => self,
        }
    }

    pub fn blob(self, name: &str, bytes: &[u8]) -> Reply {
        self.set(name, BASE64.encode(bytes))
    }

    /// A timestamp: seconds since 1970, with milliseconds.
    pub fn time(self, name: &str, millis: Millis) -> Reply {
        self.set(name, millis.seconds())
    }

    pub fn list(self, name: &str, items: impl IntoIterator<Item = impl Into<Value>>) -> Reply {
        let items: Vec<Value> = items.into_iter().map(Into::into).collect();
        self.set(name, items)
    }
}

impl From<Reply> for Value {
    fn from(reply: Reply) -> Value {
        Value::Object(reply.0)
    }
}
