//! The sandbox's state file under kills, and with several processes at once.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Output, Stdio};
use std::time::Duration;

use aws_sdk_kms::Client;
use aws_sdk_kms::config::retry::RetryConfig;
use aws_sdk_kms::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_kms::operation::RequestId;
use aws_sdk_kms::primitives::Blob;
use aws_sdk_kms::types::{GrantOperation, KeySpec, KeyUsageType};
use tokio::task::JoinSet;

use crate::gateway_moto::Kept;
use crate::sandbox::PAYMENTS;

/// Kills on one file, before another begins: it grows.
const KILLS_OF_A_FILE: usize = 40;
const CALLERS: usize = 8;

/// A change that was answered.
#[derive(Debug, Clone)]
enum Acknowledged {
    Key(String),
    Alias { name: String, key_id: String },
    NoAlias(String),
    Public { key_id: String, der: Blob },
    Sealed(Blob),
    Grant(String),
}

/// `kmsdeck sandbox serve`, and a client of its administrator's.
fn serve(path: &Path) -> (Kept, Client) {
    let server = crate::tools::kmsdeck()
        .arg("--sandbox-state")
        .arg(path)
        .args(["sandbox", "serve", "--listen", "127.0.0.1:0"])
        .stdout(Stdio::piped())
        .spawn()
        .expect("it serves");
    let mut server = Kept(server);
    let lines = BufReader::new(server.0.stdout.take().expect("its output")).lines();
    let exports = lines.map_while(Result::ok).filter_map(|line| {
        let (_, value) = line.strip_prefix("export ")?.split_once('=')?;
        Some(value.to_owned())
    });
    let said: Vec<String> = exports.take(4).collect();
    let [endpoint, region, id, secret] = &said[..] else {
        panic!("it says how to use it: {said:?}");
    };
    let config = aws_sdk_kms::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(region.clone()))
        .endpoint_url(endpoint)
        .credentials_provider(Credentials::new(id, secret, None, None, "test"))
        .retry_config(RetryConfig::disabled())
        .build();
    (server, Client::from_conf(config))
}

/// Changes one thing after the other until the service is gone; gives what was answered.
async fn change(client: Client, series: String) -> Vec<Acknowledged> {
    let mut done = Vec::new();
    for number in 0.. {
        if change_once(&client, &series, number, &mut done)
            .await
            .is_none()
        {
            break;
        }
    }
    done
}

/// None once an answer fails to come.
async fn change_once(
    client: &Client,
    series: &str,
    number: usize,
    done: &mut Vec<Acknowledged>,
) -> Option<()> {
    let is_pair = number.is_multiple_of(3);
    let (spec, usage) = match is_pair {
        true => (KeySpec::EccNistP256, KeyUsageType::SignVerify),
        false => (KeySpec::SymmetricDefault, KeyUsageType::EncryptDecrypt),
    };
    let made = client.create_key().key_spec(spec).key_usage(usage);
    let made = answered(made.send().await)?;
    let key_id = made.key_metadata().expect("it").key_id().to_owned();
    done.push(Acknowledged::Key(key_id.clone()));
    let name = format!("alias/{series}-{number}");
    let alias = client
        .create_alias()
        .alias_name(&name)
        .target_key_id(&key_id);
    answered(alias.send().await)?;
    let alias = Acknowledged::Alias {
        name: name.clone(),
        key_id: key_id.clone(),
    };
    if is_pair {
        done.push(alias);
        let public = client.get_public_key().key_id(&key_id).send().await;
        let der = answered(public)?.public_key().expect("it").clone();
        done.push(Acknowledged::Public { key_id, der });
        return Some(());
    }
    let encrypt = client.encrypt().key_id(&name).plaintext(Blob::new("x"));
    let sealed = answered(encrypt.send().await)?;
    done.push(Acknowledged::Sealed(
        sealed.ciphertext_blob().expect("it").clone(),
    ));
    // From here on it may be there or not, until the answer says so.
    answered(client.delete_alias().alias_name(&name).send().await)?;
    done.push(Acknowledged::NoAlias(name));
    let grant = client
        .create_grant()
        .key_id(PAYMENTS)
        .grantee_principal("arn:aws:iam::111122223333:user/auditor")
        .operations(GrantOperation::DescribeKey);
    let grant = answered(grant.send().await)?;
    done.push(Acknowledged::Grant(
        grant.grant_id().expect("it").to_owned(),
    ));
    Some(())
}

/// A refusal is no way for a change to end here: only the kill is.
fn answered<T, E, R>(result: Result<T, aws_sdk_kms::error::SdkError<E, R>>) -> Option<T>
where
    E: std::fmt::Debug,
    R: std::fmt::Debug,
{
    match result {
        Ok(done) => Some(done),
        Err(error @ aws_sdk_kms::error::SdkError::ServiceError(_)) => panic!("{error:?}"),
        Err(_) => None,
    }
}

/// Whether the service knows of it.
async fn is_there(client: &Client, grants: &[String], change: &Acknowledged) -> bool {
    let key_of = async |name: &str| {
        let told = client.describe_key().key_id(name).send().await;
        match told {
            Ok(told) => told.key_metadata().map(|key| key.key_id().to_owned()),
            Err(error) if error.request_id().is_some() => None,
            Err(error) => panic!("{error:?}"),
        }
    };
    match change {
        Acknowledged::Key(id) => key_of(id).await.is_some(),
        Acknowledged::Alias { name, key_id } => key_of(name).await.as_ref() == Some(key_id),
        Acknowledged::NoAlias(name) => key_of(name).await.is_none(),
        Acknowledged::Public { key_id, der } => {
            let public = client.get_public_key().key_id(key_id).send().await;
            public.is_ok_and(|public| public.public_key() == Some(der))
        }
        Acknowledged::Sealed(blob) => {
            let decrypt = client.decrypt().ciphertext_blob(blob.clone()).send().await;
            decrypt.is_ok_and(|opened| opened.plaintext() == Some(&Blob::new("x")))
        }
        Acknowledged::Grant(id) => grants.contains(id),
    }
}

async fn assert_all_there(client: &Client, changes: &[Acknowledged]) {
    let mut grants = Vec::new();
    let mut pages = client
        .list_grants()
        .key_id(PAYMENTS)
        .into_paginator()
        .send();
    while let Some(page) = pages.next().await {
        let page = page.expect("the grants");
        grants.extend(
            page.grants()
                .iter()
                .filter_map(|grant| grant.grant_id().map(str::to_owned)),
        );
    }
    for change in changes {
        assert!(is_there(client, &grants, change).await, "lost: {change:?}");
    }
}

/// KMSDECK_KILLS says how often; 10 if it does not.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kill_loses_nothing_that_was_answered() {
    let said = std::env::var("KMSDECK_KILLS").ok();
    let kills: usize = said.and_then(|text| text.parse().ok()).unwrap_or(10);
    let (mut acknowledged, mut in_file) = (0, Vec::new());
    let mut folder = tempfile::tempdir().expect("a folder");
    for kill in 0..kills {
        if kill % KILLS_OF_A_FILE == 0 {
            folder = tempfile::tempdir().expect("a folder");
            in_file.clear();
        }
        let path = folder.path().join("state.json");
        let (mut server, client) = serve(&path);
        let mut callers = JoinSet::new();
        for caller in 0..CALLERS {
            callers.spawn(change(client.clone(), format!("{kill}-{caller}")));
        }
        // Anywhere: in the first changes, and when there are many.
        let after = 1 + (kill as u64).wrapping_mul(2_654_435_761) % 150;
        tokio::time::sleep(Duration::from_millis(after)).await;
        server.0.kill().expect("a kill");
        server.0.wait().expect("its end");
        let mut changes = Vec::new();
        while let Some(done) = callers.join_next().await {
            changes.extend(done.expect("no refusal"));
        }
        acknowledged += changes.len();
        in_file.extend(changes.iter().cloned());
        let is_last = kill + 1 == kills || (kill + 1) % KILLS_OF_A_FILE == 0;
        let (_server, client) = serve(&path);
        assert_all_there(&client, if is_last { &in_file } else { &changes }).await;
        let names = std::fs::read_dir(folder.path())
            .expect("the folder")
            .count();
        assert_eq!(names, 1, "nothing is left of a kill but the file");
    }
    println!("{kills} kills, {acknowledged} acknowledged changes, none lost");
    assert!(acknowledged > kills, "{acknowledged}");
}

fn kmsdeck(path: &Path, args: &[&str]) -> Output {
    let mut command = crate::tools::kmsdeck();
    command.args(["--sandbox", "--sandbox-state"]).arg(path);
    command.args(args).output().expect("kmsdeck runs")
}

/// Each would draw a secret of its own for the key; the one that is lost would open nothing.
#[test]
fn of_several_processes_on_one_file_one_has_it_and_the_others_are_told_which() {
    const ENCRYPT: [&str; 7] = [
        "encrypt",
        "--key-id",
        "alias/payments",
        "--plaintext",
        "eA==",
        "--output",
        "json",
    ];
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("state.json");
    let (mut server, _) = serve(&path);
    let server_id = format!("in use by process {}:", server.0.id());
    for args in [
        &ENCRYPT[..],
        &["keys"],
        &["sandbox", "serve", "--listen", "127.0.0.1:0"],
    ] {
        let output = kmsdeck(&path, args);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(&server_id), "{said}");
    }
    server.0.kill().expect("a kill");
    server.0.wait().expect("its end");

    let one = || -> Vec<u8> {
        loop {
            let output = kmsdeck(&path, &ENCRYPT);
            if output.status.success() {
                return output.stdout;
            }
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(said.contains("in use by"), "{said}");
        }
    };
    let answers: Vec<Vec<u8>> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..6).map(|_| scope.spawn(one)).collect();
        let joined = threads
            .into_iter()
            .map(|thread| thread.join().expect("an answer"));
        joined.collect()
    });
    for answer in answers {
        let answer: serde_json::Value = serde_json::from_slice(&answer).expect("JSON");
        let blob = answer["CiphertextBlob"].as_str().expect("it");
        let output = kmsdeck(&path, &["decrypt", "--ciphertext-blob", blob]);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}");
    }
}
