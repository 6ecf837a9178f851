//! Archives whose bytes follow from what is in them: names in order, one time, one owner.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use flate2::{Compression, GzBuilder};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use sha2::{Digest, Sha256};
use zip::write::SimpleFileOptions;

use super::workspace::Result;

/// What is in a folder, by its path with `/`, in order; folders are not in it.
fn files(folder: &Path) -> Result<Vec<(String, PathBuf)>> {
    let mut found = Vec::new();
    let mut open = vec![(String::new(), folder.to_owned())];
    while let Some((prefix, folder)) = open.pop() {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let name = entry.file_name().into_string();
            let name = format!("{prefix}{}", name.map_err(|name| format!("{name:?}"))?);
            match entry.path().is_dir() {
                true => open.push((format!("{name}/"), entry.path())),
                false => found.push((name, entry.path())),
            }
        }
    }
    found.sort();
    Ok(found)
}

/// The modes of a file in an archive: programs are those without an end to their names, or of
/// Windows.
fn mode(name: &str) -> u32 {
    match name {
        "kmsdeck" | "kmsdeck.exe" => 0o755,
        _ => 0o644,
    }
}

/// Packs a folder as `NAME.tar.gz`, or as `NAME.zip` for Windows; its path.
pub(crate) fn pack(out: &Path, name: &str, folder: &Path, epoch: u64) -> Result<PathBuf> {
    let files = files(folder)?;
    if name.contains("windows") {
        let path = out.join(format!("{name}.zip"));
        zip(&path, name, &files, epoch)?;
        return Ok(path);
    }
    let path = out.join(format!("{name}.tar.gz"));
    let gzip = GzBuilder::new().write(File::create(&path)?, Compression::best());
    let mut tar = tar::Builder::new(gzip);
    for (file, from) in files {
        let bytes = fs::read(from)?;
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(mode(&file));
        header.set_mtime(epoch);
        tar.append_data(&mut header, format!("{name}/{file}"), &bytes[..])?;
    }
    tar.into_inner()?.finish()?;
    Ok(path)
}

fn zip(path: &Path, name: &str, files: &[(String, PathBuf)], epoch: u64) -> Result<()> {
    let time = TimeZone::UTC.to_datetime(time(epoch)?);
    let time = zip::DateTime::from_date_and_time(
        time.year().try_into()?,
        time.month().try_into()?,
        time.day().try_into()?,
        time.hour().try_into()?,
        time.minute().try_into()?,
        time.second().try_into()?,
    )?;
    let mut zip = zip::ZipWriter::new(File::create(path)?);
    for (file, from) in files {
        let options = SimpleFileOptions::default()
            .last_modified_time(time)
            .unix_permissions(mode(file));
        zip.start_file(format!("{name}/{file}"), options)?;
        zip.write_all(&fs::read(from)?)?;
    }
    zip.finish()?;
    Ok(())
}

fn time(epoch: u64) -> Result<Timestamp> {
    Ok(Timestamp::from_second(epoch.try_into()?)?)
}

/// Seconds since 1970, as `2026-01-02T03:04:05Z`.
pub(crate) fn rfc3339(epoch: u64) -> String {
    time(epoch).map_or_else(|_| epoch.to_string(), |time| time.to_string())
}

/// The same as `Fri, 02 Jan 2026 03:04:05 +0000`.
pub(crate) fn rfc2822(epoch: u64) -> Result<String> {
    Ok(time(epoch)?
        .strftime("%a, %d %b %Y %H:%M:%S +0000")
        .to_string())
}

/// As sha256sum writes it.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_files_make_the_same_bytes_whenever_they_were_written() {
        let folder = tempfile::tempdir().unwrap();
        let packed = |name: &str| {
            let stage = folder.path().join("stage");
            let _ = fs::remove_dir_all(&stage);
            fs::create_dir_all(stage.join("man")).unwrap();
            for file in ["kmsdeck", "man/b.1", "man/a.1", "README.md"] {
                fs::write(stage.join(file), file).unwrap();
            }
            let path = pack(folder.path(), name, &stage, 1_700_000_000).unwrap();
            let bytes = fs::read(&path).unwrap();
            fs::remove_file(path).unwrap();
            bytes
        };
        for name in ["kmsdeck-1-linux", "kmsdeck-1-windows"] {
            let first = packed(name);
            // Files are dated to the second in a zip, to two seconds even.
            std::thread::sleep(std::time::Duration::from_millis(2100));
            assert!(first == packed(name), "{name}");
        }
        let bytes = packed("kmsdeck-1-linux");
        let mut tar = tar::Archive::new(flate2::read::GzDecoder::new(&bytes[..]));
        let entries = tar.entries().unwrap().map(|entry| {
            let entry = entry.unwrap();
            let mode = entry.header().mode().unwrap();
            (entry.path().unwrap().display().to_string(), mode)
        });
        let wanted = ["README.md", "kmsdeck", "man/a.1", "man/b.1"]
            .map(|file| (format!("kmsdeck-1-linux/{file}"), mode(file)));
        assert_eq!(entries.collect::<Vec<_>>(), wanted);
        assert_eq!(mode("kmsdeck"), 0o755);
    }

    #[test]
    fn sums_and_times_are_written_as_others_write_them() {
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(sha256(b""), empty);
        assert_eq!(rfc3339(1_700_000_000), "2023-11-14T22:13:20Z");
    }
}
