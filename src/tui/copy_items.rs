//! What can be copied of a key, an outcome or a request, encoding by encoding.

use zeroize::Zeroizing;

use crate::catalog::inventory::Entry;
use crate::kms::encoding::{base64, hex, readable};
use crate::kms::key::KeyMetadata;
use crate::kms::tags;
use crate::kms::{Outcome, Request, ResponseValue, SecretBytes};
use crate::snippet::{Destination, Language};

/// Bytes as text.
type Encode = fn(&[u8]) -> String;

/// A line of the copy menu.
pub struct CopyItem {
    pub label: String,
    pub does: CopyDoes,
}

/// What taking an item does.
pub enum CopyDoes {
    Copy(String),
    /// A secret, made into text when it is taken.
    CopySecret(SecretBytes, Encode),
    /// Saves these bytes of that field to a file.
    Save(&'static str, SecretBytes),
}

impl CopyItem {
    pub fn text(label: impl Into<String>, text: impl Into<String>) -> Self {
        CopyItem {
            label: label.into(),
            does: CopyDoes::Copy(text.into()),
        }
    }

    fn secret(label: String, bytes: &SecretBytes, encode: Encode) -> Self {
        CopyItem {
            label,
            does: CopyDoes::CopySecret(bytes.clone(), encode),
        }
    }

    fn save(label: String, name: &'static str, bytes: SecretBytes) -> Self {
        CopyItem {
            label,
            does: CopyDoes::Save(name, bytes),
        }
    }
}

impl CopyDoes {
    /// The text of a secret that is taken.
    pub fn encoded(bytes: &SecretBytes, encode: Encode) -> Zeroizing<String> {
        Zeroizing::new(encode(bytes.reveal()))
    }
}

/// The names of a key.
pub fn of_key(entry: &Entry) -> Vec<CopyItem> {
    let mut items = vec![CopyItem::text("KeyId", &*entry.key_id)];
    items.extend(entry.arn.as_deref().map(|arn| CopyItem::text("Arn", arn)));
    let aliases = entry.aliases.iter();
    items.extend(aliases.map(|alias| CopyItem::text("AliasName", &**alias)));
    items
}

/// The names of a key, and those of `texts` that are there.
pub fn of_key_detail(
    key_id: &str,
    metadata: Option<&KeyMetadata>,
    aliases: &[String],
    texts: &[(&str, Option<&str>)],
) -> Vec<CopyItem> {
    let key_id = metadata.map_or(key_id, |metadata| &metadata.key_id);
    let mut items = vec![CopyItem::text("KeyId", key_id)];
    if let Some(metadata) = metadata {
        let arn = metadata.arn.as_deref();
        items.extend(arn.map(|arn| CopyItem::text("Arn", arn)));
        let material = metadata.current_key_material_id.as_deref();
        items.extend(material.map(|id| CopyItem::text("KeyMaterialId", id)));
    }
    let aliases = aliases.iter();
    items.extend(aliases.map(|alias| CopyItem::text("AliasName", alias)));
    for (label, text) in texts {
        items.extend(text.map(|text| CopyItem::text(*label, text)));
    }
    items
}

/// The fields of an outcome in every encoding that fits.
pub fn of_outcome(outcome: &Outcome) -> Vec<CopyItem> {
    let mut items: Vec<CopyItem> = Vec::new();
    match &outcome.result {
        Ok(fields) => {
            for field in fields {
                match &field.value {
                    ResponseValue::Text(text) => items.push(CopyItem::text(field.name, text)),
                    ResponseValue::List(names) => {
                        items.push(CopyItem::text(field.name, names.join("\n")));
                    }
                    ResponseValue::Flag(on) => {
                        items.push(CopyItem::text(field.name, on.to_string()));
                    }
                    ResponseValue::Blob(bytes) => {
                        let name = field.name;
                        items.push(CopyItem::text(format!("{name} as base64"), base64(bytes)));
                        items.push(CopyItem::text(format!("{name} as hex"), hex(bytes)));
                        let text = readable(bytes);
                        items.extend(
                            text.map(|text| CopyItem::text(format!("{name} as text"), text)),
                        );
                    }
                    ResponseValue::Tags(given) => {
                        items.push(CopyItem::text(field.name, tags::shown(given)));
                    }
                    ResponseValue::Metadata(key) => {
                        items.extend(key.texts().map(|(name, text)| CopyItem::text(name, text)));
                    }
                    ResponseValue::Secret(_) | ResponseValue::Absent => {}
                }
            }
        }
        Err(error) => {
            items.push(CopyItem::text("Error", &error.code));
            items.push(CopyItem::text("Message", &error.message));
        }
    }
    let json = serde_json::to_string_pretty(&outcome.to_json(false)).unwrap_or_default();
    let label = match outcome.secrets().next().is_some() {
        true => "All but the secrets as JSON",
        false => "All of it as JSON",
    };
    items.push(CopyItem::text(label, json));
    if let Some(id) = &outcome.meta.request_id {
        items.push(CopyItem::text("Request ID", id));
    }
    for (name, bytes) in outcome.secrets() {
        let forms: [(&str, Encode); 3] = [("base64", base64), ("hex", hex), ("text", as_text)];
        let is_text = readable(bytes.reveal()).is_some();
        for (form, encode) in forms {
            if form == "text" && !is_text {
                continue;
            }
            let label = format!("{name} as {form}, secret");
            items.push(CopyItem::secret(label, bytes, encode));
        }
    }
    if let Some((name, bytes)) = outcome.blob() {
        let bytes = SecretBytes::new(bytes.to_vec());
        items.push(CopyItem::save(
            format!("{name} raw, to a file …"),
            name,
            bytes,
        ));
    }
    for (name, bytes) in outcome.secrets() {
        let label = format!("{name} raw, secret, to a file …");
        items.push(CopyItem::save(label, name, bytes.clone()));
    }
    items
}

/// Bytes that are text, as that.
fn as_text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A request as something to run elsewhere.
pub fn of_request(request: &Request, to: &Destination) -> Vec<CopyItem> {
    Language::ALL
        .into_iter()
        .map(|language| {
            let text = language.write(request, to);
            let label = format!("Request as {}", language.name());
            match request.holds_secret() {
                true => {
                    let bytes = SecretBytes::new(text.as_bytes().to_vec());
                    CopyItem::secret(label, &bytes, as_text)
                }
                false => CopyItem::text(label, text.as_str()),
            }
        })
        .collect()
}
