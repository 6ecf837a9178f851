//! What can be copied, field by field and encoding by encoding.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use zeroize::Zeroizing;

use super::prompt::Prompt;
use super::{Popup, open_box};
use crate::catalog::inventory::Entry;
use crate::kms::encoding::{base64, hex};
use crate::kms::key::KeyMetadata;
use crate::kms::text::{cut_end, cut_middle, fit, printable, width};
use crate::kms::{Outcome, Request, ResponseValue, SecretBytes};
use crate::snippet::{Destination, Language};
use crate::tui::app::Core;
use crate::tui::keymap::Action;
use crate::tui::screens::Flow;
use crate::tui::theme::Theme;
use crate::tui::widgets::scroll;

/// Columns of what would be copied.
const PREVIEW: usize = 40;

/// A line of the menu.
struct Item {
    label: String,
    does: Does,
}

/// Bytes as text.
type Encode = fn(&[u8]) -> String;

fn as_text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

enum Does {
    Copy(String),
    /// A secret as base64 or hex, made when it is taken.
    CopySecret(SecretBytes, Encode),
    /// Saves these bytes of that field to a file.
    Save(&'static str, SecretBytes),
}

pub struct CopyMenu {
    items: Vec<Item>,
    chosen: usize,
}

impl CopyMenu {
    /// Labels, and what each copies.
    pub fn new(items: Vec<(String, String)>) -> Self {
        CopyMenu {
            items: items
                .into_iter()
                .map(|(label, text)| Item {
                    label,
                    does: Does::Copy(text),
                })
                .collect(),
            chosen: 0,
        }
    }

    /// The names of a key.
    pub fn of_key(entry: &Entry) -> Self {
        let mut items = vec![("KeyId".to_owned(), entry.key_id.to_string())];
        items.extend(
            entry
                .arn
                .as_ref()
                .map(|arn| ("Arn".to_owned(), arn.to_string())),
        );
        items.extend(
            entry
                .aliases
                .iter()
                .map(|alias| ("AliasName".to_owned(), alias.to_string())),
        );
        CopyMenu::new(items)
    }

    /// The names of a key, and those of `texts` that are there.
    pub fn of_key_detail(
        key_id: &str,
        metadata: Option<&KeyMetadata>,
        aliases: &[String],
        texts: &[(&str, Option<&str>)],
    ) -> Self {
        let key_id = metadata.map_or(key_id, |metadata| &metadata.key_id);
        let mut items = vec![("KeyId".to_owned(), key_id.to_owned())];
        if let Some(metadata) = metadata {
            items.extend(metadata.arn.clone().map(|arn| ("Arn".to_owned(), arn)));
            items.extend(
                metadata
                    .current_key_material_id
                    .clone()
                    .map(|id| ("KeyMaterialId".to_owned(), id)),
            );
        }
        items.extend(
            aliases
                .iter()
                .map(|alias| ("AliasName".to_owned(), alias.clone())),
        );
        for (label, text) in texts {
            items.extend(text.map(|text| ((*label).to_owned(), text.to_owned())));
        }
        CopyMenu::new(items)
    }

    /// The fields of an outcome in every encoding that fits.
    pub fn of_outcome(outcome: &Outcome) -> Self {
        let mut items: Vec<Item> = Vec::new();
        let mut copy = |label: String, text: String| {
            items.push(Item {
                label,
                does: Does::Copy(text),
            });
        };
        match &outcome.result {
            Ok(fields) => {
                for field in fields {
                    match &field.value {
                        ResponseValue::Text(text) => copy(field.name.to_owned(), text.clone()),
                        ResponseValue::List(names) => {
                            copy(field.name.to_owned(), names.join("\n"));
                        }
                        ResponseValue::Flag(on) => copy(field.name.to_owned(), on.to_string()),
                        ResponseValue::Secret(_) => {}
                        ResponseValue::Blob(bytes) => {
                            copy(format!("{} as base64", field.name), base64(bytes));
                            copy(format!("{} as hex", field.name), hex(bytes));
                        }
                        ResponseValue::Absent => {}
                    }
                }
            }
            Err(error) => {
                copy("Error".to_owned(), error.code.clone());
                copy("Message".to_owned(), error.message.clone());
            }
        }
        let json = serde_json::to_string_pretty(&outcome.to_json(false)).unwrap_or_default();
        let hidden = outcome.secrets().next().is_some();
        let label = match hidden {
            true => "All but the secrets as JSON",
            false => "All of it as JSON",
        };
        copy(label.to_owned(), json);
        if let Some(id) = &outcome.meta.request_id {
            copy("Request ID".to_owned(), id.clone());
        }
        for (name, bytes) in outcome.secrets() {
            let forms: [(&str, Encode); 2] = [("base64", base64), ("hex", hex)];
            for (form, encode) in forms {
                items.push(Item {
                    label: format!("{name} as {form}, secret"),
                    does: Does::CopySecret(bytes.clone(), encode),
                });
            }
        }
        if let Some((name, bytes)) = outcome.blob() {
            items.push(Item {
                label: format!("{name} raw, to a file …"),
                does: Does::Save(name, SecretBytes::new(bytes.to_vec())),
            });
        }
        for (name, bytes) in outcome.secrets() {
            items.push(Item {
                label: format!("{name} raw, secret, to a file …"),
                does: Does::Save(name, bytes.clone()),
            });
        }
        CopyMenu { items, chosen: 0 }
    }

    /// And a request, as something to run elsewhere.
    pub fn with_snippets(mut self, request: &Request, to: &Destination) -> Self {
        for language in Language::ALL {
            let text = language.write(request, to);
            let label = format!("Request as {}", language.name());
            let does = match request.holds_secret() {
                true => Does::CopySecret(SecretBytes::new(text.as_bytes().to_vec()), as_text),
                false => Does::Copy(text.to_string()),
            };
            self.items.push(Item { label, does });
        }
        self
    }

    pub fn act(&mut self, action: Action, core: &mut Core) -> Flow {
        if action == Action::Accept {
            return match self.items.get(self.chosen).map(|item| &item.does) {
                Some(Does::Copy(text)) => {
                    core.copy(text.clone());
                    Flow::Close
                }
                Some(Does::CopySecret(bytes, encode)) => {
                    core.copy_secret(Zeroizing::new(encode(bytes.reveal())));
                    Flow::Close
                }
                Some(Does::Save(name, bytes)) => {
                    Flow::popup(Popup::Prompt(Prompt::save(name, bytes.reveal())))
                }
                None => Flow::Close,
            };
        }
        scroll::step(&mut self.chosen, action, 5, self.items.len());
        Flow::Stay
    }

    pub fn draw(&self, theme: &Theme, frame: &mut Frame, body: Rect) {
        let labels = self
            .items
            .iter()
            .map(|item| width(&item.label))
            .max()
            .unwrap_or(0);
        let columns = labels + 3 + PREVIEW;
        let inside = open_box(frame, body, "Copy", columns, self.items.len(), theme);
        let room = (inside.width as usize).saturating_sub(labels + 4);
        let lines: Vec<Line> = self
            .items
            .iter()
            .enumerate()
            .map(|(at, item)| {
                let preview = match &item.does {
                    Does::Copy(text) if text.contains('\n') => {
                        let squeezed: String =
                            text.split_whitespace().collect::<Vec<_>>().join(" ");
                        cut_end(&printable(&squeezed), room).into_owned()
                    }
                    Does::Copy(text) => cut_middle(&printable(text), room).into_owned(),
                    Does::CopySecret(bytes, _) => format!("•••••••• {} bytes", bytes.len()),
                    Does::Save(_, bytes) => format!("{} bytes", bytes.len()),
                };
                let chosen = at == self.chosen;
                let style = if chosen { theme.selected } else { theme.text };
                Line::from(vec![
                    Span::styled(if chosen { "▌" } else { " " }, style),
                    Span::styled(format!("{}  ", fit(&item.label, labels)), style),
                    Span::styled(fit(&preview, room), if chosen { style } else { theme.dim }),
                ])
            })
            .collect();
        let offset = scroll::follow(0, self.chosen, inside.height as usize, lines.len());
        scroll::text(frame, inside, &lines, offset, theme);
    }
}
