//! The least program that lists keys by the SDK, as a measure for kmsdeck: it prints `page` when
//! the first page is there, and with `--all` the number of keys and of aliases at the end.

use aws_config::BehaviorVersion;

#[tokio::main(worker_threads = 2)]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let config = aws_config::defaults(BehaviorVersion::v2026_01_12())
        .load()
        .await;
    let client = aws_sdk_kms::Client::new(&config);
    let first = client.list_keys().limit(1000).send().await?;
    println!("page {}", first.keys().len());
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
