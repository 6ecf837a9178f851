//! The least program that lists keys by the SDK, as a measure for kmsdeck: it prints `page` when
//! the first page is there, with `--all` the number of keys and of aliases at the end, and with
//! `--dry-runs N` how many dry runs a second it makes: N for each key of the page, 16 at once.

use std::time::Instant;

use aws_config::BehaviorVersion;
use aws_sdk_kms::types::DataKeySpec;
use futures_util::StreamExt;

#[tokio::main(worker_threads = 2)]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let config = aws_config::defaults(BehaviorVersion::v2026_01_12())
        .load()
        .await;
    let client = aws_sdk_kms::Client::new(&config);
    let first = client.list_keys().limit(1000).send().await?;
    println!("page {}", first.keys().len());
    let args: Vec<String> = std::env::args().collect();
    if let Some(at) = args.iter().position(|arg| arg == "--dry-runs") {
        let each: usize = args[at + 1].parse()?;
        let keys = first.keys().iter().filter_map(|key| key.key_id());
        let asked: Vec<&str> = keys
            .flat_map(|key| std::iter::repeat_n(key, each))
            .collect();
        let began = Instant::now();
        let calls = asked.iter().map(|key| {
            client
                .generate_data_key_without_plaintext()
                .key_id(*key)
                .key_spec(DataKeySpec::Aes256)
                .dry_run(true)
                .send()
        });
        let count = futures_util::stream::iter(calls)
            .buffer_unordered(16)
            .count()
            .await;
        let seconds = began.elapsed().as_secs_f64();
        println!(
            "dry runs {count} in {seconds:.2} s, {:.0} a second",
            count as f64 / seconds
        );
    }
    if std::env::args().any(|arg| arg == "--all") {
        let keys = async {
            let mut pages = client.list_keys().limit(1000).into_paginator().send();
            let mut count = 0;
            while let Some(page) = pages.next().await {
                count += page?.keys().len();
            }
            Ok::<_, aws_sdk_kms::Error>(count)
        };
        let aliases = async {
            let mut pages = client.list_aliases().limit(100).into_paginator().send();
            let mut count = 0;
            while let Some(page) = pages.next().await {
                count += page?.aliases().len();
            }
            Ok::<_, aws_sdk_kms::Error>(count)
        };
        let (keys, aliases) = tokio::try_join!(keys, aliases)?;
        println!("all {keys} keys, {aliases} aliases");
    }
    Ok(())
}
