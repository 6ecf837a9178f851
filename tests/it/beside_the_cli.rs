//! Each source of credentials and each network by the AWS CLI, which is the measure: over the same
//! home and the same fakes it acts as whom kmsdeck acts as, and refuses where kmsdeck refuses.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::credential_sources::{CONTAINER, MACHINE, SSO, container, metadata, portal, sso_token};
use crate::endpoint::{Answer, Asked, serve_tls};
use crate::network::{proxy, proxy_that_refuses};
use crate::principal::{ENVIRONMENT, Fake, Home, MFA, PROFILES, answer, session};

/// Arguments and environment of one row.
struct Case<'a>(&'a str, &'a [&'a str], Vec<(&'a str, &'a str)>);

/// The CLI of the tests' Python, where there is one.
fn aws() -> Option<PathBuf> {
    let python = crate::tools::python("the AWS CLI beside kmsdeck")?;
    Some(Path::new(&python).with_file_name("aws"))
}

/// All of AWS that gives credentials.
fn givers(asked: &Asked) -> Option<Answer> {
    if asked.operation == "AssumeRoleWithWebIdentity" {
        let expires = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(1);
        let Answer::Json(text) = session("WEB", expires) else {
            unreachable!("it is XML with status 200");
        };
        return Some(Answer::Json(
            text.replace("AssumeRole", "AssumeRoleWithWebIdentity"),
        ));
    }
    portal(asked)
        .or_else(|| metadata(asked))
        .or_else(|| container(asked))
}

/// As whom it acted, or the last line of why not.
fn came_of(output: &Output) -> Result<String, String> {
    let listed = || {
        let listed: serde_json::Value = serde_json::from_slice(&output.stdout).ok()?;
        Some(listed["Keys"][0]["KeyId"].as_str()?.to_owned())
    };
    if output.status.success()
        && let Some(who) = listed()
    {
        return Ok(who);
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let line = said.lines().find(|line| !line.trim().is_empty());
    Err(line.unwrap_or_default().trim().to_owned())
}

/// Both, over the same home; the rows of the table.
fn compare(home: &Home, aws: &Path, url: &str, more: &[(&str, &str)], cases: &[Case]) {
    for Case(name, args, env) in cases {
        let with_endpoint = [&["--endpoint-url", url, "--output", "json"], *args].concat();
        let ours = home
            .kmsdeck(&[&["keys", "--max-attempts", "1"], &with_endpoint[..]].concat())
            .envs(more.iter().copied())
            .envs(env.iter().copied())
            .output()
            .expect("kmsdeck runs");
        let theirs = Command::new(aws)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", home.path())
            .env("AWS_DEFAULT_REGION", "us-east-1")
            .env("AWS_MAX_ATTEMPTS", "1")
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env("AWS_ENDPOINT_URL_STS", url)
            .envs(more.iter().copied())
            .envs(env.iter().copied())
            .args(["kms", "list-keys"])
            .args(&with_endpoint)
            .output()
            .expect("the AWS CLI runs");
        let (ours, theirs) = (came_of(&ours), came_of(&theirs));
        let told = |came: &Result<String, String>| match came {
            Ok(who) => format!("`{who}`"),
            Err(why) => why.replace('|', "\\|"),
        };
        println!("| {name} | {} | {} |", told(&theirs), told(&ours));
        assert_eq!(
            ours.clone().ok(),
            theirs.clone().ok(),
            "{name}: {ours:?}, {theirs:?}"
        );
    }
}

#[test]
fn the_aws_cli_takes_the_same_principal() {
    let Some(aws) = aws() else { return };
    let fake = Fake::refusing(givers);
    let home = Home::new("");
    // The CLI keeps the session of a role whatever it was assumed with: each row has its own role.
    let token = home.write("token", "header.claims.\n");
    let printed = home.write(
        "printed",
        r#"{"Version": 1, "AccessKeyId": "PROCESS", "SecretAccessKey": "x"}"#,
    );
    let more = format!(
        "[profile web]\nrole_arn = arn:aws:iam::111122223333:role/web\n\
         web_identity_token_file = {}\n\
         [profile web-gone]\nrole_arn = arn:aws:iam::111122223333:role/web\n\
         web_identity_token_file = /nowhere/token\n\
         [profile process]\ncredential_process = cat {}\n\
         [profile process-above]\nrole_arn = arn:aws:iam::111122223333:role/PROCESSES\n\
         source_profile = process\n\
         [profile process-fails]\ncredential_process = false\n",
        token.display(),
        printed.display()
    );
    let config = [PROFILES, SSO, MACHINE, CONTAINER, MFA, &more].concat();
    home.write(".aws/config", &config);
    sso_token(&home, "corp", "CORP", "2099-01-01T00:00:00Z");
    // A code that kmsdeck has taken is the CLI's as well.
    let code = ["--profile", "second", "--mfa-code", "123456"];
    let output = home
        .kmsdeck(&[&["keys", "--endpoint-url", &fake.url][..], &code].concat())
        .output()
        .expect("kmsdeck runs");
    assert!(output.status.success());
    let role = format!("{}/role", fake.url);
    let container = ("AWS_CONTAINER_CREDENTIALS_FULL_URI", role.as_str());
    let on_machine = vec![
        ("AWS_EC2_METADATA_DISABLED", "false"),
        ("AWS_EC2_METADATA_SERVICE_ENDPOINT", fake.url.as_str()),
    ];
    let nobodys_machine = vec![
        ("AWS_EC2_METADATA_DISABLED", "false"),
        ("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://127.0.0.1:9"),
    ];
    let token = token.to_str().expect("UTF-8");
    let [id, secret] = ENVIRONMENT;
    let cases = [
        Case("default profile", &[], vec![]),
        Case("keys of the environment", &[], vec![id, secret]),
        Case(
            "`--profile`, keys of the environment",
            &["--profile", "prod"],
            vec![id, secret],
        ),
        Case(
            "a profile that is its own source",
            &["--profile", "self"],
            vec![id, secret],
        ),
        Case(
            "a chain of roles",
            &["--profile", "chain"],
            vec![id, secret],
        ),
        Case(
            "`credential_source = Environment`",
            &["--profile", "by-environment"],
            vec![id, secret],
        ),
        Case(
            "the same without keys",
            &["--profile", "by-environment"],
            vec![],
        ),
        Case("`AWS_PROFILE`", &[], vec![("AWS_PROFILE", "prod")]),
        Case(
            "`AWS_DEFAULT_PROFILE`",
            &[],
            vec![("AWS_DEFAULT_PROFILE", "prod")],
        ),
        Case(
            "both of them",
            &[],
            vec![("AWS_DEFAULT_PROFILE", "prod"), ("AWS_PROFILE", "self")],
        ),
        Case(
            "`AWS_PROFILE`, keys of the environment",
            &[],
            vec![("AWS_PROFILE", "prod"), id, secret],
        ),
        Case(
            "a profile without credentials",
            &["--profile", "nowhere"],
            vec![id, secret],
        ),
        Case(
            "a profile that is not there",
            &["--profile", "missing"],
            vec![id, secret],
        ),
        Case("a loop of source profiles", &["--profile", "loop"], vec![]),
        Case(
            "SSO, `sso_session`",
            &["--profile", "sso"],
            vec![id, secret],
        ),
        Case(
            "SSO, a role above it",
            &["--profile", "above"],
            vec![id, secret],
        ),
        Case(
            "SSO, never signed in",
            &["--profile", "old"],
            vec![id, secret],
        ),
        Case("SSO, no such session", &["--profile", "no-session"], vec![]),
        Case(
            "web identity of a profile",
            &["--profile", "web"],
            vec![id, secret],
        ),
        Case(
            "web identity of the environment",
            &[],
            vec![
                ("AWS_PROFILE", "bare"),
                ("AWS_ROLE_ARN", "arn:aws:iam::111122223333:role/web"),
                ("AWS_WEB_IDENTITY_TOKEN_FILE", token),
            ],
        ),
        Case("web identity, no file", &["--profile", "web-gone"], vec![]),
        Case(
            "`credential_process`",
            &["--profile", "process"],
            vec![id, secret],
        ),
        Case(
            "a role above it",
            &["--profile", "process-above"],
            vec![id, secret],
        ),
        Case(
            "`credential_process` that fails",
            &["--profile", "process-fails"],
            vec![id, secret],
        ),
        Case(
            "MFA, the session of a code",
            &["--profile", "first"],
            vec![],
        ),
        Case("MFA in a chain", &["--profile", "second"], vec![]),
        Case("a container", &[], vec![("AWS_PROFILE", "bare"), container]),
        Case(
            "a container with its token",
            &[],
            vec![
                ("AWS_PROFILE", "bare"),
                container,
                ("AWS_CONTAINER_AUTHORIZATION_TOKEN", "Bearer sesame"),
            ],
        ),
        Case(
            "a container's token with a line break",
            &[],
            vec![
                ("AWS_PROFILE", "bare"),
                container,
                ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", token),
            ],
        ),
        Case(
            "`credential_source = EcsContainer`",
            &["--profile", "container"],
            vec![container],
        ),
        Case(
            "the same outside of one",
            &["--profile", "container"],
            vec![],
        ),
        Case(
            "a machine's role",
            &[],
            [vec![("AWS_PROFILE", "bare")], on_machine.clone()].concat(),
        ),
        Case(
            "`credential_source = Ec2InstanceMetadata`",
            &["--profile", "machine"],
            on_machine,
        ),
        Case(
            "the same on no machine of EC2",
            &["--profile", "machine"],
            nobodys_machine,
        ),
        Case("a Region that is none", &["--region", "us east 1"], vec![]),
    ];
    println!("| case | AWS CLI | kmsdeck |\n|---|---|---|");
    let sso = ("AWS_ENDPOINT_URL_SSO", fake.url.as_str());
    compare(&home, &aws, &fake.url, &[sso], &cases);
}

#[test]
fn the_aws_cli_goes_by_the_same_proxy_and_trusts_the_same() {
    let Some(aws) = aws() else { return };
    let (url, certificate) = serve_tls(answer);
    let home = Home::new(PROFILES);
    let bundle = home.write("ca.pem", &certificate);
    let bundle = bundle.to_str().expect("UTF-8");
    let config = PROFILES.replace(
        "[profile self]",
        &format!("[profile bundled]\nca_bundle = {bundle}\naws_access_key_id = BUNDLED\naws_secret_access_key = x\n[profile self]"),
    );
    home.write(".aws/config", &config);
    let (open, _) = proxy(None);
    let (closed, _) = proxy(Some("me:pass"));
    let with_password = closed.replace("http://", "http://me:pass@");
    let refuses = proxy_that_refuses();
    let trusts = ("AWS_CA_BUNDLE", bundle);
    let prod = &["--profile", "prod"][..];
    let cases = [
        Case("`AWS_CA_BUNDLE`", prod, vec![trusts]),
        Case(
            "`ca_bundle` of a profile",
            &["--profile", "bundled"],
            vec![],
        ),
        Case(
            "`--ca-bundle`",
            &["--profile", "prod", "--ca-bundle", bundle],
            vec![],
        ),
        Case(
            "`--no-verify-ssl`",
            &["--profile", "prod", "--no-verify-ssl"],
            vec![],
        ),
        Case("an issuer that is not known", prod, vec![]),
        Case("proxy and CA", prod, vec![trusts, ("HTTPS_PROXY", &open)]),
        Case(
            "proxy and CA, a chain of roles",
            &["--profile", "chain"],
            vec![trusts, ("HTTPS_PROXY", &open)],
        ),
        Case(
            "proxy with its password",
            prod,
            vec![trusts, ("HTTPS_PROXY", &with_password)],
        ),
        Case(
            "proxy without its password",
            prod,
            vec![trusts, ("HTTPS_PROXY", &closed)],
        ),
        Case(
            "proxy that refuses",
            prod,
            vec![trusts, ("HTTPS_PROXY", &refuses)],
        ),
        Case(
            "proxy that is not there",
            prod,
            vec![trusts, ("HTTPS_PROXY", "http://127.0.0.1:9")],
        ),
        Case(
            "the same, `NO_PROXY`",
            prod,
            vec![
                trusts,
                ("HTTPS_PROXY", "http://127.0.0.1:9"),
                ("NO_PROXY", "127.0.0.1"),
            ],
        ),
    ];
    compare(&home, &aws, &url, &[], &cases);
}
