//! Made by `KMSDECK_UPDATE=1 tests/run rust_snippets`: the Rust snippets of all operations.
#![allow(dead_code)]

mod generate_data_key_without_plaintext {
#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let config = aws_config::defaults(aws_config::BehaviorVersion::latest())
        .profile_name("prod")
        .region(aws_config::Region::new("eu-west-1"))
        .endpoint_url("http://127.0.0.1:4599")
        .load()
        .await;
    let kms = aws_sdk_kms::Client::new(&config);
    let answer = kms
        .generate_data_key_without_plaintext()
        .key_id("alias/payments")
        .key_spec("AES_256".into())
        .number_of_bytes(1)
        .encryption_context("k\"ey", "\u{202e}v")
        .grant_tokens("token")
        .dry_run(true)
        .send()
        .await;
    match answer {
        Err(error) if error.as_service_error().is_some_and(|e| e.is_dry_run_operation_exception()) => {
            println!("would succeed")
        }
        Err(error) => return Err(error.into()),
        Ok(answer) => println!("not a dry run: this endpoint carried it out {answer:?}"),
    }
    Ok(())
}
}

mod generate_data_key {
#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let config = aws_config::defaults(aws_config::BehaviorVersion::latest())
        .profile_name("prod")
        .region(aws_config::Region::new("eu-west-1"))
        .endpoint_url("http://127.0.0.1:4599")
        .load()
        .await;
    let kms = aws_sdk_kms::Client::new(&config);
    let answer = kms
        .generate_data_key()
        .key_id("alias/payments")
        .key_spec("AES_256".into())
        .number_of_bytes(1)
        .encryption_context("k\"ey", "\u{202e}v")
        .grant_tokens("token")
        .dry_run(true)
        .send()
        .await;
    match answer {
        Err(error) if error.as_service_error().is_some_and(|e| e.is_dry_run_operation_exception()) => {
            println!("would succeed")
        }
        Err(error) => return Err(error.into()),
        Ok(answer) => println!("not a dry run: this endpoint carried it out {answer:?}"),
    }
    Ok(())
}
}

mod generate_data_key_pair_without_plaintext {
#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let config = aws_config::defaults(aws_config::BehaviorVersion::latest())
        .profile_name("prod")
        .region(aws_config::Region::new("eu-west-1"))
        .endpoint_url("http://127.0.0.1:4599")
        .load()
        .await;
    let kms = aws_sdk_kms::Client::new(&config);
    let answer = kms
        .generate_data_key_pair_without_plaintext()
        .key_id("alias/payments")
        .key_pair_spec("ECC_NIST_EDWARDS25519".into())
        .encryption_context("k\"ey", "\u{202e}v")
        .grant_tokens("token")
        .dry_run(true)
        .send()
        .await;
    match answer {
        Err(error) if error.as_service_error().is_some_and(|e| e.is_dry_run_operation_exception()) => {
            println!("would succeed")
        }
        Err(error) => return Err(error.into()),
        Ok(answer) => println!("not a dry run: this endpoint carried it out {answer:?}"),
    }
    Ok(())
}
}

mod generate_data_key_pair {
#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let config = aws_config::defaults(aws_config::BehaviorVersion::latest())
        .profile_name("prod")
        .region(aws_config::Region::new("eu-west-1"))
        .endpoint_url("http://127.0.0.1:4599")
        .load()
        .await;
    let kms = aws_sdk_kms::Client::new(&config);
    let answer = kms
        .generate_data_key_pair()
        .key_id("alias/payments")
        .key_pair_spec("ECC_NIST_EDWARDS25519".into())
        .encryption_context("k\"ey", "\u{202e}v")
        .grant_tokens("token")
        .dry_run(true)
        .send()
        .await;
    match answer {
        Err(error) if error.as_service_error().is_some_and(|e| e.is_dry_run_operation_exception()) => {
            println!("would succeed")
        }
        Err(error) => return Err(error.into()),
        Ok(answer) => println!("not a dry run: this endpoint carried it out {answer:?}"),
    }
    Ok(())
}
}

mod encrypt {
use aws_sdk_kms::primitives::Blob;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let config = aws_config::defaults(aws_config::BehaviorVersion::latest())
        .profile_name("prod")
        .region(aws_config::Region::new("eu-west-1"))
        .endpoint_url("http://127.0.0.1:4599")
        .load()
        .await;
    let kms = aws_sdk_kms::Client::new(&config);
    let answer = kms
        .encrypt()
        .key_id("alias/payments")
        .plaintext(Blob::new(b"by\"te\\s\x00\xff"))
        .encryption_context("k\"ey", "\u{202e}v")
        .encryption_algorithm("RSAES_OAEP_SHA_1".into())
        .grant_tokens("token")
        .dry_run(true)
        .send()
        .await;
    match answer {
        Err(error) if error.as_service_error().is_some_and(|e| e.is_dry_run_operation_exception()) => {
            println!("would succeed")
        }
        Err(error) => return Err(error.into()),
        Ok(answer) => println!("not a dry run: this endpoint carried it out {answer:?}"),
    }
    Ok(())
}
}

mod decrypt {
use aws_sdk_kms::primitives::Blob;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let config = aws_config::defaults(aws_config::BehaviorVersion::latest())
        .profile_name("prod")
        .region(aws_config::Region::new("eu-west-1"))
        .endpoint_url("http://127.0.0.1:4599")
        .load()
        .await;
    let kms = aws_sdk_kms::Client::new(&config);
    let answer = kms
        .decrypt()
        .ciphertext_blob(Blob::new(b"by\"te\\s\x00\xff"))
        .key_id("alias/payments")
        .encryption_context("k\"ey", "\u{202e}v")
        .encryption_algorithm("RSAES_OAEP_SHA_1".into())
        .grant_tokens("token")
        .dry_run(true)
        .dry_run_modifiers("IGNORE_CIPHERTEXT".into())
        .send()
        .await;
    match answer {
        Err(error) if error.as_service_error().is_some_and(|e| e.is_dry_run_operation_exception()) => {
            println!("would succeed")
        }
        Err(error) => return Err(error.into()),
        Ok(answer) => println!("not a dry run: this endpoint carried it out {answer:?}"),
    }
    Ok(())
}
}

mod re_encrypt {
use aws_sdk_kms::primitives::Blob;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let config = aws_config::defaults(aws_config::BehaviorVersion::latest())
        .profile_name("prod")
        .region(aws_config::Region::new("eu-west-1"))
        .endpoint_url("http://127.0.0.1:4599")
        .load()
        .await;
    let kms = aws_sdk_kms::Client::new(&config);
    let answer = kms
        .re_encrypt()
        .ciphertext_blob(Blob::new(b"by\"te\\s\x00\xff"))
        .source_key_id("alias/payments")
        .source_encryption_context("k\"ey", "\u{202e}v")
        .source_encryption_algorithm("RSAES_OAEP_SHA_1".into())
        .destination_key_id("alias/payments")
        .destination_encryption_context("k\"ey", "\u{202e}v")
        .destination_encryption_algorithm("RSAES_OAEP_SHA_1".into())
        .grant_tokens("token")
        .dry_run(true)
        .dry_run_modifiers("IGNORE_CIPHERTEXT".into())
        .send()
        .await;
    match answer {
        Err(error) if error.as_service_error().is_some_and(|e| e.is_dry_run_operation_exception()) => {
            println!("would succeed")
        }
        Err(error) => return Err(error.into()),
        Ok(answer) => println!("not a dry run: this endpoint carried it out {answer:?}"),
    }
    Ok(())
}
}

mod sign {
use aws_sdk_kms::primitives::Blob;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let config = aws_config::defaults(aws_config::BehaviorVersion::latest())
        .profile_name("prod")
        .region(aws_config::Region::new("eu-west-1"))
        .endpoint_url("http://127.0.0.1:4599")
        .load()
        .await;
    let kms = aws_sdk_kms::Client::new(&config);
    let answer = kms
        .sign()
        .key_id("alias/payments")
        .message(Blob::new(b"by\"te\\s\x00\xff"))
        .message_type("DIGEST".into())
        .signing_algorithm("ECDSA_SHA_256".into())
        .grant_tokens("token")
        .dry_run(true)
        .send()
        .await;
    match answer {
        Err(error) if error.as_service_error().is_some_and(|e| e.is_dry_run_operation_exception()) => {
            println!("would succeed")
        }
        Err(error) => return Err(error.into()),
        Ok(answer) => println!("not a dry run: this endpoint carried it out {answer:?}"),
    }
    Ok(())
}
}

mod verify {
use aws_sdk_kms::primitives::Blob;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let config = aws_config::defaults(aws_config::BehaviorVersion::latest())
        .profile_name("prod")
        .region(aws_config::Region::new("eu-west-1"))
        .endpoint_url("http://127.0.0.1:4599")
        .load()
        .await;
    let kms = aws_sdk_kms::Client::new(&config);
    let answer = kms
        .verify()
        .key_id("alias/payments")
        .message(Blob::new(b"by\"te\\s\x00\xff"))
        .message_type("DIGEST".into())
        .signature(Blob::new(b"by\"te\\s\x00\xff"))
        .signing_algorithm("ECDSA_SHA_256".into())
        .grant_tokens("token")
        .dry_run(true)
        .send()
        .await;
    match answer {
        Err(error) if error.as_service_error().is_some_and(|e| e.is_dry_run_operation_exception()) => {
            println!("would succeed")
        }
        Err(error) => return Err(error.into()),
        Ok(answer) => println!("not a dry run: this endpoint carried it out {answer:?}"),
    }
    Ok(())
}
}

mod generate_mac {
use aws_sdk_kms::primitives::Blob;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let config = aws_config::defaults(aws_config::BehaviorVersion::latest())
        .profile_name("prod")
        .region(aws_config::Region::new("eu-west-1"))
        .endpoint_url("http://127.0.0.1:4599")
        .load()
        .await;
    let kms = aws_sdk_kms::Client::new(&config);
    let answer = kms
        .generate_mac()
        .key_id("alias/payments")
        .message(Blob::new(b"by\"te\\s\x00\xff"))
        .mac_algorithm("HMAC_SHA_224".into())
        .grant_tokens("token")
        .dry_run(true)
        .send()
        .await;
    match answer {
        Err(error) if error.as_service_error().is_some_and(|e| e.is_dry_run_operation_exception()) => {
            println!("would succeed")
        }
        Err(error) => return Err(error.into()),
        Ok(answer) => println!("not a dry run: this endpoint carried it out {answer:?}"),
    }
    Ok(())
}
}

mod verify_mac {
use aws_sdk_kms::primitives::Blob;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let config = aws_config::defaults(aws_config::BehaviorVersion::latest())
        .profile_name("prod")
        .region(aws_config::Region::new("eu-west-1"))
        .endpoint_url("http://127.0.0.1:4599")
        .load()
        .await;
    let kms = aws_sdk_kms::Client::new(&config);
    let answer = kms
        .verify_mac()
        .key_id("alias/payments")
        .message(Blob::new(b"by\"te\\s\x00\xff"))
        .mac(Blob::new(b"by\"te\\s\x00\xff"))
        .mac_algorithm("HMAC_SHA_224".into())
        .grant_tokens("token")
        .dry_run(true)
        .send()
        .await;
    match answer {
        Err(error) if error.as_service_error().is_some_and(|e| e.is_dry_run_operation_exception()) => {
            println!("would succeed")
        }
        Err(error) => return Err(error.into()),
        Ok(answer) => println!("not a dry run: this endpoint carried it out {answer:?}"),
    }
    Ok(())
}
}

mod derive_shared_secret {
use aws_sdk_kms::primitives::Blob;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let config = aws_config::defaults(aws_config::BehaviorVersion::latest())
        .profile_name("prod")
        .region(aws_config::Region::new("eu-west-1"))
        .endpoint_url("http://127.0.0.1:4599")
        .load()
        .await;
    let kms = aws_sdk_kms::Client::new(&config);
    let answer = kms
        .derive_shared_secret()
        .key_id("alias/payments")
        .public_key(Blob::new(b"by\"te\\s\x00\xff"))
        .key_agreement_algorithm("ECDH".into())
        .grant_tokens("token")
        .dry_run(true)
        .send()
        .await;
    match answer {
        Err(error) if error.as_service_error().is_some_and(|e| e.is_dry_run_operation_exception()) => {
            println!("would succeed")
        }
        Err(error) => return Err(error.into()),
        Ok(answer) => println!("not a dry run: this endpoint carried it out {answer:?}"),
    }
    Ok(())
}
}

mod encapsulate {
#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let config = aws_config::defaults(aws_config::BehaviorVersion::latest())
        .profile_name("prod")
        .region(aws_config::Region::new("eu-west-1"))
        .endpoint_url("http://127.0.0.1:4599")
        .load()
        .await;
    let kms = aws_sdk_kms::Client::new(&config);
    let answer = kms
        .encapsulate()
        .key_id("alias/payments")
        .encapsulation_algorithm("ML_KEM".into())
        .grant_tokens("token")
        .dry_run(true)
        .send()
        .await;
    match answer {
        Err(error) if error.as_service_error().is_some_and(|e| e.is_dry_run_operation_exception()) => {
            println!("would succeed")
        }
        Err(error) => return Err(error.into()),
        Ok(answer) => println!("not a dry run: this endpoint carried it out {answer:?}"),
    }
    Ok(())
}
}

mod decapsulate {
use aws_sdk_kms::primitives::Blob;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let config = aws_config::defaults(aws_config::BehaviorVersion::latest())
        .profile_name("prod")
        .region(aws_config::Region::new("eu-west-1"))
        .endpoint_url("http://127.0.0.1:4599")
        .load()
        .await;
    let kms = aws_sdk_kms::Client::new(&config);
    let answer = kms
        .decapsulate()
        .key_id("alias/payments")
        .shared_secret_ciphertext_blob(Blob::new(b"by\"te\\s\x00\xff"))
        .encapsulation_algorithm("ML_KEM".into())
        .grant_tokens("token")
        .dry_run(true)
        .send()
        .await;
    match answer {
        Err(error) if error.as_service_error().is_some_and(|e| e.is_dry_run_operation_exception()) => {
            println!("would succeed")
        }
        Err(error) => return Err(error.into()),
        Ok(answer) => println!("not a dry run: this endpoint carried it out {answer:?}"),
    }
    Ok(())
}
}

mod get_public_key {
#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let config = aws_config::defaults(aws_config::BehaviorVersion::latest())
        .profile_name("prod")
        .region(aws_config::Region::new("eu-west-1"))
        .endpoint_url("http://127.0.0.1:4599")
        .load()
        .await;
    let kms = aws_sdk_kms::Client::new(&config);
    let answer = kms
        .get_public_key()
        .key_id("alias/payments")
        .grant_tokens("token")
        .send()
        .await?;
    println!("{answer:?}");
    Ok(())
}
}

mod generate_random {
#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let config = aws_config::defaults(aws_config::BehaviorVersion::latest())
        .profile_name("prod")
        .region(aws_config::Region::new("eu-west-1"))
        .endpoint_url("http://127.0.0.1:4599")
        .load()
        .await;
    let kms = aws_sdk_kms::Client::new(&config);
    let answer = kms
        .generate_random()
        .number_of_bytes(1)
        .custom_key_store_id("it's \"text\" \\ \u{1b}")
        .send()
        .await?;
    println!("{answer:?}");
    Ok(())
}
}

mod create_grant {
use aws_sdk_kms::types::GrantConstraints;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let config = aws_config::defaults(aws_config::BehaviorVersion::latest())
        .profile_name("prod")
        .region(aws_config::Region::new("eu-west-1"))
        .endpoint_url("http://127.0.0.1:4599")
        .load()
        .await;
    let kms = aws_sdk_kms::Client::new(&config);
    let answer = kms
        .create_grant()
        .key_id("alias/payments")
        .grantee_principal("it's \"text\" \\ \u{1b}")
        .grantee_service_principal("it's \"text\" \\ \u{1b}")
        .operations("CreateGrant".into())
        .constraints(
            GrantConstraints::builder()
                .encryption_context_subset("k\"ey", "\u{202e}v")
                .encryption_context_equals("k\"ey", "\u{202e}v")
                .build(),
        )
        .retiring_principal("it's \"text\" \\ \u{1b}")
        .retiring_service_principal("it's \"text\" \\ \u{1b}")
        .name("it's \"text\" \\ \u{1b}")
        .grant_tokens("token")
        .dry_run(true)
        .send()
        .await;
    match answer {
        Err(error) if error.as_service_error().is_some_and(|e| e.is_dry_run_operation_exception()) => {
            println!("would succeed")
        }
        Err(error) => return Err(error.into()),
        Ok(answer) => println!("not a dry run: this endpoint carried it out {answer:?}"),
    }
    Ok(())
}
}

mod retire_grant {
#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let config = aws_config::defaults(aws_config::BehaviorVersion::latest())
        .profile_name("prod")
        .region(aws_config::Region::new("eu-west-1"))
        .endpoint_url("http://127.0.0.1:4599")
        .load()
        .await;
    let kms = aws_sdk_kms::Client::new(&config);
    let answer = kms
        .retire_grant()
        .grant_token("it's \"text\" \\ \u{1b}")
        .key_id("alias/payments")
        .grant_id("it's \"text\" \\ \u{1b}")
        .dry_run(true)
        .send()
        .await;
    match answer {
        Err(error) if error.as_service_error().is_some_and(|e| e.is_dry_run_operation_exception()) => {
            println!("would succeed")
        }
        Err(error) => return Err(error.into()),
        Ok(answer) => println!("not a dry run: this endpoint carried it out {answer:?}"),
    }
    Ok(())
}
}

mod revoke_grant {
#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let config = aws_config::defaults(aws_config::BehaviorVersion::latest())
        .profile_name("prod")
        .region(aws_config::Region::new("eu-west-1"))
        .endpoint_url("http://127.0.0.1:4599")
        .load()
        .await;
    let kms = aws_sdk_kms::Client::new(&config);
    let answer = kms
        .revoke_grant()
        .key_id("alias/payments")
        .grant_id("it's \"text\" \\ \u{1b}")
        .dry_run(true)
        .send()
        .await;
    match answer {
        Err(error) if error.as_service_error().is_some_and(|e| e.is_dry_run_operation_exception()) => {
            println!("would succeed")
        }
        Err(error) => return Err(error.into()),
        Ok(answer) => println!("not a dry run: this endpoint carried it out {answer:?}"),
    }
    Ok(())
}
}

mod rotate_key_on_demand {
#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let config = aws_config::defaults(aws_config::BehaviorVersion::latest())
        .profile_name("prod")
        .region(aws_config::Region::new("eu-west-1"))
        .endpoint_url("http://127.0.0.1:4599")
        .load()
        .await;
    let kms = aws_sdk_kms::Client::new(&config);
    let answer = kms
        .rotate_key_on_demand()
        .key_id("alias/payments")
        .send()
        .await?;
    println!("{answer:?}");
    Ok(())
}
}

mod enable_key {
#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let config = aws_config::defaults(aws_config::BehaviorVersion::latest())
        .profile_name("prod")
        .region(aws_config::Region::new("eu-west-1"))
        .endpoint_url("http://127.0.0.1:4599")
        .load()
        .await;
    let kms = aws_sdk_kms::Client::new(&config);
    let answer = kms
        .enable_key()
        .key_id("alias/payments")
        .send()
        .await?;
    println!("{answer:?}");
    Ok(())
}
}

mod disable_key {
#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let config = aws_config::defaults(aws_config::BehaviorVersion::latest())
        .profile_name("prod")
        .region(aws_config::Region::new("eu-west-1"))
        .endpoint_url("http://127.0.0.1:4599")
        .load()
        .await;
    let kms = aws_sdk_kms::Client::new(&config);
    let answer = kms
        .disable_key()
        .key_id("alias/payments")
        .send()
        .await?;
    println!("{answer:?}");
    Ok(())
}
}

mod schedule_key_deletion {
#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let config = aws_config::defaults(aws_config::BehaviorVersion::latest())
        .profile_name("prod")
        .region(aws_config::Region::new("eu-west-1"))
        .endpoint_url("http://127.0.0.1:4599")
        .load()
        .await;
    let kms = aws_sdk_kms::Client::new(&config);
    let answer = kms
        .schedule_key_deletion()
        .key_id("alias/payments")
        .pending_window_in_days(7)
        .send()
        .await?;
    println!("{answer:?}");
    Ok(())
}
}

mod cancel_key_deletion {
#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let config = aws_config::defaults(aws_config::BehaviorVersion::latest())
        .profile_name("prod")
        .region(aws_config::Region::new("eu-west-1"))
        .endpoint_url("http://127.0.0.1:4599")
        .load()
        .await;
    let kms = aws_sdk_kms::Client::new(&config);
    let answer = kms
        .cancel_key_deletion()
        .key_id("alias/payments")
        .send()
        .await?;
    println!("{answer:?}");
    Ok(())
}
}
