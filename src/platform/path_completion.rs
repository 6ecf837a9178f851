//! What a path that is being typed can become.

use std::path::Path;

use super::dirs::with_home;

/// Entries of a folder that are looked at, at most.
const LOOKED_AT: usize = 50_000;
/// Paths that are offered, at most.
const OFFERED: usize = 500;

/// The paths that begin with what is typed, in order; folders end in `/`. A name that no line of
/// text can hold is left out, and a hidden one unless its dot is typed.
pub fn completions(typed: &str) -> Vec<String> {
    let (folder, begun) = match typed.rfind('/') {
        Some(at) => typed.split_at(at + 1),
        None if typed == "~" => return vec!["~/".to_owned()],
        None => ("", typed),
    };
    let place = match folder {
        "" => Path::new(".").to_owned(),
        folder => with_home(folder),
    };
    let Ok(entries) = std::fs::read_dir(place) else {
        return Vec::new();
    };
    let mut paths: Vec<String> = entries
        .take(LOOKED_AT)
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            let is_offered = name.starts_with(begun)
                && (begun.starts_with('.') || !name.starts_with('.'))
                && !name.contains(char::is_control);
            // What a link points to counts.
            let end = || match std::fs::metadata(entry.path()) {
                Ok(found) if found.is_dir() => "/",
                _ => "",
            };
            is_offered.then(|| format!("{folder}{name}{}", end()))
        })
        .collect();
    paths.sort_unstable();
    paths.truncate(OFFERED);
    paths
}

/// What a path is called in its folder.
pub fn name_in_folder(path: &str) -> &str {
    let end = path.strip_suffix('/').unwrap_or(path);
    end.rfind('/').map_or(path, |at| &path[at + 1..])
}

/// What all of the paths begin with.
pub fn common_start(paths: &[String]) -> &str {
    let Some((first, others)) = paths.split_first() else {
        return "";
    };
    let mut end = first.len();
    for other in others {
        let same = first.chars().zip(other.chars()).take_while(|(a, b)| a == b);
        end = end.min(same.map(|(c, _)| c.len_utf8()).sum());
    }
    &first[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_completed_by_what_is_in_its_folder() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| format!("{}/{name}", folder.path().display());
        for name in ["blob.bin", "blöd.txt", ".hidden", "bell\u{7}"] {
            std::fs::write(at(name), "").unwrap();
        }
        std::fs::create_dir(at("blobs")).unwrap();
        std::os::unix::fs::symlink(at("blobs"), at("link")).unwrap();
        let found = completions(&at("bl"));
        assert_eq!(found, [at("blob.bin"), at("blobs/"), at("blöd.txt")]);
        assert_eq!(common_start(&found), at("bl"));
        assert_eq!(common_start(&found[..2]), at("blob"));
        assert_eq!(completions(&at(".")), [at(".hidden")]);
        assert_eq!(completions(&at("l")), [at("link/")]);
        assert_eq!(completions(&at("nothing/so")), Vec::<String>::new());
        assert_eq!(completions("~"), ["~/"]);
        assert_eq!(name_in_folder("/a/b/"), "b/");
        assert_eq!(name_in_folder("b"), "b");
    }
}
