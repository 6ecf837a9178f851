//! The header: who acts and where, and how many keys there are. Where there is no room for all of
//! it, what is needed least gives way first; the Region and the badges never do.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};

use super::app::App;
use super::core::Core;
use super::screens::Screen;
use super::theme::{Theme, to_color};
use crate::gateway::{Origin, Session};
use crate::kms::text::{cut_end, cut_middle, printable, width};

/// Who and where, and how many.
pub(super) fn draw(app: &App, theme: &Theme, frame: &mut Frame, area: Rect) {
    let core = &app.core;
    let badges = badges(core, theme);
    let taken: usize = badges.iter().map(|(badge, _)| width(badge) + 3).sum();
    let room = usize::from(area.width).saturating_sub(taken.max(1));
    let header = Header::of(app).fitted(room);
    // A line's style is that of its whole row: the other way round, a badge would lose its own.
    let count = format!("{} ", header.count);
    frame.render_widget(Line::styled(count, theme.dim).right_aligned(), area);
    let mut spans = vec![Span::styled(header.name, theme.title)];
    for (at, (badge, style)) in badges.iter().enumerate() {
        spans.push(Span::raw(if at == 0 { "" } else { " " }));
        spans.push(Span::styled(format!(" {badge} "), *style));
    }
    spans.push(Span::raw(format!(" {}", header.place())));
    frame.render_widget(Line::from(spans), area);
}

fn badges(core: &Core, theme: &Theme) -> Vec<(String, Style)> {
    let badges = [
        (core.connection.target.is_sandbox(), "SANDBOX"),
        (!core.connection.target.verifies_tls, "TLS UNVERIFIED"),
        (core.is_read_only(), "READ-ONLY"),
    ];
    let shown = badges.into_iter().filter(|(is_shown, _)| *is_shown);
    let shown = shown.map(|(_, badge)| (badge.to_owned(), theme.badge));
    shown.chain(profile_badge(core, theme)).collect()
}

/// What `config.toml` has the header show for the profile.
fn profile_badge(core: &Core, theme: &Theme) -> Option<(String, Style)> {
    let name = core.connection.target.name()?;
    let profile = core.config.profiles.get(&name)?;
    let color = profile.color.as_ref();
    let color = color.and_then(|color| to_color(&color.value).ok());
    let badge = match (&profile.badge, color) {
        (Some(badge), _) => badge.clone(),
        (None, Some(_)) => printable(&name).into_owned(),
        (None, None) => return None,
    };
    // A theme without colours stays that.
    let style = match color.filter(|_| theme.badge.bg.is_some()) {
        Some(color) => Style::new()
            .fg(color)
            .add_modifier(Modifier::REVERSED | Modifier::BOLD),
        None => theme.badge,
    };
    Some((badge, style))
}

/// What the header says, but for the badges.
#[derive(Debug, Clone, Default)]
struct Header {
    name: &'static str,
    account: String,
    principal: String,
    /// Whose credentials: of which profile, of the environment.
    origin: String,
    region: String,
    endpoint: String,
    count: String,
}

impl Header {
    fn of(app: &App) -> Self {
        let core = &app.core;
        let shown = |text: &str| printable(text).into_owned();
        let name = " kmsdeck ";
        let Some(session) = core.session() else {
            let target = &core.connection.target;
            return Header {
                name,
                principal: shown(&target.name().unwrap_or_default()),
                region: shown(target.region.as_deref().unwrap_or_default()),
                ..Header::default()
            };
        };
        let (account, principal) = caller(core);
        Header {
            name,
            account: shown(account),
            principal: shown(principal),
            origin: shown(&origin(session)),
            region: match core.listing.lists.len() {
                0 | 1 => shown(&session.region),
                n => format!("{n} Regions"),
            },
            endpoint: shown(session.endpoint.as_deref().unwrap_or_default()),
            count: count(app),
        }
    }

    /// In at most that many columns.
    fn fitted(mut self, room: usize) -> Self {
        // In this order, by as many columns as it is too wide.
        let gives_way: [fn(&mut Header, usize); 8] = [
            |header, _| header.name = "",
            |header, over| header.endpoint = cut(&header.endpoint, over, 12),
            |header, over| header.principal = cut(&header.principal, over, 15),
            |header, over| header.account = cut(&header.account, over, 5),
            |header, over| header.origin = cut(&header.origin, over, 12),
            |header, _| header.count.clear(),
            |header, _| header.endpoint.clear(),
            |header, over| {
                header.account.clear();
                let over = over.saturating_sub(6);
                header.principal =
                    cut_end(&header.principal, least(&header.principal, over, 0)).into_owned();
            },
        ];
        for give_way in gives_way {
            match self.width().checked_sub(room) {
                None | Some(0) => break,
                Some(over) => give_way(&mut self, over),
            }
        }
        self
    }

    fn width(&self) -> usize {
        let count = match self.count.is_empty() {
            true => 1,
            false => width(&self.count) + 3,
        };
        width(self.name) + width(&self.place()) + count
    }

    fn place(&self) -> String {
        let joined = |parts: &[&str], by: &str| {
            let parts = parts.iter().filter(|part| !part.is_empty());
            parts.copied().collect::<Vec<_>>().join(by)
        };
        let who = joined(&[&self.account, &self.principal], " ");
        joined(&[&who, &self.origin, &self.region, &self.endpoint], " · ")
    }
}

/// How wide a text may be that is to lose so many columns, and to keep at least those.
fn least(text: &str, over: usize, kept: usize) -> usize {
    width(text).saturating_sub(over).max(kept)
}

/// A text without its middle, whose ends are what people compare.
fn cut(text: &str, over: usize, kept: usize) -> String {
    cut_middle(text, least(text, over, kept)).into_owned()
}

/// The account and the principal, as far as they are known.
fn caller(core: &Core) -> (&str, &str) {
    let account = core.account().unwrap_or("account not known");
    match &core.connection.identity {
        Some(Ok(identity)) => (account, identity.short_name()),
        None if core.connection.asks_identity() => ("", "asking who you are"),
        _ => (account, ""),
    }
}

/// How many there are of what is listed.
fn count(app: &App) -> String {
    let count = app.screen().count_text(&app.core);
    count
        .or_else(|| app.home.count_text(&app.core))
        .unwrap_or_default()
}

fn origin(session: &Session) -> String {
    match session.origin() {
        Origin::Profile(name) if session.profile.is_none() && name == "default" => String::new(),
        Origin::Profile(name) => format!("profile {name}"),
        Origin::Environment => "keys of the environment".to_owned(),
        Origin::Machine => "role of this machine".to_owned(),
        Origin::Sandbox => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_region_stays_whatever_gives_way() {
        let header = Header {
            name: " kmsdeck ",
            account: "111122223333".into(),
            principal: "assumed-role/AWSReservedSSO_Administrator_0123456789/jane.doe".into(),
            origin: "profile production-of-the-shop".into(),
            region: "ap-southeast-7".into(),
            endpoint: "https://vpce-0a1b2c3d.kms.ap-southeast-7.vpce.amazonaws.com".into(),
            count: "12345 keys".into(),
        };
        for room in 14..240 {
            let fitted = header.clone().fitted(room);
            assert!(fitted.place().contains("ap-southeast-7"), "{room}");
            assert!(fitted.width() <= room || room < 31, "{room}: {fitted:?}");
        }
        // The name of the app goes first, then the middle of the principal.
        let fitted = header.clone().fitted(header.width() - 1);
        assert_eq!((fitted.name, &fitted.principal), ("", &header.principal));
        let fitted = header.fitted(110);
        assert!(fitted.principal.starts_with("assumed") && fitted.principal.ends_with("ne.doe"));
        assert_eq!(fitted.account, "111122223333");
    }
}
