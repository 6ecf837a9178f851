//! `kmsdeck sandbox serve`, as a process of its own.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

use crate::tools::kmsdeck;

const EXAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/sandbox-account.json");

/// A served sandbox, which ends with this.
pub(crate) struct Served {
    child: Child,
    /// What it prints for other programs.
    pub(crate) environment: HashMap<String, String>,
}

impl Served {
    pub(crate) fn start(arguments: &[&str]) -> Served {
        let mut child = kmsdeck()
            .args(["sandbox", "serve", "--listen", "127.0.0.1:0"])
            .args(arguments)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let exports = lines.filter_map(|line| {
            let line = line.unwrap();
            let (name, value) = line.strip_prefix("export ")?.split_once('=')?;
            Some((name.to_owned(), value.to_owned()))
        });
        let environment = exports.take(5).collect();
        Served { child, environment }
    }

    /// What a line of HTTP is answered with.
    fn ask(&self, line: &str) -> String {
        let address = self.environment["AWS_ENDPOINT_URL"].replace("http://", "");
        let mut stream = TcpStream::connect(address).unwrap();
        let request = format!(
            "{line} HTTP/1.1\r\nhost: localhost\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).unwrap();
        let mut told = String::new();
        stream.read_to_string(&mut told).unwrap();
        told
    }

    /// What `kmsdeck ARGUMENTS` prints, with it for AWS.
    fn told(&self, arguments: &[&str]) -> String {
        let output = kmsdeck()
            .args(arguments)
            .envs(&self.environment)
            .output()
            .unwrap();
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{error}");
        String::from_utf8(output.stdout).unwrap()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_served_sandbox_is_empty_where_it_is_to_be_and_is_reset_where_it_may_be() {
    let plain = Served::start(&[]);
    assert!(
        plain
            .ask("GET /_kmsdeck/health")
            .starts_with("HTTP/1.1 200")
    );
    assert!(
        plain
            .ask("POST /_kmsdeck/reset")
            .starts_with("HTTP/1.1 403")
    );
    assert!(
        plain
            .told(&["keys"])
            .contains("1234abcd-12ab-34cd-56ef-1234567890ab")
    );
    // boto3 reads the one, others the other.
    let region = |name: &str| plain.environment.get(name).map(String::as_str);
    assert_eq!(region("AWS_REGION"), Some("us-east-1"));
    assert_eq!(region("AWS_DEFAULT_REGION"), Some("us-east-1"));

    let mut empty = Served::start(&["--empty", "--seed", "1", "--allow-reset"]);
    let none = empty.told(&["keys"]);
    assert_eq!(none.lines().count(), 1, "{none}");
    assert!(
        empty
            .ask("POST /_kmsdeck/reset")
            .starts_with("HTTP/1.1 200")
    );
    let pid = empty.child.id().to_string();
    let ended = Command::new("kill").args(["-TERM", &pid]).status();
    assert!(ended.unwrap().success());
    assert!(empty.child.wait().unwrap().success());
}

#[test]
fn the_example_of_an_account_is_served_as_whom_one_likes() {
    let arguments = [
        "--sandbox-account",
        EXAMPLE,
        "--sandbox-principal",
        "pipeline",
    ];
    let served = Served::start(&arguments);
    assert_eq!(
        served.environment["AWS_ACCESS_KEY_ID"],
        "SANDBOXPIPELINE00001"
    );
    assert!(served.told(&["keys"]).contains("alias/orders"));
}

#[test]
fn a_bad_account_file_ends_it_with_the_line_and_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("account.json");
    std::fs::write(
        &path,
        "{\n  \"accounts\": [\n    { \"id\": \"5\" }\n  ]\n}\n",
    )
    .unwrap();
    let path = path.to_str().unwrap();
    for (arguments, what) in [
        (
            &["--sandbox", "--sandbox-account", path, "keys"][..],
            "account.json:3: accounts[0]: ",
        ),
        (
            &["--sandbox", "--sandbox-account", "/nowhere", "keys"],
            "/nowhere cannot be read",
        ),
        (
            &["--sandbox", "--empty", "--sandbox-account", path, "keys"],
            "cannot be used with",
        ),
        (&["--empty", "keys"], "--empty goes with --sandbox"),
    ] {
        let output = kmsdeck().args(arguments).output().unwrap();
        let error = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{error}");
        assert!(error.contains(what), "{error}");
    }
}
