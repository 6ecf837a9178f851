//! Imports point one way.
//!
//! **No circles.** A file imports another when its code, tests aside, names what the other one
//! defines: by a `use`, or by a path (`crate::kms::text::width(..)`, `super::f()`, `child::f()`).
//! Files that import each other, by one step or by many, are a circle: none of them can be read,
//! tested or moved without the others.
//! - `mod child;` and `pub use child::Item;` are what a parent is for, and import nothing; but a
//!   parent that uses the item in code of its own imports the child. A child that names what its
//!   parent defines imports the parent. Both at once are a circle.
//! - What comes by a re-export is imported from where it is defined, not from the file that passes
//!   it on. `use crate::kms::text;` alone imports nothing; `text::width()` does.
//! - What a value's methods reach is not seen: a method called on a value names no file.
//!
//! **Layers.** A top folder imports those before it in [`LAYERS`] alone.
//!
//! **Screens and popups.** Each stands alone: what several show is a widget, and where one leads is
//! a route.
//!
//! Each crate of the workspace is looked at by itself: between them, Cargo sees to it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// The top folders and files of `src/`, each after all that it may import; those in one row import
/// none of each other.
const LAYERS: &[&[&str]] = &[
    &["assets", "platform"],
    &["config", "kms"],
    &["catalog", "gateway"],
    &["reads"],
    &["ops"],
    &["snippet", "matrix", "access"],
    &["lessons"],
    &["tui"],
    &["cli"],
];

/// Circles that are still to be broken, each by a file in it and the number of its files. None is
/// added.
const KNOWN_CIRCLES: &[(&str, usize)] = &[];

/// What is still imported against the layers: who, and of whom. None is added.
const KNOWN_UPWARD: &[(&str, &str)] = &[];

#[test]
fn no_file_is_in_a_circle_of_imports() {
    let mut unknown = String::new();
    let mut known: Vec<_> = KNOWN_CIRCLES.to_vec();
    for root in roots() {
        let imports = Crate::read(&root).imports();
        for circle in circles_of(&imports) {
            let names: Vec<String> = circle.iter().map(|file| short(file)).collect();
            let before = known.len();
            known.retain(|(file, count)| {
                !(names.len() == *count && names.iter().any(|n| n == file))
            });
            if known.len() < before {
                continue;
            }
            unknown.push_str(&format!("\n{} files: {}\n", names.len(), names.join(" ")));
            for ((from, to), import) in &imports {
                if circle.contains(from) && circle.contains(to) {
                    unknown.push_str(&format!("  {import}\n"));
                }
            }
        }
    }
    assert!(unknown.is_empty(), "circles of imports:\n{unknown}");
    assert_eq!(known, [], "broken, or of another size: take them out");
}

#[test]
fn layers_import_those_before_them() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lib.rs");
    let mut known: Vec<_> = KNOWN_UPWARD.to_vec();
    let mut unknown = Vec::new();
    for ((from, to), import) in Crate::read(&root).imports() {
        let (from, to) = (short(&from), short(&to));
        let is_right = match (layer(&from), layer(&to)) {
            (Some(above), Some(below)) => top(&from) == top(&to) || above > below,
            // Of the root of the crate, or of a folder that has no place yet.
            _ => false,
        };
        let before = known.len();
        known.retain(|pair| *pair != (&*from, &*to));
        if !is_right && known.len() == before {
            unknown.push(import);
        }
    }
    assert!(
        unknown.is_empty(),
        "against the layers:\n{}",
        unknown.join("\n")
    );
    assert_eq!(known, [], "not there any more: take them out");
}

#[test]
fn screens_and_popups_know_none_of_each_other() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lib.rs");
    let mut found = Vec::new();
    for ((from, to), import) in Crate::read(&root).imports() {
        let (from, to) = (short(&from), short(&to));
        let (Some(from), Some(to)) = (view_of(&from), view_of(&to)) else {
            continue;
        };
        let is_apart = from.0 != to.0;
        if is_apart || (from != to && from.1 != "mod" && to.1 != "mod") {
            found.push(import);
        }
    }
    assert!(found.is_empty(), "of one another:\n{}", found.join("\n"));
    assert_eq!(
        view_of("src/tui/screens/matrix/draw.rs"),
        Some(("screens", "matrix"))
    );
    assert_eq!(view_of("src/tui/popups/help.rs"), Some(("popups", "help")));
    assert_eq!(view_of("src/tui/widgets/json.rs"), None);
}

/// The screen or the popup that a file is of, `mod` where it is of them all.
fn view_of(file: &str) -> Option<(&str, &str)> {
    let (kind, name) = file.strip_prefix("src/tui/")?.split_once('/')?;
    let name = name.trim_end_matches(".rs").split('/').next()?;
    matches!(kind, "screens" | "popups").then_some((kind, name))
}

/// The rule itself, on a crate made for it.
#[test]
fn a_circle_is_seen_through_re_exports_and_a_parent_may_pass_on() {
    let folder = tempfile::tempdir().expect("a folder");
    let files = [
        (
            "lib.rs",
            "mod a; mod b; mod parent; mod caller; pub use a::A;",
        ),
        ("a.rs", "use crate::b::B; pub struct A(B);"),
        ("b.rs", "pub struct B; fn f() -> crate::A { todo!() }"),
        // It passes its child on, and the child imports from it.
        (
            "parent/mod.rs",
            "mod child; pub use child::{Child}; pub struct P;",
        ),
        ("parent/child.rs", "use super::P; pub struct Child(P);"),
        // It uses its child as well.
        (
            "caller/mod.rs",
            "mod child; pub struct P; fn f() { child::g() }",
        ),
        (
            "caller/child.rs",
            "use super::P; pub fn g() {} #[cfg(test)] mod tests { use crate::a::A; }",
        ),
    ];
    for (name, text) in files {
        let file = folder.path().join(name);
        std::fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
        std::fs::write(file, text).expect("a file");
    }
    let imports = Crate::read(&folder.path().join("lib.rs")).imports();
    let circles: Vec<Vec<PathBuf>> = circles_of(&imports)
        .into_iter()
        .map(|circle| circle.into_iter().collect())
        .collect();
    let of = |names: [&str; 2]| names.map(|name| folder.path().join(name)).to_vec();
    assert_eq!(
        circles,
        [
            of(["a.rs", "b.rs"]),
            of(["caller/child.rs", "caller/mod.rs"])
        ]
    );
}

/// The folder or the file of `src/` that a file is of.
fn top(file: &str) -> &str {
    let name = file.trim_start_matches("src/").trim_end_matches(".rs");
    name.split('/').next().unwrap_or(name)
}

fn layer(file: &str) -> Option<usize> {
    LAYERS.iter().position(|row| row.contains(&top(file)))
}

/// The roots of the crates.
fn roots() -> Vec<PathBuf> {
    let top = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut roots = vec![top.join("src/lib.rs")];
    if let Ok(crates) = std::fs::read_dir(top.join("crates")) {
        roots.extend(crates.map(|entry| {
            let source = entry.expect("an entry").path().join("src");
            let library = source.join("lib.rs");
            match library.is_file() {
                true => library,
                false => source.join("main.rs"),
            }
        }));
    }
    roots
}

fn short(file: &Path) -> String {
    let top = env!("CARGO_MANIFEST_DIR");
    let name = file.strip_prefix(top).unwrap_or(file);
    name.display().to_string().replace('\\', "/")
}

/// Which file imports which, and where it says so first.
type Imports = BTreeMap<(PathBuf, PathBuf), String>;

/// Files that import each other, by however many steps.
fn circles_of(imports: &Imports) -> Vec<BTreeSet<PathBuf>> {
    let mut next: BTreeMap<&Path, Vec<&Path>> = BTreeMap::new();
    for (from, to) in imports.keys() {
        next.entry(from).or_default().push(to);
    }
    let reached = |from: &Path| {
        let mut reached = BTreeSet::new();
        let mut todo = vec![from];
        while let Some(file) = todo.pop() {
            for &to in next.get(file).into_iter().flatten() {
                if reached.insert(to) {
                    todo.push(to);
                }
            }
        }
        reached
    };
    let reach: BTreeMap<&Path, BTreeSet<&Path>> =
        next.keys().map(|file| (*file, reached(file))).collect();
    let mut circles: Vec<BTreeSet<PathBuf>> = Vec::new();
    for (&file, from_it) in &reach {
        let circle: BTreeSet<PathBuf> = from_it
            .iter()
            .filter(|other| reach.get(**other).is_some_and(|back| back.contains(file)))
            .map(|other| other.to_path_buf())
            .collect();
        if circle.len() > 1 && !circles.contains(&circle) {
            circles.push(circle);
        }
    }
    circles
}

/// A crate's modules, the root first.
struct Crate(Vec<Module>);

/// A module, in a file of its own or within another's.
struct Module {
    file: PathBuf,
    parent: Option<usize>,
    children: BTreeMap<String, usize>,
    /// What it defines.
    items: BTreeSet<String>,
    uses: Vec<Use>,
    /// Paths in its code.
    paths: Vec<Named>,
    /// Names in its code that stand alone or begin a path.
    names: BTreeSet<String>,
}

/// A path, and where it stands.
#[derive(Clone)]
struct Named {
    line: usize,
    path: Vec<String>,
}

/// One name of a `use`.
struct Use {
    named: Named,
    /// What it is called here; None of a glob.
    alias: Option<String>,
    is_public: bool,
}

/// What a path leads to: a module, or an item of one.
#[derive(Clone, Copy)]
enum Found {
    Module(usize),
    Item(usize),
}

impl Crate {
    fn read(root: &Path) -> Crate {
        let mut all = Crate(Vec::new());
        all.read_file(root.to_owned(), None);
        all
    }

    fn read_file(&mut self, file: PathBuf, parent: Option<usize>) -> usize {
        let text = std::fs::read_to_string(&file).expect("a source file");
        let tokens = text.parse().expect("Rust");
        self.add(file, parent, tokens)
    }

    fn add(&mut self, file: PathBuf, parent: Option<usize>, tokens: TokenStream) -> usize {
        let id = self.0.len();
        self.0.push(Module {
            file,
            parent,
            children: BTreeMap::new(),
            items: BTreeSet::new(),
            uses: Vec::new(),
            paths: Vec::new(),
            names: BTreeSet::new(),
        });
        self.take_in(id, tokens, true);
        id
    }

    /// Takes the tokens of a module in, or, where they are not its top, those of a part of it.
    fn take_in(&mut self, id: usize, tokens: TokenStream, is_top: bool) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let mut at = 0;
        let mut is_public = false;
        while let Some(token) = tokens.get(at) {
            at += 1;
            match token {
                TokenTree::Punct(mark) if mark.as_char() == '#' => {
                    // The `!` of an inner attribute, then its brackets.
                    at += usize::from(is_mark(tokens.get(at), '!'));
                    let is_of_tests = tokens.get(at).is_some_and(is_of_tests);
                    at += 1;
                    if is_of_tests {
                        at = after_item(&tokens, at);
                    }
                }
                TokenTree::Group(group) => self.take_in(id, group.stream(), false),
                TokenTree::Ident(word) => {
                    let line = word.span().start().line;
                    match word.to_string().as_str() {
                        "pub" => {
                            is_public = true;
                            at += usize::from(is_group(tokens.get(at), Delimiter::Parenthesis));
                            continue;
                        }
                        "use" if !is_mark(tokens.get(at), '<') => {
                            let end = after_item(&tokens, at);
                            let mut names = Vec::new();
                            use_tree(&tokens[at..end - 1], &[], &mut names);
                            at = end;
                            self.0[id]
                                .uses
                                .extend(names.into_iter().map(|(path, alias)| Use {
                                    named: Named { line, path },
                                    alias,
                                    is_public,
                                }));
                        }
                        "mod" => at = self.take_in_module(id, &tokens, at),
                        "fn" | "struct" | "enum" | "union" | "trait" | "type" | "const"
                        | "static"
                            if is_top =>
                        {
                            // Of `const fn` and `static mut`, the name comes later.
                            if let Some(TokenTree::Ident(name)) = tokens.get(at) {
                                self.0[id].items.insert(name.to_string());
                            }
                        }
                        _ => at = self.take_in_path(id, &tokens, at - 1),
                    }
                }
                _ => {}
            }
            is_public = false;
        }
    }

    /// Takes in what follows `mod`; where that ends.
    fn take_in_module(&mut self, id: usize, tokens: &[TokenTree], at: usize) -> usize {
        let Some(TokenTree::Ident(name)) = tokens.get(at) else {
            return at;
        };
        let name = name.to_string();
        let file = self.0[id].file.clone();
        let child = match tokens.get(at + 1) {
            Some(TokenTree::Group(inside)) => self.add(file, Some(id), inside.stream()),
            _ => {
                let stem = file.file_stem().expect("a name");
                let folder = match stem.to_str() {
                    Some("lib" | "main" | "mod") => file.with_file_name(""),
                    _ => file.with_extension(""),
                };
                let beside = folder.join(format!("{name}.rs"));
                let within = folder.join(&name).join("mod.rs");
                let file = if beside.exists() { beside } else { within };
                self.read_file(file, Some(id))
            }
        };
        self.0[id].children.insert(name, child);
        at + 2
    }

    /// Takes in the path that begins here; where it ends.
    fn take_in_path(&mut self, id: usize, tokens: &[TokenTree], start: usize) -> usize {
        // A field or a method of a value is of no module.
        let is_member = start > 0 && is_mark(tokens.get(start - 1), '.');
        let mut path = Vec::new();
        let mut at = start;
        while let Some(TokenTree::Ident(word)) = tokens.get(at) {
            path.push(word.to_string());
            at += 1;
            if !(is_mark(tokens.get(at), ':') && is_mark(tokens.get(at + 1), ':')) {
                break;
            }
            at += 2;
        }
        if !is_member {
            let line = tokens[start].span().start().line;
            let module = &mut self.0[id];
            module.names.insert(path[0].clone());
            if path.len() > 1 {
                module.paths.push(Named { line, path });
            }
        }
        at
    }

    /// Which file imports which.
    fn imports(&self) -> Imports {
        let mut imports = Imports::new();
        for (id, module) in self.0.iter().enumerate() {
            let mut add = |named: &Named, to: usize| {
                let (from, to) = (&module.file, &self.0[to].file);
                if from != to {
                    imports
                        .entry((from.clone(), to.clone()))
                        .or_insert_with(|| {
                            let (line, path) = (named.line, named.path.join("::"));
                            format!("{}:{line}: {path} of {}", short(from), short(to))
                        });
                }
            };
            for of_use in &module.uses {
                let is_glob = of_use.alias.is_none();
                let to = match self.find(id, &of_use.named.path, &mut Vec::new()) {
                    Some(Found::Item(to)) => to,
                    Some(Found::Module(to)) if is_glob => to,
                    _ => continue,
                };
                let is_used = of_use
                    .alias
                    .as_ref()
                    .is_some_and(|alias| module.names.contains(alias));
                let is_passed_on = of_use.is_public && self.is_within(to, id) && !is_used;
                if !is_passed_on {
                    add(&of_use.named, to);
                }
            }
            for named in &module.paths {
                if let Some(Found::Item(to)) = self.find(id, &named.path, &mut Vec::new()) {
                    add(named, to);
                }
            }
        }
        imports
    }

    fn is_within(&self, mut module: usize, parent: usize) -> bool {
        while let Some(above) = self.0[module].parent {
            if above == parent {
                return true;
            }
            module = above;
        }
        false
    }

    /// What a path leads to that stands in this module; None of what is of another crate. `asked`
    /// has what is being looked up already, since names can lead to each other.
    fn find(
        &self,
        module: usize,
        path: &[String],
        asked: &mut Vec<(usize, String)>,
    ) -> Option<Found> {
        let (first, mut rest) = path.split_first()?;
        let mut found = match first.as_str() {
            "crate" => Found::Module(0),
            "self" => Found::Module(module),
            "super" => Found::Module(self.0[module].parent?),
            name => self.step(module, name, asked)?,
        };
        while let (Found::Module(at), Some((name, more))) = (found, rest.split_first()) {
            rest = more;
            found = match name.as_str() {
                "self" => found,
                "super" => Found::Module(self.0[at].parent?),
                // What is not seen to be defined is made by a macro there.
                name => self.step(at, name, asked).unwrap_or(Found::Item(at)),
            };
        }
        Some(found)
    }

    /// What a name is in a module: a child, what it defines, or what it uses of others.
    fn step(&self, module: usize, name: &str, asked: &mut Vec<(usize, String)>) -> Option<Found> {
        let here = &self.0[module];
        if let Some(child) = here.children.get(name) {
            return Some(Found::Module(*child));
        }
        if here.items.contains(name) {
            return Some(Found::Item(module));
        }
        let question = (module, name.to_owned());
        if asked.contains(&question) {
            return None;
        }
        asked.push(question);
        let named = here
            .uses
            .iter()
            .filter(|of_use| of_use.alias.as_deref() == Some(name))
            .find_map(|of_use| self.find(module, &of_use.named.path, asked));
        named.or_else(|| {
            let globs = here.uses.iter().filter(|of_use| of_use.alias.is_none());
            globs
                .filter_map(|glob| self.find(module, &glob.named.path, asked))
                .collect::<Vec<_>>()
                .into_iter()
                .find_map(|found| match found {
                    Found::Module(other) => self.step(other, name, asked),
                    Found::Item(_) => None,
                })
        })
    }
}

fn is_mark(token: Option<&TokenTree>, mark: char) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == mark)
}

fn is_group(token: Option<&TokenTree>, delimiter: Delimiter) -> bool {
    matches!(token, Some(TokenTree::Group(group)) if group.delimiter() == delimiter)
}

/// Whether an attribute's brackets say that what follows is built for tests alone.
fn is_of_tests(brackets: &TokenTree) -> bool {
    let text: String = brackets.to_string().split_whitespace().collect();
    text == "[test]" || text.starts_with("[cfg(test") || text.starts_with("[cfg(all(test")
}

/// Where the item ends that begins here: after its braces, or its semicolon.
fn after_item(tokens: &[TokenTree], start: usize) -> usize {
    let is_use = matches!(&tokens[start - 1], TokenTree::Ident(word) if word == "use");
    let end = (start..tokens.len()).find(|&at| {
        is_mark(tokens.get(at), ';') || (!is_use && is_group(tokens.get(at), Delimiter::Brace))
    });
    end.map_or(tokens.len(), |end| end + 1)
}

/// The names of a `use`, each with its path and what it is called here; a glob has no name.
fn use_tree(
    tokens: &[TokenTree],
    before: &[String],
    names: &mut Vec<(Vec<String>, Option<String>)>,
) {
    let is_comma = |token: &TokenTree| is_mark(Some(token), ',');
    for branch in tokens.split(is_comma).filter(|branch| !branch.is_empty()) {
        let mut path = before.to_vec();
        let mut alias = None;
        let mut words = branch.iter();
        while let Some(token) = words.next() {
            match token {
                TokenTree::Ident(word) if word == "as" => {
                    alias = words.next().map(ToString::to_string);
                }
                TokenTree::Ident(word) if word == "self" && !path.is_empty() => {}
                TokenTree::Ident(word) => path.push(word.to_string()),
                TokenTree::Group(group) => {
                    let inside: Vec<TokenTree> = group.stream().into_iter().collect();
                    use_tree(&inside, &path, names);
                    path.clear();
                }
                TokenTree::Punct(mark) if mark.as_char() == '*' => {
                    names.push((std::mem::take(&mut path), None));
                }
                _ => {}
            }
        }
        if let Some(last) = path.last() {
            let name = alias.unwrap_or_else(|| last.clone());
            names.push((path, Some(name)));
        }
    }
}
