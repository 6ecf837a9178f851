//! The lines that were typed: commands (`:...`) and filters (`/...`), kept between runs in a file
//! of the state folder.

/// Lines kept at most.
const KEPT: usize = 500;

/// See the [module](self). The newest last.
#[derive(Debug, Clone, Default)]
pub struct History {
    lines: Vec<String>,
    changed: bool,
}

impl History {
    /// From the text of the file.
    pub fn read(text: &str) -> Self {
        let lines: Vec<String> = text
            .lines()
            .filter(|line| line.starts_with([':', '/']))
            .map(str::to_owned)
            .collect();
        let from = lines.len().saturating_sub(KEPT);
        History {
            lines: lines[from..].to_vec(),
            changed: false,
        }
    }

    /// Adds a line with its sign; one that was there already moves to the end.
    pub fn add(&mut self, line: &str) {
        if line.len() < 2 || line.contains('\n') || self.lines.last().is_some_and(|l| l == line) {
            return;
        }
        self.lines.retain(|known| known != line);
        self.lines.push(line.to_owned());
        if self.lines.len() > KEPT {
            self.lines.remove(0);
        }
        self.changed = true;
    }

    /// The lines with that sign, without it.
    pub fn lines(&self, sign: char) -> Vec<String> {
        let with_sign = self.lines.iter().filter_map(|line| line.strip_prefix(sign));
        with_sign.map(str::to_owned).collect()
    }

    /// The text to be kept, where something was added since.
    pub fn take_changes(&mut self) -> Option<String> {
        std::mem::take(&mut self.changed).then(|| self.lines.join("\n") + "\n")
    }
}

/// Going through the lines of one kind, from the newest; None while something new is typed.
#[derive(Debug, Clone, Copy, Default)]
pub struct Recall(Option<usize>);

impl Recall {
    /// The older or newer one of `lines`, whose newest is last; empty where the new line is. None
    /// where there is nowhere to go.
    pub fn go(&mut self, lines: &[String], older: bool) -> Option<String> {
        let place = match (self.0, older) {
            (None, true) => Some(0),
            (Some(at), true) => Some((at + 1).min(lines.len().saturating_sub(1))),
            (Some(0) | None, false) => None,
            (Some(at), false) => Some(at - 1),
        };
        let line = match place {
            Some(at) => lines.iter().rev().nth(at)?.clone(),
            None => String::new(),
        };
        self.0 = place;
        Some(line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_kept_once_and_the_newest_is_last() {
        let mut history = History::read("/old\nnot a line\n:aliases\n");
        history.add("/new");
        history.add("/old");
        assert_eq!(history.lines('/'), ["new", "old"]);
        assert_eq!(history.lines(':'), ["aliases"]);
        assert_eq!(
            history.take_changes().as_deref(),
            Some(":aliases\n/new\n/old\n")
        );
        assert_eq!(history.take_changes(), None);
    }

    #[test]
    fn recall_goes_back_to_the_oldest_and_forth_to_the_new_line() {
        let lines = ["old".to_owned(), "new".to_owned()];
        let mut recall = Recall::default();
        assert_eq!(recall.go(&lines, true).as_deref(), Some("new"));
        assert_eq!(recall.go(&lines, true).as_deref(), Some("old"));
        assert_eq!(recall.go(&lines, true).as_deref(), Some("old"));
        assert_eq!(recall.go(&lines, false).as_deref(), Some("new"));
        assert_eq!(recall.go(&lines, false).as_deref(), Some(""));
        assert_eq!(Recall::default().go(&[], true), None);
    }
}
