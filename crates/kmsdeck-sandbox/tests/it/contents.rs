//! What a sandbox begins with: nothing but principals, or what the user wrote.

use std::path::PathBuf;
use std::sync::Arc;

use kmsdeck_sandbox::{Contents, Sandbox, SandboxError, SandboxOptions};

use crate::core::{PAYMENTS, admin, client_as, code};

const EXAMPLE: &str = include_str!("../../../../docs/sandbox-account.json");

fn empty(id_seed: Option<u64>) -> Arc<Sandbox> {
    let options = SandboxOptions {
        contents: Contents::Empty,
        id_seed,
        ..SandboxOptions::default()
    };
    Arc::new(Sandbox::new(options).unwrap())
}

fn of_file(text: &str) -> Result<Sandbox, SandboxError> {
    Sandbox::new(SandboxOptions {
        contents: Contents::File {
            path: PathBuf::from("account.json"),
            text: text.into(),
        },
        ..SandboxOptions::default()
    })
}

/// The IDs of a key, and of a grant of it, that are new in a sandbox.
async fn new_ids(sandbox: &Arc<Sandbox>) -> (String, String) {
    let client = admin(sandbox);
    let key = client.create_key().send().await.unwrap();
    let key = key.key_metadata.unwrap().key_id;
    let grant = client
        .create_grant()
        .key_id(&key)
        .grantee_principal("arn:aws:iam::111122223333:user/auditor")
        .operations("Decrypt".into())
        .send()
        .await
        .unwrap();
    (key, grant.grant_id.unwrap())
}

#[tokio::test]
async fn an_empty_sandbox_has_principals_and_no_keys() {
    let sandbox = empty(None);
    assert!(sandbox.principals().len() > 5);
    for region in ["us-east-1", "eu-west-1"] {
        let client = client_as(&sandbox, "admin", region);
        assert_eq!(client.list_keys().send().await.unwrap().keys().len(), 0);
        assert_eq!(
            client.list_aliases().send().await.unwrap().aliases().len(),
            0
        );
    }
    let described = admin(&sandbox).describe_key().key_id(PAYMENTS).send().await;
    assert_eq!(code(described), "NotFoundException");
    // The console begins in a Region.
    assert_eq!(sandbox.regions(), ["us-east-1"]);
}

#[tokio::test]
async fn new_ids_are_fresh_and_those_of_a_seed_are_the_same() {
    let (first, second) = (new_ids(&empty(None)).await, new_ids(&empty(None)).await);
    assert!(first.0 != second.0 && first.1 != second.1);
    let of_seed = new_ids(&empty(Some(7))).await;
    assert_eq!(of_seed, new_ids(&empty(Some(7))).await);
    for other in [0, 8, u64::MAX] {
        assert_ne!(of_seed.0, new_ids(&empty(Some(other))).await.0);
    }
}

#[tokio::test]
async fn the_documented_example_is_an_account() {
    let sandbox = Arc::new(of_file(EXAMPLE).unwrap());
    let jane = client_as(&sandbox, "jane", "us-east-1");
    assert_eq!(jane.list_keys().send().await.unwrap().keys().len(), 4);
    let orders = jane.describe_key().key_id("alias/orders").send().await;
    let orders = orders.unwrap().key_metadata.unwrap();
    assert_eq!(orders.description(), Some("Orders at rest"));
    let grants = jane.list_grants().key_id(orders.key_id()).send().await;
    assert_eq!(grants.unwrap().grants()[0].name(), Some("service"));
    // The boundary goes before AdministratorAccess; the group's policy by its newest version.
    let deletion = jane.schedule_key_deletion().key_id(orders.key_id()).send();
    assert_eq!(code(deletion.await), "AccessDeniedException");
    let pipeline = client_as(&sandbox, "pipeline", "us-east-1");
    let made = pipeline.generate_data_key().key_id("alias/orders");
    let made = made.key_spec("AES_256".into()).send().await.unwrap();
    let blob = made.ciphertext_blob.unwrap();
    assert!(
        pipeline
            .decrypt()
            .ciphertext_blob(blob)
            .send()
            .await
            .is_ok()
    );
    let refused = pipeline.disable_key().key_id(orders.key_id()).send().await;
    assert_eq!(code(refused), "AccessDeniedException");
    let abroad = client_as(&sandbox, "jane", "eu-west-1");
    for alias in ["alias/app-tokens", "alias/everywhere"] {
        let described = abroad.describe_key().key_id(alias).send().await;
        assert!(described.is_ok(), "{alias}");
    }
    assert_eq!(sandbox.regions(), ["us-east-1", "eu-west-1"]);
    let jane = client_as(&sandbox, "jane", "us-east-1");
    let described = jane.describe_key().key_id("alias/brought").send().await;
    let metadata = described.unwrap().key_metadata.unwrap();
    assert!(metadata.valid_to.is_some());
    let stores = jane.describe_custom_key_stores().send().await.unwrap();
    let names = stores.custom_key_stores().iter();
    let names: Vec<_> = names
        .filter_map(|one| one.custom_key_store_name())
        .collect();
    assert_eq!(names, ["hsm"]);
}

/// What is wrong is told with the line, the place and the reason.
#[test]
fn what_is_wrong_in_a_file_is_told_with_its_line() {
    let line_of = |text: &str| {
        let at = EXAMPLE.find(text).unwrap();
        1 + EXAMPLE[..at].matches('\n').count()
    };
    for (old, new, at, what) in [
        (
            "\"id\": \"555566667777\"",
            "\"id\": \"5\"",
            "\"id\": \"555",
            "12 digits",
        ),
        (
            "\"name\": \"jane\"",
            "\"nam\": \"jane\"",
            "\"name\": \"jane\"",
            "unknown field `nam`",
        ),
        (
            "\"name\": \"jane\"",
            "\"name\": \"ci\"",
            "\"name\": \"ci\"",
            "the user ci is there twice",
        ),
        (
            "\"boundary\": \"never-delete\"",
            "\"boundary\": \"x\"",
            "\"name\": \"jane\"",
            "no managed policy x",
        ),
        (
            "\"Allow\", \"Action\": \"kms:Decrypt\"",
            "\"Let\", \"Action\": \"kms:Decrypt\"",
            "\"Action\": \"kms:Decrypt\"",
            "accounts[0].managed_policies.use-keys[0]",
        ),
        (
            "[\"developers\"]",
            "[\"testers\"]",
            "\"name\": \"ci\"",
            "there is no group testers",
        ),
        (
            "\"Principal\": { \"AWS\": \"555566667777\" }, ",
            "",
            "\"Principal\": { \"AWS\": \"5555",
            "accounts[0].roles[0].trust: a trust policy",
        ),
        ("7200", "100", "\"name\": \"orders\"", "3600 to 43200"),
        (
            "\"policy\": \"orders\"",
            "\"policy\": \"order\"",
            "8000-000000000001",
            "keys[0]: there is no policy order",
        ),
        (
            "0a1b2c3d-0000-4000-8000-000000000002",
            "two",
            "-000000000002",
            "\"two\" is no key ID",
        ),
        (
            "\"spec\": \"ECC_NIST_P256\"",
            "\"spec\": \"ECC\"",
            "\"spec\"",
            "keys[1]: ",
        ),
        (
            "\"usage\": \"SIGN_VERIFY\"",
            "\"usage\": \"ENCRYPT_DECRYPT\"",
            "-000000000002",
            "is none of ECC_NIST_P256",
        ),
        (
            "alias/app-tokens",
            "tokens",
            "-000000000002",
            "\"tokens\" is no alias",
        ),
        (
            "\"key_store\": \"cks-0a1b2c3d000000001\"",
            "\"key_store\": \"cks-0a1b2c3d000000002\"",
            "-000000000004",
            "keys[3]: there is no key store cks-0a1b2c3d000000002",
        ),
        (
            "\"id\": \"cks-0a1b2c3d000000001\"",
            "\"id\": \"hsm\"",
            "\"id\": \"cks-",
            "\"hsm\" is no ID of a key store",
        ),
        (
            "\"origin\": \"EXTERNAL\"",
            "\"origin\": \"AWS_KMS\"",
            "-000000000005",
            "valid_to_in_days is for keys of the origin EXTERNAL",
        ),
        (
            "alias/everywhere",
            "alias/orders",
            "mrk-",
            "alias/orders is there twice",
        ),
        (
            "\"region\": \"eu-west-1\"",
            "\"region\": \"mars\"",
            "-000000000002",
            "\"mars\" is no Region",
        ),
        (
            "\"operations\": [\"Decrypt\", \"GenerateDataKey\"]",
            "\"operations\": [\"Fly\"]",
            "\"operations\"",
            "Fly",
        ),
    ] {
        assert!(EXAMPLE.contains(old), "{old}");
        let told = match of_file(&EXAMPLE.replacen(old, new, 1)) {
            Ok(_) => panic!("{new} is taken"),
            Err(error) => error.to_string(),
        };
        let line = line_of(at);
        let lines = [line, line - 1].map(|line| format!("account.json:{line}: "));
        assert!(
            lines.iter().any(|line| told.starts_with(line)) && told.contains(what),
            "{new}, wanted line {line} and {what:?}: {told}"
        );
    }
    for (text, what) in [
        ("", "account.json:1: EOF"),
        ("{}", "account.json:1: there is no user in it"),
        ("[]", "account.json:1: "),
    ] {
        let told = of_file(text).map(|_| ()).unwrap_err().to_string();
        assert!(told.starts_with(what), "{told}");
    }
}

/// A reset puts back what was there, and the same calls make the same IDs again.
#[tokio::test]
async fn a_reset_puts_the_beginning_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.json");
    let options = || SandboxOptions {
        state_file: Some(path.clone()),
        ..SandboxOptions::default()
    };
    let sandbox = Arc::new(Sandbox::new(options()).unwrap());
    let client = admin(&sandbox);
    let made = new_ids(&sandbox).await;
    client.disable_key().key_id(PAYMENTS).send().await.unwrap();
    sandbox.reset().unwrap();
    let state = async |sandbox: &Arc<Sandbox>| {
        let described = admin(sandbox).describe_key().key_id(PAYMENTS).send().await;
        described.unwrap().key_metadata.unwrap().enabled
    };
    assert!(state(&sandbox).await);
    let gone = client.describe_key().key_id(&made.0).send().await;
    assert_eq!(code(gone), "NotFoundException");
    drop((client, sandbox));
    // The state file has it, too.
    let sandbox = Arc::new(Sandbox::new(options()).unwrap());
    assert!(state(&sandbox).await);
    assert_eq!(new_ids(&sandbox).await, made);
}
