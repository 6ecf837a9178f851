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
    let client = admin(&at(&path).unwrap());
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
            "{\"format\":\"other\",\"version\":1}".to_owned(),
            "no state file",
        ),
        (
            good.replacen("\"version\":1", "\"version\":2", 1),
            "version 2",
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
