//! The key's rotation, and its key materials.

use ratatui::text::{Line, Span};

use super::spec::{Begun, Body, Subject, TabSpec, TabView};
use crate::kms::Value;
use crate::kms::key::{Rotation, RotationStatus};
use crate::kms::text::printable;
use crate::ops::{
    DISABLE_KEY_ROTATION, ENABLE_KEY_ROTATION, ROTATE_KEY_ON_DEMAND, ROTATION_PERIOD_IN_DAYS,
};
use crate::reads::{GET_KEY_ROTATION_STATUS, LIST_KEY_ROTATIONS, ReadAnswer};
use crate::tui::keymap::Action;
use crate::tui::screens::key_detail::load::Load;
use crate::tui::view::{self, exact_time};

pub(super) static TAB: TabSpec = TabSpec {
    title: "Rotation",
    reads: &[&GET_KEY_ROTATION_STATUS, &LIST_KEY_ROTATIONS],
    count: |_| None,
    absent: Some("This key has no rotation."),
    text: None,
    body: Body::Text(lines),
    begins,
};

fn lines(view: &TabView) -> Vec<Line<'static>> {
    let ReadAnswer::RotationStatus(status) = view.answer else {
        return Vec::new();
    };
    let mut lines = status_lines(status, view);
    lines.push(Line::default());
    match view.others {
        [Load::Ready(ReadAnswer::Rotations(rotations))] => {
            lines.extend(material_lines(rotations, view));
        }
        [Load::Failed(error)] => lines.extend(view::failure(
            "The key materials could not be listed (kms:ListKeyRotations)",
            error,
            view.columns,
            view.theme,
        )),
        _ => {}
    }
    lines
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

fn material_lines(rotations: &[Rotation], view: &TabView) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    lines.push(Line::styled("Key materials", view.theme.title));
    for rotation in rotations {
        let id = rotation.key_material_id.as_deref().unwrap_or("(no ID)");
        let current = rotation.key_material_state.as_deref() == Some("CURRENT");
        let marker = if current { "● " } else { "○ " };
        lines.push(Line::from(vec![
            Span::styled(
                marker,
                if current {
                    view.theme.good
                } else {
                    view.theme.dim
                },
            ),
            Span::raw(printable(id).into_owned()),
        ]));
        let mut about = Vec::new();
        about.extend(rotation.key_material_state.clone());
        about.extend(rotation.rotation_type.clone());
        about.extend(rotation.import_state.clone());
        about.extend(rotation.description.clone());
        about.extend(rotation.expiration_model.clone());
        about.extend(
            rotation
                .valid_to
                .map(|at| format!("expires {}", exact_time(at, view.core.now))),
        );
        about.extend(
            rotation
                .rotation_date
                .map(|at| exact_time(at, view.core.now)),
        );
        let about = view::wrapped(
            &about.join(" · "),
            view.columns.saturating_sub(2),
            view.theme.dim,
        );
        lines.extend(view::behind_sign(Span::raw("  "), about));
    }
    if rotations.is_empty() {
        lines.push(Line::styled(
            "None are listed: the key was never rotated.",
            view.theme.dim,
        ));
    }
    lines
}

fn begins(action: Action, subject: &Subject) -> Option<Begun> {
    let ReadAnswer::RotationStatus(status) = subject.answer else {
        return None;
    };
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
