//! The key's rotation, and its key materials.

use ratatui::text::{Line, Span};

use super::spec::{Begun, Body, Subject, TabSpec, TabView};
use crate::kms::Value;
use crate::kms::key::{Rotation, RotationStatus};
use crate::kms::text::printable;
use crate::ops::{
    DELETE_IMPORTED_KEY_MATERIAL, DISABLE_KEY_ROTATION, ENABLE_KEY_ROTATION, IMPORT_KEY_MATERIAL,
    IMPORT_TYPE, KEY_MATERIAL_ID, ROTATE_KEY_ON_DEMAND, ROTATION_PERIOD_IN_DAYS,
};
use crate::reads::{GET_KEY_ROTATION_STATUS, LIST_KEY_ROTATIONS, ReadAnswer};
use crate::tui::keymap::Action;
use crate::tui::screens::key_detail::load::Load;
use crate::tui::view::{self, exact_time, expiry_time};

pub(super) static TAB: TabSpec = TabSpec {
    title: "Rotation",
    reads: &[&GET_KEY_ROTATION_STATUS, &LIST_KEY_ROTATIONS],
    count: |_| None,
    absent: Some("This key has no rotation."),
    text: None,
    body: Body::Rows {
        rows,
        none: "This key has no rotation.",
    },
    begins,
};

/// The rotation, and then each material.
fn rows(view: &TabView) -> Vec<Vec<Line<'static>>> {
    let ReadAnswer::RotationStatus(status) = view.answer else {
        return Vec::new();
    };
    let mut lines = status_lines(status, view);
    lines.push(Line::default());
    let mut rows = Vec::new();
    match view.others {
        [Load::Ready(ReadAnswer::Rotations(rotations))] => {
            lines.push(Line::styled("Key materials", view.theme.title));
            if rotations.is_empty() {
                lines.push(Line::styled(
                    "None are listed: none was imported, and the key was never rotated.",
                    view.theme.dim,
                ));
            }
            rows.extend(
                rotations
                    .iter()
                    .map(|rotation| material_lines(rotation, view)),
            );
        }
        [Load::Failed(error)] => lines.extend(view::failure(
            "The key materials could not be listed (kms:ListKeyRotations)",
            error,
            view.columns,
            view.theme,
        )),
        _ => {}
    }
    rows.insert(0, lines);
    rows
}

fn status_lines(status: &RotationStatus, view: &TabView) -> Vec<Line<'static>> {
    let time = |at: Option<jiff::Timestamp>| at.map(|at| exact_time(at, view.core.now));
    let automatic = match status.enabled {
        true => "enabled",
        false => "disabled",
    };
    let period = status.period_in_days;
    [
        ("Automatic", Some(automatic.to_owned())),
        ("Period", period.map(|days| format!("{days} days"))),
        ("Next", time(status.next_rotation_date)),
        ("On demand since", time(status.on_demand_start_date)),
    ]
    .into_iter()
    .flat_map(|(label, value)| view.labelled(label, value.as_deref()))
    .collect()
}

fn material_lines(rotation: &Rotation, view: &TabView) -> Vec<Line<'static>> {
    let theme = view.theme;
    let now = view.core.now;
    let id = rotation.key_material_id.as_deref().unwrap_or("(no ID)");
    let current = rotation.key_material_state.as_deref() == Some("CURRENT");
    let (glyph, style) = match (rotation.import_state.as_deref(), current) {
        // It cannot be used until it is imported again.
        (Some("PENDING_IMPORT"), _) => ("◌ ", theme.warn),
        (_, true) => ("● ", theme.good),
        (_, false) => ("○ ", theme.dim),
    };
    let mut lines = vec![Line::from(vec![
        Span::styled(glyph, style),
        Span::raw(printable(id).into_owned()),
    ])];
    let mut about = Vec::new();
    about.extend(rotation.key_material_state.clone());
    about.extend(rotation.rotation_type.clone());
    about.extend(rotation.import_state.clone());
    about.extend(rotation.description.clone());
    about.extend(rotation.expiration_model.clone());
    about.extend(rotation.rotation_date.map(|at| exact_time(at, now)));
    let mut tell = |text: &str, style| {
        let room = view.columns.saturating_sub(2);
        for line in view::wrap(&printable(text), room.into()) {
            lines.push(Line::styled(format!("  {line}"), style));
        }
    };
    tell(&about.join(" · "), theme.dim);
    if let Some(at) = rotation.valid_to {
        tell(&expiry_time(at, now), theme.warn);
    }
    lines
}

/// The material under the cursor; below the rotation itself.
fn material<'a>(subject: &Subject<'a>) -> Option<&'a Rotation> {
    match subject.others {
        [Load::Ready(ReadAnswer::Rotations(rotations))] => {
            rotations.get(subject.row.checked_sub(1)?)
        }
        _ => None,
    }
}

fn begins(action: Action, subject: &Subject) -> Option<Begun> {
    let ReadAnswer::RotationStatus(status) = subject.answer else {
        return None;
    };
    let origin = subject.metadata.and_then(|key| key.origin.as_deref());
    if origin == Some("EXTERNAL") {
        return begins_of_imported(action, subject);
    }
    match action {
        Action::New => Some(Begun::Send(subject.request(&ROTATE_KEY_ON_DEMAND))),
        Action::Edit => {
            let mut request = subject.request(&ENABLE_KEY_ROTATION);
            if let Some(days) = status.period_in_days.and_then(|days| days.try_into().ok()) {
                request.set(&ROTATION_PERIOD_IN_DAYS, Value::Number(days));
            }
            Some(Begun::Form(request))
        }
        Action::Remove if status.enabled => {
            Some(Begun::Send(subject.request(&DISABLE_KEY_ROTATION)))
        }
        _ => None,
    }
}

/// A key whose material is imported: another one, the one under the cursor again, or none of it.
fn begins_of_imported(action: Action, subject: &Subject) -> Option<Begun> {
    let id_of = |material: &Rotation| material.key_material_id.clone().map(Value::Text);
    match action {
        Action::New => {
            let mut request = subject.request(&IMPORT_KEY_MATERIAL);
            let had_one = subject.metadata?.current_key_material_id.is_some();
            if had_one && subject.metadata?.is_symmetric_encryption() {
                request.set(&IMPORT_TYPE, Value::Text("NEW_KEY_MATERIAL".to_owned()));
            }
            Some(Begun::Form(request))
        }
        Action::Edit => {
            let request = subject.request(&IMPORT_KEY_MATERIAL);
            let existing = Value::Text("EXISTING_KEY_MATERIAL".to_owned());
            let id = id_of(material(subject)?)?;
            let request = request.with(&IMPORT_TYPE, existing);
            Some(Begun::Form(request.with(&KEY_MATERIAL_ID, id)))
        }
        Action::Remove => {
            let material = material(subject)?;
            let is_here = material.import_state.as_deref() == Some("IMPORTED");
            let request = subject.request(&DELETE_IMPORTED_KEY_MATERIAL);
            let request = request.with(&KEY_MATERIAL_ID, id_of(material)?);
            is_here.then_some(Begun::Send(request))
        }
        _ => None,
    }
}
