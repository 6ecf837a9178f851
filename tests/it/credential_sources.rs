//! Where credentials come from, each against a fake of whoever gives them: who acts by them, and
//! what is said where there are none.

use std::path::PathBuf;
use std::process::Command;

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest};
use data_encoding::{BASE64, HEXLOWER};

use crate::endpoint::{Answer, Asked};
use crate::network::{proxy, proxy_that_refuses};
use crate::principal::{Fake, Home, acts, console, keys, refused};

/// What no answer is waited for: nobody listens there.
const NOBODY: &str = "http://127.0.0.1:9";

pub(crate) const SSO: &str = "
[profile sso]
sso_session = corp
sso_account_id = 111122223333
sso_role_name = dev
[sso-session corp]
sso_region = eu-west-1
sso_start_url = https://corp.awsapps.com/start
[profile old]
sso_region = eu-west-1
sso_start_url = https://old.awsapps.com/start
sso_account_id = 111122223333
sso_role_name = ops
[profile above]
role_arn = arn:aws:iam::111122223333:role/ABOVE
source_profile = sso
[profile no-session]
sso_session = nowhere
sso_account_id = 111122223333
sso_role_name = dev
[profile half]
sso_start_url = https://old.awsapps.com/start
sso_account_id = 111122223333
sso_role_name = dev
";

/// Signs in: a token as the AWS CLI keeps it.
pub(crate) fn sso_token(home: &Home, of: &str, token: &str, until: &str) -> PathBuf {
    let name = HEXLOWER.encode(digest(&SHA1_FOR_LEGACY_USE_ONLY, of.as_bytes()).as_ref());
    let folder = home.path().join(".aws/sso/cache");
    std::fs::create_dir_all(&folder).expect("a folder");
    home.write(
        &format!(".aws/sso/cache/{name}.json"),
        &format!(
            r#"{{"accessToken": "{token}", "expiresAt": "{until}", "region": "eu-west-1", "startUrl": "x"}}"#
        ),
    )
}

/// The portal: its credentials are named by the token and the role.
pub(crate) fn portal(asked: &Asked) -> Option<Answer> {
    let query = asked.line.strip_prefix("GET /federation/credentials?")?;
    let role = query.split("role_name=").nth(1)?;
    let role = role.split(['&', ' ']).next()?;
    let token = asked.headers.get("x-amz-sso_bearer_token")?;
    Some(Answer::Json(format!(
        r#"{{"roleCredentials":{{"accessKeyId":"{role}-{token}","secretAccessKey":"x","sessionToken":"t","expiration":4070908800000}}}}"#
    )))
}

pub(crate) fn sso_home() -> Home {
    let home = Home::new(SSO);
    sso_token(&home, "corp", "CORP", "2099-01-01T00:00:00Z");
    let old = "https://old.awsapps.com/start";
    sso_token(&home, old, "OLD", "2099-01-01T00:00:00Z");
    home
}

/// kmsdeck, which asks the fake in the place of every service that gives credentials.
fn kmsdeck(home: &Home, fake: &Fake, profile: &str) -> Command {
    let mut command = home.kmsdeck(&keys(fake, &["--profile", profile, "--max-attempts", "1"]));
    command
        .env("AWS_ENDPOINT_URL_SSO", &fake.url)
        .env("AWS_ENDPOINT_URL_SIGNIN", &fake.url);
    command
}

/// All the words, in what was said.
#[track_caller]
fn assert_says(said: &str, words: &[&str]) {
    for word in words {
        assert!(said.contains(word), "no {word:?} in {said}");
    }
}

#[test]
fn an_sso_session_gives_its_role() {
    let (home, fake) = (sso_home(), Fake::refusing(portal));
    for (profile, who) in [
        ("sso", "dev-CORP"),
        ("old", "ops-OLD"),
        ("above", "ABOVE.dev-CORP"),
    ] {
        assert_eq!(acts(&mut kmsdeck(&home, &fake, profile)), who);
    }
}

#[test]
fn an_sso_portal_that_gives_nothing_is_told_by_what_it_answers() {
    let home = sso_home();
    for (status, body, words) in [
        (
            401,
            r#"{"__type":"UnauthorizedException","message":"Session token not found or invalid"}"#,
            &[
                "The SSO session corp has expired, or was revoked.",
                "Run aws sso login --profile sso",
            ][..],
        ),
        (
            403,
            r#"{"__type":"ForbiddenException","message":"No access"}"#,
            &[
                "no credentials of the role dev in account 111122223333: ForbiddenException: No access.",
                "Ask who runs IAM Identity Center to assign it to you",
            ],
        ),
        (
            500,
            "<html>down</html>",
            &["answered HTTP 500: <html>down</html>.", "Try again"],
        ),
        (
            429,
            r#"{"__type":"TooManyRequestsException","message":"slow"}"#,
            &["HTTP 429, TooManyRequestsException: slow"],
        ),
        (200, "<html>", &["answered HTTP 200: <html>."]),
    ] {
        let fake = Fake::refusing(move |asked| {
            portal(asked).map(|_| Answer::Status(status, body.to_owned()))
        });
        let said = refused(&mut kmsdeck(&home, &fake, "sso"));
        assert_says(&said, words);
        if status != 401 && status != 403 {
            assert_says(&said, &["The SSO portal"]);
        }
        // The role that is to be assumed with it says the same.
        assert_says(&refused(&mut kmsdeck(&home, &fake, "above")), words);
        assert_eq!(fake.count("ListKeys"), 0);
    }
    let fake = Fake::new();
    let mut command = kmsdeck(&home, &fake, "sso");
    let said = refused(command.env("AWS_ENDPOINT_URL_SSO", NOBODY));
    let down = "The SSO portal: http://127.0.0.1:9 cannot be reached: Connection refused";
    assert_says(&said, &[down]);
    // AWS's own host, of the session's Region; nothing leaves the machine.
    let mut command = kmsdeck(&home, &fake, "sso");
    command.env_remove("AWS_ENDPOINT_URL_SSO");
    let said = refused(command.env("HTTPS_PROXY", NOBODY));
    assert_says(
        &said,
        &[
            "The SSO portal",
            "The proxy http://127.0.0.1:9 (HTTPS_PROXY) cannot be reached",
        ],
    );
    // Silence.
    let fake = Fake::refusing(|asked| portal(asked).map(|_| Answer::Silence));
    let mut command = kmsdeck(&home, &fake, "sso");
    let said = refused(command.args(["--read-timeout", "1"]));
    assert_says(
        &said,
        &["The SSO portal", &fake.url, "gave no whole answer in 1 s"],
    );
}

/// A token that is over, and can be made new without anybody.
#[test]
fn an_sso_session_is_renewed_where_it_can_be() {
    let (home, fake) = (
        sso_home(),
        Fake::refusing(|asked| {
            let renewed = r#"{"accessToken":"RENEWED","expiresIn":3600,"tokenType":"Bearer"}"#;
            let is_token = asked.line.starts_with("POST /token");
            is_token
                .then(|| Answer::Json(renewed.to_owned()))
                .or_else(|| portal(asked))
        }),
    );
    let file = sso_token(&home, "corp", "OVER", "2020-01-01T00:00:00Z");
    let token = std::fs::read_to_string(&file).expect("the token").replace(
        '}',
        r#", "refreshToken": "r", "clientId": "c", "clientSecret": "s", "registrationExpiresAt": "2099-01-01T00:00:00Z"}"#,
    );
    std::fs::write(&file, token).expect("a file");
    let mut command = kmsdeck(&home, &fake, "sso");
    command.env("AWS_ENDPOINT_URL_SSO_OIDC", &fake.url);
    assert_eq!(acts(&mut command), "dev-RENEWED");
}

/// The host that is named is the one that was asked, for the services that give credentials, too.
#[test]
fn the_services_of_a_sign_in_are_asked_where_they_are_said_to_be() {
    let (home, fake) = (sso_home(), Fake::new());
    let china = SSO.replace("sso_region = eu-west-1", "sso_region = cn-north-1");
    home.write(".aws/config", &[&china, LOGIN].concat());
    login_session(&home, "2020-01-01T00:00:00Z");
    let fips = ("AWS_USE_FIPS_ENDPOINT", "true");
    for (profile, env, host) in [
        ("sso", None, "portal.sso.cn-north-1.amazonaws.com.cn"),
        (
            "sso",
            Some(fips),
            "portal.sso-fips.cn-north-1.amazonaws.com.cn",
        ),
        ("login", None, "us-east-1.signin.aws.amazon.com"),
    ] {
        let (proxy, lines) = proxy(Some("nobody:knows"));
        let mut command = kmsdeck(&home, &fake, profile);
        command
            .env_remove("AWS_ENDPOINT_URL_SSO")
            .env_remove("AWS_ENDPOINT_URL_SIGNIN")
            .envs(env);
        let said = refused(command.env("HTTPS_PROXY", proxy_that_refuses()));
        assert_says(&said, &[&format!("opens no connection to {host}:")]);
        refused(command.env("HTTPS_PROXY", &proxy));
        let asked = lines.lock().expect("the lines");
        assert_eq!(asked[0], format!("CONNECT {host}:443 HTTP/1.1"));
    }
}

#[test]
fn an_sso_session_that_is_none_is_told_by_its_file() {
    let (home, fake) = (Home::new(SSO), Fake::refusing(portal));
    let sign_in = "Run aws sso login --profile sso, then retry.";
    let said = refused(&mut kmsdeck(&home, &fake, "sso"));
    let never = "The SSO session corp was never begun on this machine";
    assert_says(
        &said,
        &[never, "~/.aws/sso/cache/", "is not there", sign_in],
    );
    let file = sso_token(&home, "corp", "CORP", "2020-01-01T00:00:00Z");
    let said = refused(&mut kmsdeck(&home, &fake, "sso"));
    assert_says(&said, &["The SSO session corp has expired", sign_in]);
    std::fs::write(&file, "{}").expect("a file");
    let said = refused(&mut kmsdeck(&home, &fake, "sso"));
    assert_says(&said, &["is no token of an SSO session", sign_in]);
    let said = refused(&mut kmsdeck(&home, &fake, "old"));
    assert_says(
        &said,
        &["The SSO session of https://old.awsapps.com/start was never begun"],
    );
    for (profile, word) in [
        ("no-session", "there is no section [sso-session nowhere]"),
        ("half", "it signs in by SSO, and has no sso_region"),
    ] {
        let said = refused(&mut kmsdeck(&home, &fake, profile));
        assert_says(&said, &[word, "aws configure sso"]);
    }
    // Signed in meanwhile.
    sso_token(&home, "corp", "NEW", "2099-01-01T00:00:00Z");
    assert_eq!(acts(&mut kmsdeck(&home, &fake, "sso")), "dev-NEW");
}

/// `aws sso login` in another window, and `r`: nobody has to start kmsdeck again.
#[test]
fn the_console_takes_up_an_sso_session_that_was_begun_meanwhile() {
    let (home, fake) = (Home::new(SSO), Fake::refusing(portal));
    let portal = ("AWS_ENDPOINT_URL_SSO", fake.url.as_str());
    let mut terminal = console(&home, &fake, &["--profile", "sso"], &[portal]);
    terminal.wait_for("The SSO session corp was never begun on this machine");
    terminal.wait_for("Run aws sso login --profile sso");
    sso_token(&home, "corp", "NEW", "2099-01-01T00:00:00Z");
    terminal.send("r");
    terminal.wait_for("user/dev-NEW · profile sso");
    terminal.wait_for("● Enabled");
    terminal.send("q");
    assert_eq!(terminal.wait_end(), 0);
}

const LOGIN: &str = "[profile login]\nlogin_session = arn:aws:iam::111122223333:user/me\n";

/// A session as `aws login` keeps it.
fn login_session(home: &Home, until: &str) {
    let name = HEXLOWER.encode(digest(&SHA256, b"arn:aws:iam::111122223333:user/me").as_ref());
    std::fs::create_dir_all(home.path().join(".aws/login/cache")).expect("a folder");
    // A private key of P-256 by SEC 1, in DER.
    let key = [
        &[0x30, 0x31, 2, 1, 1, 4, 32][..],
        &[7; 32],
        &[0xa0, 0x0a, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7],
    ]
    .concat();
    let session = serde_json::json!({
        "accessToken": {
            "accessKeyId": "LOGIN", "secretAccessKey": "x", "sessionToken": "t",
            "accountId": "111122223333", "expiresAt": until,
        },
        "tokenType": "aws_sigv4",
        "refreshToken": "refresh",
        "idToken": "id",
        "clientId": "arn:aws:signin:::devtools/same-device",
        "dpopKey": format!(
            "-----BEGIN EC PRIVATE KEY-----\n{}\n-----END EC PRIVATE KEY-----\n",
            BASE64.encode(&key[..48]) + "\n" + &BASE64.encode(&key[48..])
        ),
    });
    home.write(
        &format!(".aws/login/cache/{name}.json"),
        &session.to_string(),
    );
}

#[test]
fn a_session_of_aws_login_gives_its_credentials_or_says_what_mends_it() {
    let (home, fake) = (Home::new(LOGIN), Fake::new());
    let mends = "Run aws login --profile login, then retry.";
    let said = refused(&mut kmsdeck(&home, &fake, "login"));
    let never = "The session of aws login for arn:aws:iam::111122223333:user/me was never begun";
    assert_says(&said, &[never, "~/.aws/login/cache/", mends]);
    login_session(&home, "2099-01-01T00:00:00Z");
    assert_eq!(acts(&mut kmsdeck(&home, &fake, "login")), "LOGIN");
    // One that is over is made new by the sign-in service, which refuses here, or is not there.
    login_session(&home, "2020-01-01T00:00:00Z");
    let ended = Fake::refusing(|asked| {
        let body = r#"{"__type":"AccessDeniedException","error":"TOKEN_EXPIRED","message":"Session has ended"}"#;
        asked
            .line
            .starts_with("POST /v1/token")
            .then(|| Answer::Status(400, body.to_owned()))
    });
    let said = refused(&mut kmsdeck(&home, &ended, "login"));
    assert_says(
        &said,
        &["has expired, or was ended", "Session has ended", mends],
    );
    let mut command = kmsdeck(&home, &fake, "login");
    let said = refused(command.env("AWS_ENDPOINT_URL_SIGNIN", NOBODY));
    assert_says(
        &said,
        &["The sign-in service: http://127.0.0.1:9 cannot be reached"],
    );
}

pub(crate) const MACHINE: &str = "
[profile machine]
role_arn = arn:aws:iam::111122223333:role/EC2
credential_source = Ec2InstanceMetadata
";

/// The metadata service of a machine, by its second version.
pub(crate) fn metadata(asked: &Asked) -> Option<Answer> {
    let line = &asked.line;
    if line.starts_with("PUT /latest/api/token") {
        return Some(Answer::Token("t".to_owned()));
    }
    let folder = "GET /latest/meta-data/iam/security-credentials/";
    match line.strip_prefix(folder)?.split(' ').next()? {
        "" => Some(Answer::Json("machine-role".to_owned())),
        _ => Some(Answer::Json(
            r#"{"Code":"Success","Type":"AWS-HMAC","AccessKeyId":"MACHINE","SecretAccessKey":"x","Token":"t","Expiration":"2099-01-01T00:00:00Z","LastUpdated":"2026-01-01T00:00:00Z"}"#
                .to_owned(),
        )),
    }
}

fn on_machine(home: &Home, fake: &Fake, args: &[&str], service: &str) -> Command {
    let mut command = home.kmsdeck(&keys(fake, &[&["--max-attempts", "1"], args].concat()));
    command
        .env_remove("AWS_EC2_METADATA_DISABLED")
        .env("AWS_EC2_METADATA_SERVICE_ENDPOINT", service);
    command
}

#[test]
fn a_machine_gives_its_role() {
    let (home, fake) = (Home::new(MACHINE), Fake::refusing(metadata));
    assert_eq!(
        acts(&mut on_machine(&home, &fake, &[], &fake.url)),
        "MACHINE"
    );
    let named = ["--profile", "machine"];
    let mut command = on_machine(&home, &fake, &named, &fake.url);
    assert_eq!(acts(&mut command), "EC2.MACHINE");
    // The profile's own setting.
    let with_url = MACHINE.replace(
        "[profile machine]",
        &format!(
            "[profile machine]\nec2_metadata_service_endpoint = {}",
            fake.url
        ),
    );
    home.write(".aws/config", &with_url);
    let mut command = on_machine(&home, &fake, &named, "");
    assert_eq!(acts(&mut command), "EC2.MACHINE");
}

#[test]
fn a_machine_that_gives_none_is_told_by_how() {
    let (home, fake) = (Home::new(MACHINE), Fake::new());
    let named = ["--profile", "machine"];
    // There is no such service: nobody has credentials.
    let said = refused(&mut on_machine(&home, &fake, &[], NOBODY));
    assert_says(&said, &["There are no AWS credentials", "--profile"]);
    let said = refused(&mut on_machine(&home, &fake, &named, NOBODY));
    let service = "The instance metadata service";
    assert_says(
        &said,
        &[
            service,
            "http://127.0.0.1:9 cannot be reached",
            "Connection refused",
        ],
    );
    let mut command = on_machine(&home, &fake, &named, NOBODY);
    let said = refused(command.env("AWS_EC2_METADATA_DISABLED", "true"));
    assert_says(&said, &["AWS_EC2_METADATA_DISABLED is true"]);
    let said = refused(&mut on_machine(&home, &fake, &named, "not a url"));
    assert_says(&said, &["AWS_EC2_METADATA_SERVICE_ENDPOINT", "no URL"]);
    // It answers, but knows no role, or is broken.
    let roleless = Fake::refusing(|asked| {
        let is_role = asked.line.contains("security-credentials");
        is_role
            .then(|| Answer::Status(404, "none".into()))
            .or_else(|| metadata(asked))
    });
    let said = refused(&mut on_machine(&home, &roleless, &named, &roleless.url));
    assert_says(&said, &["knows no role of this machine", &roleless.url]);
    let forbids = Fake::refusing(|asked| metadata(asked).map(|_| Answer::Status(403, "no".into())));
    let said = refused(&mut on_machine(&home, &forbids, &named, &forbids.url));
    assert_says(&said, &[service, &forbids.url, "forbidden"]);
    // Slow: it says how long it was waited for.
    let slow = Fake::refusing(|asked| metadata(asked).map(|_| Answer::Silence));
    for args in [&named[..], &[]] {
        let said = refused(&mut on_machine(&home, &slow, args, &slow.url));
        assert_says(&said, &["nstance metadata service", &slow.url, "in 1 s"]);
    }
}

pub(crate) fn container(asked: &Asked) -> Option<Answer> {
    let who = match asked.headers.get("authorization").map(String::as_str) {
        Some("Bearer sesame") => "KNOWN",
        Some(_) => "OTHER",
        None => "CONTAINER",
    };
    asked.line.starts_with("GET /role").then(|| {
        Answer::Json(format!(
            r#"{{"AccessKeyId":"{who}","SecretAccessKey":"x","Token":"t","Expiration":"2099-01-01T00:00:00Z"}}"#
        ))
    })
}

pub(crate) const CONTAINER: &str = "
[profile container]
role_arn = arn:aws:iam::111122223333:role/TASK
credential_source = EcsContainer
";

fn in_container(home: &Home, fake: &Fake, args: &[&str], url: &str) -> Command {
    let mut command = home.kmsdeck(&keys(fake, &[&["--max-attempts", "1"], args].concat()));
    command.env("AWS_CONTAINER_CREDENTIALS_FULL_URI", url);
    command
}

#[test]
fn a_container_gives_its_role_to_who_has_the_token() {
    let (home, fake) = (Home::new(CONTAINER), Fake::refusing(container));
    let url = format!("{}/role", fake.url);
    let named = ["--profile", "container"];
    assert_eq!(
        acts(&mut in_container(&home, &fake, &[], &url)),
        "CONTAINER"
    );
    assert_eq!(
        acts(&mut in_container(&home, &fake, &named, &url)),
        "TASK.CONTAINER"
    );
    let token = home.write("token", "Bearer sesame");
    let mut command = in_container(&home, &fake, &named, &url);
    command.env("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", &token);
    assert_eq!(acts(&mut command), "TASK.KNOWN");
    let mut command = in_container(&home, &fake, &[], &url);
    command.env("AWS_CONTAINER_AUTHORIZATION_TOKEN", "Bearer sesame");
    assert_eq!(acts(&mut command), "KNOWN");
}

#[test]
fn a_container_that_gives_none_is_told_by_how() {
    let (home, fake) = (Home::new(CONTAINER), Fake::refusing(container));
    let url = format!("{}/role", fake.url);
    let named = ["--profile", "container"];
    // No variable: not of a container.
    let said = refused(&mut home.kmsdeck(&keys(&fake, &named)));
    assert_says(
        &said,
        &[
            "credential_source is EcsContainer",
            "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
            "AWS_CONTAINER_CREDENTIALS_FULL_URI",
        ],
    );
    for args in [&named[..], &[]] {
        let nobody = format!("{NOBODY}/role");
        let said = refused(&mut in_container(&home, &fake, args, &nobody));
        let down =
            "The container endpoint: http://127.0.0.1:9/role cannot be reached: Connection refused";
        assert_says(&said, &[down]);
    }
    // Each of them has its own words.
    let said = refused(&mut in_container(
        &home,
        &fake,
        &[],
        "http://192.0.2.1/role",
    ));
    assert_says(
        &said,
        &["http://192.0.2.1/role is none that credentials are taken from"],
    );
    for (answer, words) in [
        ((403, "forbidden\n"), "it answered HTTP 403."),
        ((500, "<html>"), "it answered HTTP 500."),
        (
            (200, r#"{"code":"AccessDenied","message":"no role"}"#),
            "AccessDenied",
        ),
        ((200, "junk"), "gave no credentials"),
    ] {
        let fake = Fake::refusing(move |asked| {
            container(asked).map(|_| Answer::Status(answer.0, answer.1.to_owned()))
        });
        let url = format!("{}/role", fake.url);
        let said = refused(&mut in_container(&home, &fake, &[], &url));
        assert_says(&said, &["The container endpoint", &url, words]);
    }
    // The token: a line break at its end, a file that is not there.
    let token = home.write("token", "Bearer sesame\n");
    let mut command = in_container(&home, &fake, &[], &url);
    let said = refused(command.env("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", &token));
    let place = format!(
        "{} (AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE)",
        token.display()
    );
    assert_says(&said, &[&place, "a line break", "Write it anew"]);
    assert!(!said.contains("sesame"), "{said}");
    let mut command = in_container(&home, &fake, &[], &url);
    let said = refused(command.env("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "/nowhere/token"));
    assert_says(&said, &["/nowhere/token", "No such file"]);
    assert_eq!(fake.count("ListKeys"), 0);
}

#[test]
fn a_web_identity_without_its_file_is_told_with_its_path() {
    let home = Home::new(
        "[profile web]\nrole_arn = arn:aws:iam::111122223333:role/web\n\
         web_identity_token_file = /nowhere/token\n",
    );
    let fake = Fake::new();
    let said = refused(&mut kmsdeck(&home, &fake, "web"));
    assert_says(
        &said,
        &["/nowhere/token cannot be read", "web_identity_token_file"],
    );
}

/// A profile that assumes its own role, with a code.
#[test]
fn a_code_is_taken_where_a_profile_is_its_own_source() {
    let home = Home::new(
        "[profile self]\naws_access_key_id = SELF\naws_secret_access_key = x\n\
         role_arn = arn:aws:iam::111122223333:role/OPS\nsource_profile = self\n\
         mfa_serial = arn:aws:iam::111122223333:mfa/me\n\
         [profile env]\nrole_arn = arn:aws:iam::111122223333:role/ENV\n\
         credential_source = Environment\nmfa_serial = arn:aws:iam::111122223333:mfa/me\n",
    );
    let fake = Fake::new();
    let said = refused(&mut kmsdeck(&home, &fake, "self"));
    assert_says(&said, &["MfaCodeNeeded", "mfa/me"]);
    let mut command = kmsdeck(&home, &fake, "self");
    assert_eq!(acts(command.args(["--mfa-code", "123456"])), "OPS.SELF");
    let mut command = kmsdeck(&home, &fake, "env");
    command.envs(crate::principal::ENVIRONMENT);
    assert_eq!(
        acts(command.args(["--mfa-code", "123456"])),
        "ENV.ENVIRONMENT"
    );
}

/// Keys that are over are no fault of the role's.
#[test]
fn keys_that_are_over_are_not_laid_to_the_role() {
    let fake = Fake::refusing(|asked| {
        let body = "<ErrorResponse><Error><Code>ExpiredToken</Code><Message>The security token \
            included in the request is expired</Message></Error></ErrorResponse>";
        (asked.operation == "AssumeRole").then(|| Answer::Status(403, body.to_owned()))
    });
    let home = Home::new(crate::principal::PROFILES);
    let said = refused(&mut kmsdeck(&home, &fake, "chain"));
    assert_says(
        &said,
        &[
            "ExpiredToken",
            "have expired or are not known",
            "source_profile",
        ],
    );
    assert!(!said.contains("trust policy"), "{said}");
}

#[test]
fn a_region_that_is_none_is_refused_with_who_names_it() {
    let (home, fake) = (
        Home::new(
            "[profile x]\naws_access_key_id = X\naws_secret_access_key = x\nregion = eu_west_1\n",
        ),
        Fake::new(),
    );
    for (args, env, words) in [
        (
            &["--region", "us east 1"][..],
            "",
            "--region is \"us east 1\"",
        ),
        (&[], "us-east-1\n", "AWS_REGION is \"us-east-1\\n\""),
        (
            &["--profile", "x"],
            "",
            "the profile's region is \"eu_west_1\"",
        ),
    ] {
        let mut command = home.kmsdeck(&keys(&fake, args));
        let said = refused(command.env("AWS_REGION", env));
        assert_says(&said, &[words, "A Region looks like eu-central-2"]);
    }
    assert_eq!(fake.count("ListKeys"), 0);
}
