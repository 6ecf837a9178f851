//! The state file: kept, refused when damaged, and left as it is then.

use std::path::PathBuf;
use std::sync::Arc;

use aws_sdk_kms::primitives::Blob;
use kmsdeck_sandbox::{Sandbox, SandboxError, SandboxOptions};

use crate::core::{PAYMENTS, admin, client_as};

fn at(path: &std::path::Path) -> Result<Arc<Sandbox>, SandboxError> {
    let options = SandboxOptions {
        state_file: Some(path.to_owned()),
        ..SandboxOptions::default()
    };
    Sandbox::new(options).map(Arc::new)
}

fn directory(name: &str) -> PathBuf {
    let directory = std::env::temp_dir().join(format!("kmsdeck-{}-{name}", std::process::id()));
    std::fs::create_dir_all(&directory).unwrap();
    directory
}

#[tokio::test]
async fn what_was_done_is_there_in_the_next_run() {
    let directory = directory("kept");
    let path = directory.join("state.json");
    let sandbox = at(&path).unwrap();
    let client = admin(&sandbox);
    let made = client
        .create_key()
        .description("kept")
        .send()
        .await
        .unwrap();
    let id = made.key_metadata().unwrap().key_id().to_owned();
    client
        .create_alias()
        .alias_name("alias/kept")
        .target_key_id(&id)
        .send()
        .await
        .unwrap();
    let sealed = client
        .encrypt()
        .key_id("alias/kept")
        .plaintext(Blob::new("x"))
        .send()
        .await
        .unwrap();
    let sealed = sealed.ciphertext_blob().unwrap().clone();
    client
        .rotate_key_on_demand()
        .key_id(&id)
        .send()
        .await
        .unwrap();
    client.disable_key().key_id(PAYMENTS).send().await.unwrap();
    let archive = client
        .generate_data_key()
        .key_id("alias/archive")
        .number_of_bytes(8)
        .encryption_context("purpose", "tape")
        .send()
        .await
        .unwrap();
    let public = client
        .get_public_key()
        .key_id("alias/signing")
        .send()
        .await
        .unwrap();

    drop((client, sandbox));
    let again = at(&path).unwrap();
    let client = admin(&again);
    let opened = client
        .decrypt()
        .ciphertext_blob(sealed)
        .send()
        .await
        .unwrap();
    assert_eq!(opened.plaintext().unwrap().as_ref(), b"x");
    let kept = client
        .describe_key()
        .key_id("alias/kept")
        .send()
        .await
        .unwrap();
    let kept = kept.key_metadata().unwrap();
    assert_eq!(kept.description(), Some("kept"));
    assert_ne!(kept.current_key_material_id(), opened.key_material_id());
    let payments = client.describe_key().key_id(PAYMENTS).send().await.unwrap();
    assert!(!payments.key_metadata().unwrap().enabled());
    let grants = client.list_grants().key_id(PAYMENTS).send().await.unwrap();
    assert_eq!(grants.grants().len(), 2);
    // Related keys still share their material.
    let opened = client_as(&again, "admin", "eu-west-1")
        .decrypt()
        .ciphertext_blob(archive.ciphertext_blob().unwrap().clone())
        .encryption_context("purpose", "tape")
        .send()
        .await
        .unwrap();
    assert_eq!(opened.plaintext(), archive.plaintext());
    let same = client
        .get_public_key()
        .key_id("alias/signing")
        .send()
        .await
        .unwrap();
    assert_eq!(same.public_key(), public.public_key());
    // A new key is not given an ID twice.
    let other = client.create_key().send().await.unwrap();
    assert_ne!(other.key_metadata().unwrap().key_id(), id);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    assert_eq!(std::fs::read_dir(&directory).unwrap().count(), 1);
    std::fs::remove_dir_all(directory).unwrap();
}

#[test]
fn a_damaged_file_is_refused_and_left_as_it_is() {
    let directory = directory("damaged");
    let path = directory.join("state.json");
    drop(at(&path).unwrap());
    let good = std::fs::read_to_string(&path).unwrap();
    for (bad, hint) in [
        (good[..good.len() / 2].to_owned(), "damaged"),
        (String::new(), "damaged"),
        (
            "{\"format\":\"other\",\"version\":2}".to_owned(),
            "no state file",
        ),
        (
            good.replacen("\"version\":2", "\"version\":3", 1),
            "version 3",
        ),
        (
            good.replacen("\"spec\":\"SYMMETRIC_DEFAULT\"", "\"spec\":\"ROT13\"", 1),
            "ROT13",
        ),
        (
            good.replacen("\"made\":0", "\"made\":0,\"more\":1", 1),
            "more",
        ),
    ] {
        std::fs::write(&path, &bad).unwrap();
        let error = at(&path).unwrap_err().to_string();
        assert!(
            error.contains(hint) && error.contains("state.json"),
            "{error}"
        );
        assert_eq!(std::fs::read_to_string(&path).unwrap(), bad);
    }
    let nowhere = at(&directory.join("no/such/directory/state.json")).unwrap_err();
    assert!(
        matches!(nowhere, SandboxError::StateFile { .. }),
        "{nowhere}"
    );
    std::fs::remove_dir_all(directory).unwrap();
}

#[test]
fn a_second_user_is_refused_with_the_id_of_the_first() {
    let directory = directory("in-use");
    let path = directory.join("state.json");
    let first = at(&path).unwrap();
    let before = std::fs::read(&path).unwrap();
    // By a link, too.
    let link = directory.join("link.json");
    #[cfg(unix)]
    std::os::unix::fs::symlink("state.json", &link).unwrap();
    for path in [&path, &link] {
        let error = at(path).unwrap_err();
        let SandboxError::StateFileInUse { process, .. } = &error else {
            panic!("{error}");
        };
        assert_eq!(*process, Some(std::process::id()));
        assert!(error.to_string().contains(&std::process::id().to_string()));
    }
    assert_eq!(std::fs::read(&path).unwrap(), before);
    drop(first);
    at(&link).unwrap();
    assert!(link.is_symlink());
    std::fs::remove_dir_all(directory).unwrap();
}

#[tokio::test]
async fn a_line_that_is_half_written_counts_for_nothing_and_one_that_is_damaged_for_a_damage() {
    let directory = directory("half");
    let path = directory.join("state.json");
    let sandbox = at(&path).unwrap();
    let client = admin(&sandbox);
    for name in ["alias/one", "alias/two"] {
        let alias = client.create_alias().alias_name(name);
        alias.target_key_id(PAYMENTS).send().await.unwrap();
    }
    drop((client, sandbox));
    let whole = std::fs::read(&path).unwrap();
    let lines: Vec<&[u8]> = whole.split_inclusive(|byte| *byte == b'\n').collect();
    // The state, who has it, two aliases.
    assert_eq!(lines.len(), 4);
    let has = async |bytes: &[u8], name: &str| {
        std::fs::write(&path, bytes).unwrap();
        let sandbox = at(&path).unwrap();
        let key = admin(&sandbox).describe_key().key_id(name).send().await;
        key.is_ok()
    };
    let before = whole.len() - lines[3].len();
    for end in [before + 1, before + lines[3].len() / 2, whole.len() - 1] {
        assert!(has(&whole[..end], "alias/one").await);
        assert!(!has(&whole[..end], "alias/two").await);
    }
    assert!(has(&whole, "alias/two").await);
    // As some file systems leave it at a power failure.
    assert!(has(&[&whole[..], &[0; 100]].concat(), "alias/two").await);
    let damaged = [lines[0], lines[1], b"{\"made\":}\n", lines[3]].concat();
    std::fs::write(&path, &damaged).unwrap();
    let error = at(&path).unwrap_err().to_string();
    assert!(error.contains("line 3 is damaged"), "{error}");
    assert_eq!(std::fs::read(&path).unwrap(), damaged);
    std::fs::remove_dir_all(directory).unwrap();
}

#[test]
fn a_file_of_the_first_version_is_read_and_becomes_one_of_this() {
    let directory = directory("first-version");
    let path = directory.join("state.json");
    drop(at(&path).unwrap());
    let text = std::fs::read_to_string(&path).unwrap();
    let first = text.lines().next().unwrap();
    let old = first.replacen("\"version\":2", "\"version\":1", 1);
    std::fs::write(&path, old).unwrap();
    drop(at(&path).unwrap());
    let new = std::fs::read_to_string(&path).unwrap();
    assert!(new.lines().next().unwrap().contains("\"version\":2"));
    drop(at(&path).unwrap());
    std::fs::remove_dir_all(directory).unwrap();
}

/// Removed, the file is written anew with all that is in it; another in its place is left alone.
#[tokio::test]
async fn what_others_do_to_the_file_loses_no_change_in_silence() {
    let directory = directory("others");
    let path = directory.join("state.json");
    let sandbox = at(&path).unwrap();
    let client = admin(&sandbox);
    let alias = |name: &str| {
        let alias = client.create_alias().alias_name(name);
        alias.target_key_id(PAYMENTS).send()
    };
    alias("alias/one").await.unwrap();
    std::fs::remove_file(&path).unwrap();
    alias("alias/two").await.unwrap();
    std::fs::write(directory.join("other"), "not ours").unwrap();
    std::fs::rename(directory.join("other"), directory.join("another")).unwrap();
    let kept = std::fs::read(&path).unwrap();
    assert!(String::from_utf8_lossy(&kept).contains("alias/one"));
    std::fs::rename(directory.join("another"), &path).unwrap();
    let (name, message) = crate::core::told(alias("alias/three").await);
    assert_eq!(name, "KMSInternalException");
    assert!(
        message.contains("another file has taken its place"),
        "{message}"
    );
    assert_eq!(std::fs::read(&path).unwrap(), b"not ours");
    // Its own file again: what could not be written is.
    std::fs::remove_file(&path).unwrap();
    alias("alias/four").await.unwrap();
    drop((client, sandbox));
    let again = at(&path).unwrap();
    for name in ["alias/one", "alias/two", "alias/three", "alias/four"] {
        let key = admin(&again).describe_key().key_id(name).send().await;
        assert!(key.is_ok(), "{name}");
    }
    std::fs::remove_dir_all(directory).unwrap();
}

/// What was acknowledged is in the file by then: the file as it is at that moment is what a kill
/// would leave. Callers at once, on keys whose secret is drawn by whoever comes first.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_answer_comes_when_the_file_has_what_it_is_about() {
    let directory = directory("acknowledged");
    let path = directory.join("state.json");
    let sandbox = at(&path).unwrap();
    for round in 0..12 {
        let made = admin(&sandbox)
            .create_key()
            .key_spec(aws_sdk_kms::types::KeySpec::EccNistP256)
            .key_usage(aws_sdk_kms::types::KeyUsageType::SignVerify)
            .send()
            .await
            .unwrap();
        let id = made.key_metadata().unwrap().key_id().to_owned();
        let mut callers = tokio::task::JoinSet::new();
        for caller in 0..6 {
            let (client, id) = (admin(&sandbox), id.clone());
            let (path, copy) = (
                path.clone(),
                directory.join(format!("copy-{round}-{caller}")),
            );
            callers.spawn(async move {
                let name = format!("alias/{round}-{caller}");
                let public = match caller % 2 {
                    0 => {
                        let public = client.get_public_key().key_id(&id).send().await.unwrap();
                        public.public_key().cloned()
                    }
                    _ => {
                        let alias = client.create_alias().alias_name(&name);
                        alias.target_key_id(&id).send().await.unwrap();
                        None
                    }
                };
                std::fs::copy(path, &copy).unwrap();
                let client = admin(&at(&copy).unwrap());
                let there = client.get_public_key();
                match public {
                    None => drop(there.key_id(&name).send().await.unwrap()),
                    Some(public) => {
                        let there = there.key_id(&id).send().await.unwrap();
                        assert_eq!(there.public_key(), Some(&public));
                    }
                }
            });
        }
        while let Some(done) = callers.join_next().await {
            done.unwrap();
        }
    }
    std::fs::remove_dir_all(directory).unwrap();
}

/// A file of before imported materials were told from others.
#[tokio::test]
async fn an_older_file_keeps_its_imported_keys() {
    let directory = directory("older");
    let path = directory.join("state.json");
    let sandbox = at(&path).unwrap();
    let encrypt = admin(&sandbox).encrypt().key_id("alias/imported");
    let sealed = encrypt.plaintext(Blob::new("x")).send().await.unwrap();
    let expires = |client: aws_sdk_kms::Client| async move {
        let call = client.describe_key().key_id("alias/imported");
        let metadata = call.send().await.unwrap().key_metadata.unwrap();
        assert_eq!(metadata.key_state().unwrap().as_str(), "Enabled");
        metadata.valid_to.unwrap()
    };
    let before = expires(admin(&sandbox)).await;
    drop(sandbox);
    let text = std::fs::read_to_string(&path).unwrap();
    let older = text.lines().map(|line| {
        let mut line: serde_json::Value = serde_json::from_str(line).unwrap();
        let of_keys = line
            .get_mut("materials")
            .and_then(|list| list.as_array_mut());
        for of_key in of_keys.into_iter().flatten() {
            of_key.as_object_mut().unwrap().remove("region");
            for material in of_key["materials"].as_array_mut().unwrap() {
                material.as_object_mut().unwrap().remove("import");
            }
        }
        let homes = line.get_mut("homes").and_then(|list| list.as_array_mut());
        for home in homes.into_iter().flatten() {
            let home = home.as_object_mut().unwrap();
            home.remove("key_stores");
            let keys = home.get_mut("keys").and_then(|keys| keys.as_array_mut());
            for key in keys.into_iter().flatten() {
                let is_it = key["id"] == "c81f5a7e-3d20-4b96-8e4c-6f7a09b1d253";
                let millis = (before.as_secs_f64() * 1000.0) as i64;
                key["valid_to"] = if is_it {
                    millis.into()
                } else {
                    serde_json::Value::Null
                };
            }
        }
        format!("{line}\n")
    });
    let older: String = older.collect();
    std::fs::write(&path, older).unwrap();
    let sandbox = at(&path).unwrap();
    assert_eq!(expires(admin(&sandbox)).await, before);
    let decrypt = admin(&sandbox)
        .decrypt()
        .ciphertext_blob(sealed.ciphertext_blob.unwrap());
    assert!(decrypt.send().await.is_ok());
    let _ = std::fs::remove_dir_all(directory);
}

/// A key of the file that is first used in a later run.
#[tokio::test]
async fn a_secret_that_a_later_run_draws_is_kept() {
    let directory = directory("later");
    let path = directory.join("state.json");
    drop(at(&path).unwrap());
    let sandbox = at(&path).unwrap();
    let encrypt = admin(&sandbox).encrypt().key_id(PAYMENTS);
    let sealed = encrypt.plaintext(Blob::new("x")).send().await.unwrap();
    let imported = admin(&sandbox).encrypt().key_id("alias/imported");
    let imported = imported.plaintext(Blob::new("x")).send().await.unwrap();
    drop(sandbox);
    let client = admin(&at(&path).unwrap());
    for sealed in [sealed, imported] {
        let decrypt = client.decrypt();
        let decrypt = decrypt.ciphertext_blob(sealed.ciphertext_blob.unwrap());
        assert!(decrypt.send().await.is_ok());
    }
    let _ = std::fs::remove_dir_all(directory);
}
