//! The sandbox over HTTP: the SDK's own connector, bad signatures, junk.

use std::sync::Arc;

use aws_sdk_kms::config::retry::RetryConfig;
use aws_sdk_kms::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_kms::{Client, Config};
use kmsdeck_sandbox::{Sandbox, ServeOptions, serve};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

use crate::core::{PAYMENTS, code, sandbox};

pub(crate) struct Server {
    pub address: String,
    pub stop: oneshot::Sender<()>,
    pub task: tokio::task::JoinHandle<std::io::Result<()>>,
}

pub(crate) async fn start(sandbox: Arc<Sandbox>) -> Server {
    start_with(sandbox, ServeOptions::default()).await
}

pub(crate) async fn start_with(sandbox: Arc<Sandbox>, options: ServeOptions) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let (stop, stopped) = oneshot::channel::<()>();
    let task = tokio::spawn(serve(sandbox, listener, options, async {
        let _ = stopped.await;
    }));
    Server {
        address,
        stop,
        task,
    }
}

fn client(server: &Server, key: &str, secret: &str) -> Client {
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .endpoint_url(format!("http://{}", server.address))
        .credentials_provider(Credentials::new(key, secret, None, None, "test"))
        .retry_config(RetryConfig::disabled())
        .build();
    Client::from_conf(config)
}

#[tokio::test]
async fn the_sdk_works_over_http_and_a_wrong_secret_does_not() {
    let sandbox = sandbox();
    let server = start(sandbox.clone()).await;
    let admin = &sandbox.principals()[0];
    let good = client(&server, &admin.access_key_id, &admin.secret_access_key);
    assert!(good.list_keys().send().await.unwrap().keys().len() > 20);
    let made = good
        .generate_data_key()
        .key_id(PAYMENTS)
        .number_of_bytes(8)
        .send()
        .await;
    assert!(made.is_ok());
    let bad = client(&server, &admin.access_key_id, "wrong");
    assert_eq!(
        code(bad.list_keys().send().await),
        "InvalidSignatureException"
    );
    let _ = server.stop.send(());
    server.task.await.unwrap().unwrap();
    assert!(TcpStream::connect(&server.address).await.is_err());
}

/// Sends bytes as they are; gives what comes back.
async fn raw(server: &Server, request: &str) -> String {
    let mut stream = TcpStream::connect(&server.address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer).await;
    answer
}

#[tokio::test]
async fn junk_is_refused_politely() {
    let server = start(sandbox()).await;
    let post = |headers: &str, body: &str| {
        format!(
            "POST / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: {}\r\n{headers}\r\n{body}",
            body.len()
        )
    };
    for (request, status, name) in [
        (post("", ""), "400", "UnknownOperationException"),
        (
            post("x-amz-target: TrentService.Nonsense\r\n", "{}"),
            "400",
            "UnknownOperationException",
        ),
        (
            post("x-amz-target: TrentService.ListKeys\r\n", "{}"),
            "400",
            "MissingAuthenticationTokenException",
        ),
        (
            post(
                "x-amz-target: TrentService.ListKeys\r\nauthorization: junk\r\n",
                "{}",
            ),
            "400",
            "IncompleteSignatureException",
        ),
        (
            post(
                "content-type: application/x-www-form-urlencoded\r\n",
                "Action=GetCallerIdentity",
            ),
            "403",
            "MissingAuthenticationToken",
        ),
        (
            "GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n".into(),
            "400",
            "UnknownOperationException",
        ),
        (
            post("", &"x".repeat(2 * 1024 * 1024)),
            "413",
            "RequestEntityTooLarge",
        ),
    ] {
        let answer = raw(&server, &request).await;
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status}")),
            "{answer}"
        );
        assert!(answer.contains(name), "{answer}");
        assert!(
            answer.to_lowercase().contains("x-amzn-requestid"),
            "{answer}"
        );
    }
    let _ = server.stop.send(());
    server.task.await.unwrap().unwrap();
}

/// boto3 checks every operation; see `tests/conformance.py`.
#[tokio::test(flavor = "multi_thread")]
async fn boto3_agrees() {
    passes("conformance.py", &["--sandbox"]).await;
}

/// botocore's model of requests and answers; see `tests/botocore_model.py`.
#[tokio::test(flavor = "multi_thread")]
async fn botocores_model_is_kept() {
    passes("botocore_model.py", &[]).await;
}

/// boto3's credential chain comes to roles; see `tests/roles.py`.
#[tokio::test(flavor = "multi_thread")]
async fn boto3_assumes_roles() {
    passes("roles.py", &[]).await;
}

/// boto3 reads who is there; see `tests/iam.py`.
#[tokio::test(flavor = "multi_thread")]
async fn boto3_reads_iam() {
    passes("iam.py", &[]).await;
}

/// All checks of a Python script pass against a served sandbox.
async fn passes(script: &str, arguments: &'static [&str]) {
    let Some(python) = crate::tools::python("what boto3 says") else {
        return;
    };
    let server = start(sandbox()).await;
    let script = format!("{}/tests/{script}", env!("CARGO_MANIFEST_DIR"));
    let endpoint = format!("http://{}", server.address);
    let output = tokio::task::spawn_blocking(move || {
        std::process::Command::new(python)
            .args([&script, &endpoint])
            .args(arguments)
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .output()
    });
    let output = output.await.unwrap().unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    let failed: Vec<_> = told
        .lines()
        .filter(|line| !line.starts_with("ok"))
        .collect();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{failed:#?}\n{error}");
    let _ = server.stop.send(());
    server.task.await.unwrap().unwrap();
}

/// A slow body arrives whole, and late; a dropped call is a broken connection.
#[tokio::test]
async fn faults_strike_over_http_too() {
    let options = kmsdeck_sandbox::SandboxOptions {
        faults: "ListAliases=slow:200ms,DescribeKey=drop:1,GetKeyPolicy=throttle:1"
            .parse()
            .unwrap(),
        ..Default::default()
    };
    let sandbox = Arc::new(Sandbox::new(options).unwrap());
    let server = start(sandbox.clone()).await;
    let admin = &sandbox.principals()[0];
    let client = client(&server, &admin.access_key_id, &admin.secret_access_key);
    let started = std::time::Instant::now();
    let aliases = client.list_aliases().send().await.unwrap();
    assert!(aliases.aliases().len() > 20);
    assert!(started.elapsed() >= std::time::Duration::from_millis(200));
    let dropped = client
        .describe_key()
        .key_id(PAYMENTS)
        .send()
        .await
        .unwrap_err();
    assert!(dropped.as_service_error().is_none(), "{dropped:?}");
    let throttled = client.get_key_policy().key_id(PAYMENTS).send().await;
    assert_eq!(code(throttled), "ThrottlingException");
    // In the process, too.
    let started = std::time::Instant::now();
    let aliases = crate::core::admin(&sandbox).list_aliases().send().await;
    assert!(aliases.unwrap().aliases().len() > 20);
    assert!(started.elapsed() >= std::time::Duration::from_millis(200));
    let _ = server.stop.send(());
    server.task.await.unwrap().unwrap();
}

/// Its credentials are public: a page could sign. It cannot hide where it is from.
#[tokio::test]
async fn web_pages_are_refused_whatever_name_leads_here() {
    let options = ServeOptions {
        hosts: vec!["kms.test".to_owned()],
        ..ServeOptions::default()
    };
    let server = start_with(sandbox(), options).await;
    let ask = async |target: &str, headers: &str| {
        let request = format!(
            "POST {target} HTTP/1.1\r\n{headers}connection: close\r\ncontent-length: 2\r\n\
             x-amz-target: TrentService.ListKeys\r\n\r\n{{}}"
        );
        raw(&server, &request).await
    };
    for (target, headers) in [
        ("/", "host: evil.example:4599\r\n"),
        ("/", "host: 127.0.0.1.evil.example\r\n"),
        ("/", "host: 127.0.0.1\r\nhost: evil.example\r\n"),
        ("/", ""),
        ("http://evil.example/", "host: 127.0.0.1\r\n"),
    ] {
        let answer = ask(target, headers).await;
        let is_refused = answer.starts_with("HTTP/1.1 421") || answer.starts_with("HTTP/1.1 400");
        assert!(is_refused, "{answer}");
        assert!(!answer.contains("MissingAuthentication"), "{answer}");
    }
    for origin in ["http://evil.example", "http://127.0.0.1:4599", "null"] {
        let headers = format!("host: 127.0.0.1:4599\r\norigin: {origin}\r\n");
        let answer = ask("/", &headers).await;
        assert!(answer.starts_with("HTTP/1.1 403"), "{answer}");
        assert!(answer.contains("OriginNotAllowedException"), "{answer}");
    }
    for host in ["127.0.0.1:4599", "[::1]", "localhost", "kms.test:80"] {
        let answer = ask("/", &format!("host: {host}\r\n")).await;
        assert!(answer.contains("MissingAuthenticationToken"), "{answer}");
    }
    let _ = server.stop.send(());
    server.task.await.unwrap().unwrap();
}

#[tokio::test]
async fn slow_and_large_requests_end() {
    let options = ServeOptions {
        header_timeout: std::time::Duration::from_millis(200),
        body_timeout: std::time::Duration::from_millis(200),
        ..ServeOptions::default()
    };
    let server = start_with(sandbox(), options).await;
    let head = "POST / HTTP/1.1\r\nhost: localhost\r\n";
    // Nothing, a body that never comes, one that never ends, headers that never end.
    for (request, status) in [
        (String::new(), ""),
        (
            format!("{head}content-length: 9\r\n\r\n{{}}"),
            "HTTP/1.1 408",
        ),
        (
            format!("{head}transfer-encoding: chunked\r\n\r\n2\r\n{{}}\r\n"),
            "HTTP/1.1 408",
        ),
        (format!("{head}x-a: "), ""),
        (
            format!("{head}{}\r\n", "x-a: b\r\n".repeat(2_000)),
            "HTTP/1.1 431",
        ),
        (
            format!("{head}x-a: {}\r\n\r\n", "b".repeat(500_000)),
            "HTTP/1.1 431",
        ),
    ] {
        let answer =
            tokio::time::timeout(std::time::Duration::from_secs(5), raw(&server, &request));
        let answer = answer.await.expect("the connection ends");
        assert!(answer.starts_with(status), "{answer}");
    }
    // Whoever comes then is served.
    let answer = raw(
        &server,
        "GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n",
    );
    assert!(answer.await.contains("UnknownOperationException"));
    let _ = server.stop.send(());
    server.task.await.unwrap().unwrap();
}

/// A container's or a test suite's question whether it is there; nobody signs it, and no web page
/// gets it.
#[tokio::test]
async fn health_is_told_without_a_signature_and_reset_where_it_is_allowed() {
    let ask = async |server: &Server, line: &str, headers: &str| {
        let request = format!(
            "{line} HTTP/1.1\r\nhost: localhost\r\n{headers}content-length: 0\r\nconnection: close\r\n\r\n"
        );
        raw(server, &request).await
    };
    let sandbox = sandbox();
    let server = start(sandbox.clone()).await;
    let told = ask(&server, "GET /_kmsdeck/health", "").await;
    assert!(told.starts_with("HTTP/1.1 200"), "{told}");
    let (_, body) = told.split_once("\r\n\r\n").unwrap();
    let body: serde_json::Value = serde_json::from_str(body).unwrap();
    assert_eq!(body["status"], "running");
    assert_eq!(body["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(body["services"]["kms"], "running");
    for (line, headers, status) in [
        ("POST /_kmsdeck/reset", "", "403"),
        ("GET /_kmsdeck/reset", "", "405"),
        ("POST /_kmsdeck/health", "", "405"),
        ("GET /_kmsdeck/nothing", "", "404"),
        (
            "GET /_kmsdeck/health",
            "origin: http://evil.example\r\n",
            "403",
        ),
        ("GET /_kmsdeck/health", "host: evil.example\r\n", "421"),
    ] {
        let told = ask(&server, line, headers).await;
        let wanted = format!("HTTP/1.1 {status}");
        assert!(told.starts_with(&wanted), "{line}: {told}");
    }
    let _ = server.stop.send(());
    server.task.await.unwrap().unwrap();

    let options = ServeOptions {
        allows_reset: true,
        ..ServeOptions::default()
    };
    let client = crate::core::admin(&sandbox);
    let before = client.list_keys().send().await.unwrap().keys().len();
    client.create_key().send().await.unwrap();
    let server = start_with(sandbox.clone(), options).await;
    let told = ask(
        &server,
        "POST /_kmsdeck/reset",
        "origin: http://evil.example\r\n",
    )
    .await;
    assert!(told.starts_with("HTTP/1.1 403"), "{told}");
    let count = async || client.list_keys().send().await.unwrap().keys().len();
    assert_eq!(count().await, before + 1);
    let told = ask(&server, "POST /_kmsdeck/reset", "").await;
    assert!(told.starts_with("HTTP/1.1 200"), "{told}");
    assert_eq!(count().await, before);
    let _ = server.stop.send(());
    server.task.await.unwrap().unwrap();
}

const HEALTH: &str = "GET /_kmsdeck/health HTTP/1.1\r\nhost: localhost\r\n\r\n";

/// Asks over a connection that is kept.
async fn ask_on(stream: &mut TcpStream) -> String {
    stream.write_all(HEALTH.as_bytes()).await.unwrap();
    let mut told = Vec::new();
    while !told.ends_with(b"}}") {
        let mut bytes = [0; 4096];
        let read = stream.read(&mut bytes).await.unwrap();
        assert!(read > 0, "the connection is kept");
        told.extend_from_slice(&bytes[..read]);
    }
    String::from_utf8(told).unwrap()
}

/// 1,000 at once, kept and used again, half of them beside others that dawdle.
#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_connections_are_served_at_once_whoever_dawdles() {
    let server = start(sandbox()).await;
    let mut slow = Vec::new();
    for _ in 0..500 {
        let mut stream = TcpStream::connect(&server.address).await.unwrap();
        stream
            .write_all(b"POST / HTTP/1.1\r\nhost: ")
            .await
            .unwrap();
        slow.push(stream);
    }
    let mut streams = Vec::new();
    for _ in 0..1_000 {
        streams.push(TcpStream::connect(&server.address).await.unwrap());
    }
    for _ in 0..3 {
        let asked = streams.into_iter().map(|mut stream| {
            tokio::spawn(async move {
                assert!(ask_on(&mut stream).await.starts_with("HTTP/1.1 200"));
                stream
            })
        });
        let asked: Vec<_> = asked.collect();
        streams = Vec::new();
        for one in asked {
            let limit = std::time::Duration::from_secs(20);
            streams.push(tokio::time::timeout(limit, one).await.unwrap().unwrap());
        }
    }
    assert_eq!(streams.len(), 1_000);
    // Neither the kept ones nor the slow ones hold up its end.
    let began = std::time::Instant::now();
    let _ = server.stop.send(());
    server.task.await.unwrap().unwrap();
    assert!(began.elapsed() < std::time::Duration::from_secs(10));
}

/// What has come is answered after the server was told to stop, however long that takes.
#[tokio::test(flavor = "multi_thread")]
async fn an_answer_in_the_making_is_given_before_it_stops() {
    let options = kmsdeck_sandbox::SandboxOptions {
        faults: "CreateKey=latency:3s".parse().unwrap(),
        ..Default::default()
    };
    let sandbox = Arc::new(Sandbox::new(options).unwrap());
    let server = start(sandbox.clone()).await;
    let admin = &sandbox.principals()[0];
    let client = client(&server, &admin.access_key_id, &admin.secret_access_key);
    let answer = tokio::spawn(client.create_key().send());
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    let _ = server.stop.send(());
    assert!(answer.await.unwrap().is_ok());
    server.task.await.unwrap().unwrap();
}
