//! Who acts is who was named: each source of credentials, against fakes that tell by which access
//! key a call was signed.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::endpoint::{Answer, Asked, serve};
use crate::terminal::Terminal;

/// A home of its own, with AWS's files in it.
pub(crate) struct Home(tempfile::TempDir);

impl Home {
    pub(crate) fn new(config: &str) -> Home {
        let home = Home(tempfile::tempdir().expect("a folder"));
        std::fs::create_dir(home.path().join(".aws")).expect("a folder");
        home.write(".aws/config", config);
        home
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path().join(name);
        std::fs::write(&path, text).expect("a file");
        path
    }

    /// kmsdeck, to which the environment gives nothing but this home.
    pub(crate) fn kmsdeck(&self, args: &[&str]) -> Command {
        let mut command = crate::tools::kmsdeck();
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("AWS_") {
                command.env_remove(name);
            }
        }
        command
            .env("HOME", self.path())
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env("AWS_REGION", "us-east-1")
            .args(args);
        command
    }
}

/// AWS as far as this needs it. KMS lists one key, whose ID is the access key that signed the
/// call; STS gives a role the access key `ROLE<SIGNER`.
pub(crate) struct Fake {
    pub url: String,
    pub asked: Arc<Mutex<Vec<Asked>>>,
}

impl Fake {
    pub(crate) fn new() -> Fake {
        Fake::refusing(|_| None)
    }

    /// Some are answered otherwise.
    pub(crate) fn refusing(
        otherwise: impl Fn(&Asked) -> Option<Answer> + Send + Sync + 'static,
    ) -> Fake {
        let asked = Arc::new(Mutex::new(Vec::new()));
        let seen = asked.clone();
        let url = serve(move |request| {
            let answer = otherwise(request).unwrap_or_else(|| answer(request));
            let copy = Asked {
                line: request.line.clone(),
                headers: request.headers.clone(),
                body: request.body.clone(),
                operation: request.operation.clone(),
            };
            seen.lock().expect("the requests").push(copy);
            answer
        });
        Fake { url, asked }
    }

    /// How often an operation was asked for.
    pub(crate) fn count(&self, operation: &str) -> usize {
        let asked = self.asked.lock().expect("the requests");
        asked
            .iter()
            .filter(|asked| asked.operation == operation)
            .count()
    }

    /// A parameter of the last call of an operation.
    pub(crate) fn parameter(&self, operation: &str, name: &str) -> Option<String> {
        let asked = self.asked.lock().expect("the requests");
        let last = asked.iter().rfind(|asked| asked.operation == operation)?;
        last.parameter(name)
    }
}

/// What STS answers to AssumeRole.
pub(crate) fn session(access_key: &str, expires: jiff::Timestamp) -> Answer {
    Answer::Json(format!(
        "<AssumeRoleResponse><AssumeRoleResult><Credentials>\
         <AccessKeyId>{access_key}</AccessKeyId>\
         <SecretAccessKey>secret</SecretAccessKey><SessionToken>token</SessionToken>\
         <Expiration>{}</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>",
        expires.strftime("%Y-%m-%dT%H:%M:%SZ")
    ))
}

pub(crate) fn answer(asked: &Asked) -> Answer {
    let who = asked.signed_by();
    match asked.operation.as_str() {
        "ListKeys" => Answer::Json(format!(r#"{{"Keys":[{{"KeyId":"{who}"}}]}}"#)),
        "ListAliases" => Answer::Json(r#"{"Aliases":[]}"#.into()),
        "DescribeKey" => Answer::Json(format!(
            r#"{{"KeyMetadata":{{"KeyId":"{who}","KeyState":"Enabled"}}}}"#
        )),
        "AssumeRole" => {
            let role = asked.parameter("RoleArn").expect("a role");
            let role = role.rsplit('/').next().expect("its name");
            let expires = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(1);
            session(&format!("{role}.{who}"), expires)
        }
        "GetCallerIdentity" => Answer::Json(format!(
            "<GetCallerIdentityResponse><GetCallerIdentityResult>\
             <Arn>arn:aws:iam::111122223333:user/{who}</Arn><UserId>x</UserId>\
             <Account>111122223333</Account></GetCallerIdentityResult></GetCallerIdentityResponse>"
        )),
        _ => Answer::Json("{}".into()),
    }
}

pub(crate) fn said(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("UTF-8")
}

/// Who was seen by KMS to list the keys.
#[track_caller]
pub(crate) fn acts(command: &mut Command) -> String {
    let output = command.output().expect("kmsdeck runs");
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let listed: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    listed["Keys"][0]["KeyId"]
        .as_str()
        .expect("an ID")
        .to_owned()
}

/// What is said where it ends with 3.
#[track_caller]
pub(crate) fn refused(command: &mut Command) -> String {
    let output = command.output().expect("kmsdeck runs");
    let said = said(&output);
    assert_eq!(output.status.code(), Some(3), "{said}");
    for raw in [
        "SdkError",
        "Some(",
        "DispatchFailure",
        "CredentialsError",
        "panicked",
    ] {
        assert!(!said.contains(raw), "{said}");
    }
    said
}

pub(crate) const PROFILES: &str = "
[default]
aws_access_key_id = DEFAULT
aws_secret_access_key = x
[profile prod]
aws_access_key_id = PROD
aws_secret_access_key = x
region = eu-west-1
[profile bare]
region = eu-west-1
[profile by-environment]
role_arn = arn:aws:iam::111122223333:role/ENV
credential_source = Environment
[profile middle]
role_arn = arn:aws:iam::111122223333:role/MIDDLE
source_profile = prod
[profile chain]
role_arn = arn:aws:iam::111122223333:role/END
source_profile = middle
external_id = ext
duration_seconds = 1800
role_session_name = me
[profile self]
aws_access_key_id = SELF
aws_secret_access_key = x
role_arn = arn:aws:iam::111122223333:role/OPS
source_profile = self
[profile loop]
role_arn = arn:aws:iam::111122223333:role/OPS
source_profile = pool
[profile pool]
role_arn = arn:aws:iam::111122223333:role/OPS
source_profile = loop
[profile nowhere]
role_arn = arn:aws:iam::111122223333:role/OPS
";

pub(crate) const ENVIRONMENT: [(&str, &str); 2] = [
    ("AWS_ACCESS_KEY_ID", "ENVIRONMENT"),
    ("AWS_SECRET_ACCESS_KEY", "x"),
];

pub(crate) fn keys<'a>(fake: &'a Fake, more: &[&'a str]) -> Vec<&'a str> {
    [
        &["keys", "--output", "json", "--endpoint-url", &fake.url],
        more,
    ]
    .concat()
}

#[test]
fn a_profile_that_is_named_is_used_and_nothing_else() {
    let (home, fake) = (Home::new(PROFILES), Fake::new());
    for (profile, who) in [
        ("prod", "PROD"),
        ("by-environment", "ENV.ENVIRONMENT"),
        ("chain", "END.MIDDLE.PROD"),
        ("self", "OPS.SELF"),
    ] {
        let mut command = home.kmsdeck(&keys(&fake, &["--profile", profile]));
        assert_eq!(acts(command.envs(ENVIRONMENT)), who);
    }
    let sent = |name| fake.parameter("AssumeRole", name);
    home.kmsdeck(&keys(&fake, &["--profile", "chain"]))
        .output()
        .expect("it runs");
    assert_eq!(sent("ExternalId").as_deref(), Some("ext"));
    assert_eq!(sent("DurationSeconds").as_deref(), Some("1800"));
    assert_eq!(sent("RoleSessionName").as_deref(), Some("me"));
    // One without credentials does not act as somebody else.
    let calls = fake.count("ListKeys");
    let mut command = home.kmsdeck(&keys(&fake, &["--profile", "bare"]));
    let said = refused(command.envs(ENVIRONMENT));
    assert!(said.contains("Profile bare has no credentials"), "{said}");
    assert_eq!(fake.count("ListKeys"), calls);
}

#[test]
fn where_none_is_named_it_is_as_with_the_aws_cli() {
    let (home, fake) = (Home::new(PROFILES), Fake::new());
    let who =
        |env: &[(&str, &str)]| acts(home.kmsdeck(&keys(&fake, &[])).envs(env.iter().copied()));
    assert_eq!(who(&[]), "DEFAULT");
    assert_eq!(who(&ENVIRONMENT), "ENVIRONMENT");
    assert_eq!(who(&[("AWS_PROFILE", "prod")]), "PROD");
    assert_eq!(who(&[("AWS_DEFAULT_PROFILE", "prod")]), "PROD");
    assert_eq!(
        who(&[("AWS_PROFILE", "prod"), ENVIRONMENT[0], ENVIRONMENT[1]]),
        "ENVIRONMENT"
    );
    // An empty variable counts as none.
    assert_eq!(
        who(&[("AWS_PROFILE", ""), ("AWS_ACCESS_KEY_ID", "")]),
        "DEFAULT"
    );
}

#[test]
fn what_is_wrong_in_a_profile_or_a_variable_is_said_with_its_name() {
    let (home, fake) = (Home::new(PROFILES), Fake::new());
    for (profile, why) in [
        (
            "loop",
            "its source_profile leads back to it (loop → pool → loop)",
        ),
        ("nowhere", "neither source_profile nor credential_source"),
        ("missing", "There is no profile \"missing\""),
        ("by-environment", "AWS_ACCESS_KEY_ID is not set"),
    ] {
        let said = refused(&mut home.kmsdeck(&keys(&fake, &["--profile", profile])));
        assert!(said.contains(why), "{said}");
    }
    for (env, why) in [
        (
            [("AWS_ACCESS_KEY_ID", "AKID\n"), ENVIRONMENT[1]],
            "AWS_ACCESS_KEY_ID holds a blank, a line break",
        ),
        (
            [ENVIRONMENT[0], ("AWS_SECRET_ACCESS_KEY", "")],
            "AWS_SECRET_ACCESS_KEY is not",
        ),
    ] {
        let said = refused(home.kmsdeck(&keys(&fake, &[])).envs(env));
        assert!(said.contains(why), "{said}");
    }
    assert_eq!(fake.count("ListKeys"), 0);
}

#[test]
fn a_role_of_the_command_line_is_assumed_with_what_it_asks_for() {
    let (home, fake) = (Home::new(PROFILES), Fake::new());
    let arn = "arn:aws:iam::111122223333:role/BREAK";
    let role = [
        "--role-arn",
        arn,
        "--external-id",
        "e1",
        "--role-session-name",
        "jane",
    ];
    let args = [&["--profile", "prod"], &role[..]].concat();
    assert_eq!(acts(&mut home.kmsdeck(&keys(&fake, &args))), "BREAK.PROD");
    assert_eq!(
        fake.parameter("AssumeRole", "ExternalId").as_deref(),
        Some("e1")
    );
    assert_eq!(
        fake.parameter("AssumeRole", "RoleSessionName").as_deref(),
        Some("jane")
    );
}

#[test]
fn a_role_that_sts_refuses_is_named_with_sts_words() {
    let fake = Fake::refusing(|asked| {
        (asked.operation == "AssumeRole").then(|| {
            Answer::Status(
                403,
                "<ErrorResponse><Error><Code>AccessDenied</Code><Message>User: \
                arn:aws:iam::111122223333:user/x is not authorized to perform: sts:AssumeRole on \
                resource: arn:aws:iam::111122223333:role/MIDDLE</Message></Error></ErrorResponse>"
                    .into(),
            )
        })
    });
    let home = Home::new(PROFILES);
    let said = refused(&mut home.kmsdeck(&keys(&fake, &["--profile", "chain"])));
    assert!(
        said.contains("STS refuses the role arn:aws:iam::111122223333:role/MIDDLE: AccessDenied"),
        "{said}"
    );
    assert!(said.contains("trust policy"), "{said}");
}

pub(crate) const MFA: &str = "
[profile base]
aws_access_key_id = BASE
aws_secret_access_key = x
[profile first]
role_arn = arn:aws:iam::111122223333:role/FIRST
source_profile = base
mfa_serial = arn:aws:iam::111122223333:mfa/me
[profile second]
role_arn = arn:aws:iam::111122223333:role/SECOND
source_profile = first
";

/// In a chain, for many commands, and for the AWS CLI as well.
#[test]
fn one_mfa_code_serves_many_commands_and_the_aws_cli() {
    let (home, fake) = (Home::new(MFA), Fake::new());
    let args = keys(&fake, &["--profile", "second"]);
    let said = refused(home.kmsdeck(&args).stdin(std::process::Stdio::null()));
    assert!(
        said.contains("MfaCodeNeeded") && said.contains("mfa/me"),
        "{said}"
    );
    let with_code = [&args[..], &["--mfa-code", "123456"]].concat();
    assert_eq!(acts(&mut home.kmsdeck(&with_code)), "SECOND.FIRST.BASE");
    assert_eq!(acts(&mut home.kmsdeck(&args)), "SECOND.FIRST.BASE");
    let codes = || {
        let asked = fake.asked.lock().expect("the requests");
        asked
            .iter()
            .filter_map(|asked| asked.parameter("TokenCode"))
            .collect::<Vec<_>>()
    };
    assert_eq!(codes(), ["123456"]);
    let Some(python) = crate::tools::python("the AWS CLI with kmsdeck's MFA session") else {
        return;
    };
    let mut cli = Command::new(Path::new(&python).with_file_name("aws"));
    cli.env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", home.path())
        .env("AWS_DEFAULT_REGION", "us-east-1")
        .env("AWS_ENDPOINT_URL_STS", &fake.url)
        .args([
            "kms",
            "list-keys",
            "--output",
            "json",
            "--endpoint-url",
            &fake.url,
        ])
        .args(["--profile", "first"]);
    assert_eq!(acts(&mut cli), "FIRST.BASE");
    assert_eq!(codes(), ["123456"]);
    // And the other way round: a session that the CLI keeps as it does.
    let cache = home.path().join(".aws/cli/cache");
    let file = std::fs::read_dir(&cache)
        .expect("the cache")
        .next()
        .expect("a file")
        .expect("a file");
    std::fs::write(file.path(), r#"{"Credentials": {"AccessKeyId": "OFCLI", "SecretAccessKey": "x", "SessionToken": "t", "Expiration": "2099-01-01T00:00:00UTC"}}"#).expect("a file");
    assert_eq!(
        acts(&mut home.kmsdeck(&keys(&fake, &["--profile", "first"]))),
        "OFCLI"
    );
}

/// The code is asked for where there is somebody to ask.
#[test]
fn a_command_asks_for_the_code_on_a_terminal() {
    let (home, fake) = (Home::new(MFA), Fake::new());
    let args = ["keys", "--profile", "first"];
    let mut terminal = console(&home, &fake, &args, &[]);
    terminal.wait_for("Profile first asks for the MFA code of arn:aws:iam::111122223333:mfa/me.");
    terminal.send("129\x7f3456\r");
    terminal.wait_for("FIRST.BASE");
    assert_eq!(terminal.wait_end(), 0);
    terminal.assert_given_back();
    assert_eq!(
        fake.parameter("AssumeRole", "TokenCode").as_deref(),
        Some("123456")
    );
    // Ctrl-C ends it, and leaves the terminal as it was.
    let other = Home::new(MFA);
    let mut ended = console(&other, &fake, &args, &[]);
    ended.wait_for("Code:");
    ended.send("12\x03");
    assert_eq!(ended.wait_end(), 3);
    ended.assert_given_back();
    // Whoever looks over the shoulder sees none of it.
    assert!(!terminal.raw().contains("3456"), "{}", terminal.raw());
}

/// The session ends while kmsdeck runs: `r` asks for a new code.
#[test]
fn a_new_code_is_asked_for_once_the_mfa_session_has_ended() {
    let fake = Fake::refusing(|asked| {
        let dies = asked.parameter("TokenCode")? == "111111";
        let in_a_moment = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(5);
        dies.then(|| session("DYING", in_a_moment))
    });
    let home = Home::new(MFA);
    let mut terminal = console(&home, &fake, &["--profile", "first"], &[]);
    terminal.wait_for("mfa/me");
    terminal.send("111111\r");
    terminal.wait_for("The MFA session of profile first has ended");
    terminal.send("r");
    terminal.wait_for("MFA code");
    terminal.send("222222\r");
    terminal.wait_for("user/FIRST.BASE");
}

#[test]
fn a_credential_process_is_run_and_told_from_others_that_fail() {
    let fake = Fake::new();
    let printed = r#"{"Version": 1, "AccessKeyId": "PROCESS", "SecretAccessKey": "x"}"#;
    let home = Home::new("");
    let script = home.write("ok.json", printed);
    home.write(
        ".aws/config",
        &format!(
            "
[profile ok]
credential_process = cat {}
[profile offline]
credential_process = sh -c 'echo processor offline, sso token >&2; exit 1'
[profile junk]
credential_process = echo secret-junk
[profile old]
credential_process = echo '{{\"Version\": 2, \"AccessKeyId\": \"a\", \"SecretAccessKey\": \"b\"}}'
[profile absent]
credential_process = /nowhere/at-all
",
            script.display()
        ),
    );
    assert_eq!(
        acts(&mut home.kmsdeck(&keys(&fake, &["--profile", "ok"]))),
        "PROCESS"
    );
    for (profile, why) in [
        (
            "offline",
            "credential_process of profile offline ended with exit status: 1: processor offline, sso token",
        ),
        ("junk", "printed no credentials: it is no JSON"),
        ("old", "its Version is 2, and must be 1"),
        ("absent", "not found"),
    ] {
        let said = refused(&mut home.kmsdeck(&keys(&fake, &["--profile", profile])));
        assert!(
            said.contains(why) && said.contains("Run the profile's credential_process"),
            "{said}"
        );
        assert!(
            !said.contains("secret-junk") && !said.contains("aws sso login"),
            "{said}"
        );
    }
}

#[test]
fn credentials_that_are_expired_or_unknown_are_not_a_refusal() {
    for code in ["ExpiredTokenException", "UnrecognizedClientException"] {
        let fake = Fake::refusing(move |asked| {
            (asked.operation == "ListKeys")
                .then(|| Answer::Status(400, format!(r#"{{"__type":"{code}","message":"no"}}"#)))
        });
        let home = Home::new(PROFILES);
        let said = refused(&mut home.kmsdeck(&keys(&fake, &[])));
        assert!(said.contains(code), "{said}");
    }
}

/// The SDK would panic at what it does not know.
#[test]
fn a_setting_that_is_none_is_said_with_its_name() {
    let (home, fake) = (Home::new(PROFILES), Fake::new());
    for (env, words) in [
        (("AWS_MAX_ATTEMPTS", "x"), "AWS_MAX_ATTEMPTS is \"x\""),
        (("AWS_MAX_ATTEMPTS", "0"), "It is a number, 1 or more."),
        (("AWS_RETRY_MODE", "foo"), "AWS_RETRY_MODE is \"foo\""),
        (
            ("HTTPS_PROXY", "::bad::"),
            "HTTPS_PROXY (::bad::) is no URL",
        ),
        (("AWS_CONFIG_FILE", "/dev/null"), "/dev/null cannot be read"),
    ] {
        let said = refused(home.kmsdeck(&keys(&fake, &[])).envs([env]));
        assert!(said.contains(words), "{said}");
    }
    // The older mode of other SDKs is taken as the standard one.
    let mut command = home.kmsdeck(&keys(&fake, &[]));
    assert_eq!(acts(command.env("AWS_RETRY_MODE", "legacy")), "DEFAULT");
}

/// Every service of an emulator's is the emulator's: a token is shown to nobody else.
#[test]
fn a_web_identity_goes_where_the_roles_go() {
    let fake = Fake::refusing(|asked| {
        let expires = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(1);
        (asked.operation == "AssumeRoleWithWebIdentity").then(|| {
            let Answer::Json(text) = session("WEB", expires) else {
                unreachable!("it is XML with status 200");
            };
            Answer::Json(text.replace("AssumeRole", "AssumeRoleWithWebIdentity"))
        })
    });
    let home = Home::new("");
    let token = home.write("token", "header.claims.\n");
    let config = format!(
        "[profile web]\nrole_arn = arn:aws:iam::111122223333:role/web\nweb_identity_token_file = {}\n",
        token.display()
    );
    home.write(".aws/config", &config);
    assert_eq!(
        acts(&mut home.kmsdeck(&keys(&fake, &["--profile", "web"]))),
        "WEB"
    );
    let mut command = home.kmsdeck(&keys(&fake, &[]));
    command.env("AWS_WEB_IDENTITY_TOKEN_FILE", &token);
    assert_eq!(
        acts(command.env("AWS_ROLE_ARN", "arn:aws:iam::111122223333:role/web")),
        "WEB"
    );
    let sent = fake.parameter("AssumeRoleWithWebIdentity", "WebIdentityToken");
    assert_eq!(sent.as_deref(), Some("header.claims."));
}

#[test]
fn a_role_without_an_answer_is_told_with_host_and_time() {
    let fake = Fake::refusing(|asked| (asked.operation == "AssumeRole").then_some(Answer::Silence));
    let home = Home::new(PROFILES);
    let args = keys(
        &fake,
        &[
            "--profile",
            "middle",
            "--read-timeout",
            "1",
            "--max-attempts",
            "1",
        ],
    );
    let said = refused(&mut home.kmsdeck(&args));
    let host = format!(
        "For the role arn:aws:iam::111122223333:role/MIDDLE: {}",
        fake.url
    );
    assert!(said.contains(&host) && said.contains("in 1 s"), "{said}");
}

#[test]
fn retries_are_those_of_the_environment_and_the_profile_unless_a_flag_says_otherwise() {
    let home = Home::new(
        "[profile twice]\naws_access_key_id = A\naws_secret_access_key = x\nmax_attempts = 2\n",
    );
    for (args, env, count) in [
        (&["--profile", "twice"][..], None, 2),
        (&["--profile", "twice"], Some(("AWS_MAX_ATTEMPTS", "1")), 1),
        (
            &["--profile", "twice", "--max-attempts", "3"],
            Some(("AWS_MAX_ATTEMPTS", "1")),
            3,
        ),
    ] {
        let fake = Fake::refusing(|asked| {
            (asked.operation == "DescribeKey").then(|| Answer::Status(500, "{}".into()))
        });
        let describe = [
            "describe",
            "--key-id",
            "alias/x",
            "--endpoint-url",
            &fake.url,
        ];
        refused(home.kmsdeck(&[&describe[..], args].concat()).envs(env));
        assert_eq!(fake.count("DescribeKey"), count, "{args:?}");
    }
}

/// STS stays with AWS where KMS's endpoint is one of AWS's own; an emulator stands for both.
#[test]
fn an_endpoint_of_sts_goes_before_that_of_kms() {
    let (home, kms, sts) = (Home::new(PROFILES), Fake::new(), Fake::new());
    let args = keys(&kms, &["--profile", "middle"]);
    assert_eq!(acts(&mut home.kmsdeck(&args)), "MIDDLE.PROD");
    assert_eq!(kms.count("AssumeRole"), 1);
    acts(home.kmsdeck(&args).env("AWS_ENDPOINT_URL_STS", &sts.url));
    assert_eq!((kms.count("AssumeRole"), sts.count("AssumeRole")), (1, 1));
}

pub(crate) fn console(home: &Home, fake: &Fake, args: &[&str], env: &[(&str, &str)]) -> Terminal {
    let files = home.path().join(".aws/credentials");
    let files = files.to_str().expect("UTF-8");
    let ours = [
        ("AWS_EC2_METADATA_DISABLED", "true"),
        ("AWS_REGION", "us-east-1"),
        ("AWS_SHARED_CREDENTIALS_FILE", files),
        ("AWS_ACCESS_KEY_ID", ""),
        ("AWS_SECRET_ACCESS_KEY", ""),
    ];
    let args = [&["--endpoint-url", &fake.url], args].concat();
    Terminal::start(&args, &[&ours[..], env].concat(), home.path(), (100, 30))
}

#[test]
fn the_header_says_whose_keys_act() {
    let (home, fake) = (Home::new(PROFILES), Fake::new());
    let terminal = console(
        &home,
        &fake,
        &[],
        &[("AWS_PROFILE", "prod"), ENVIRONMENT[0], ENVIRONMENT[1]],
    );
    terminal.wait_for("user/ENVIRONMENT · keys of the environment");
    let mut terminal = console(&home, &fake, &["--profile", "prod"], &ENVIRONMENT);
    terminal.wait_for("user/PROD · profile prod");
    terminal.send(":profile chain\r");
    terminal.wait_for("user/END.MIDDLE.PROD · profile chain");
}

/// Names another access key in the file `who`, whole at once: it may be read just now.
fn acts_as(home: &Home, access_key: &str) -> PathBuf {
    let who = home.path().join("who");
    std::fs::rename(home.write("who.new", access_key), &who).expect("a file");
    who
}

/// A profile whose credential_process gives the access key that the file `who` names.
fn changes_with_a_file(home: &Home, first: &str) {
    let who = acts_as(home, first);
    // What ends this soon is asked for anew by each call.
    let program = home.write(
        "program",
        &format!(
            "printf '{{\"Version\": 1, \"AccessKeyId\": \"%s\", \"SecretAccessKey\": \"x\", \
             \"Expiration\": \"%s\"}}' $(cat {}) $(date -u -d '5 seconds' +%Y-%m-%dT%H:%M:%SZ)\n",
            who.display()
        ),
    );
    let config = format!(
        "[profile changes]\ncredential_process = sh {}\n",
        program.display()
    );
    home.write(".aws/config", &config);
}

/// An endpoint that has one key, and to which access keys that begin with `SAME` are one principal's.
fn fake_of_one_key() -> Fake {
    Fake::refusing(|asked| {
        let Answer::Json(text) = answer(asked) else {
            return None;
        };
        let known_as = match asked.operation.as_str() {
            "GetCallerIdentity" if asked.signed_by().starts_with("SAME") => "SAME",
            "ListKeys" | "DescribeKey" => "1234abcd-12ab-34cd-56ef-1234567890ab",
            _ => return None,
        };
        Some(Answer::Json(text.replace(asked.signed_by(), known_as)))
    })
}

/// What was said yes to as one is not done as another; new keys of the same principal are no other.
#[test]
fn a_change_is_made_by_whom_its_question_names_or_not_at_all() {
    let fake = fake_of_one_key();
    let home = Home::new("");
    changes_with_a_file(&home, "SAME1");
    let mut terminal = console(&home, &fake, &["--profile", "changes"], &[]);
    let ask = |terminal: &mut Terminal| {
        terminal.wait_for("● Enabled");
        terminal.open_form("DisableKey");
        terminal.send("\x12");
        terminal.wait_for("DisableKey of");
        terminal.wait_for("user/SAME");
        terminal.wait_gone("Reading what else");
    };
    terminal.wait_for("user/SAME · profile changes");
    ask(&mut terminal);
    acts_as(&home, "SAME2");
    terminal.send("y");
    terminal.wait_for("Key disabled");
    assert_eq!(fake.count("DisableKey"), 1);
    terminal.send("\x1b\x1b");
    ask(&mut terminal);
    acts_as(&home, "OTHER");
    terminal.send("y");
    terminal.wait_for("Not sent: the credentials are others now");
    terminal.wait_for("user/OTHER · profile changes");
    assert_eq!(fake.count("DisableKey"), 1);
}

/// The same of several keys at once, and of a key that is made with what follows on it.
#[test]
fn several_changes_are_made_by_whom_their_question_names_or_not_at_all() {
    let (fake, home) = (fake_of_one_key(), Home::new(""));
    changes_with_a_file(&home, "SAME1");
    let mut terminal = console(&home, &fake, &["--profile", "changes"], &[]);
    terminal.wait_for("user/SAME · profile changes");
    terminal.wait_for("● Enabled");
    terminal.send("*");
    terminal.wait_for("1 marked");
    terminal.send(":disable-key\r");
    terminal.wait_for("1 marked key");
    terminal.send("\x12");
    terminal.wait_for("DisableKey of 1 key?");
    acts_as(&home, "OTHER");
    terminal.send("y");
    terminal.wait_for("1 failed");
    terminal.wait_for("user/OTHER · profile changes");
    assert_eq!(fake.count("DisableKey"), 0);
    acts_as(&home, "SAME2");
    terminal.send("\x1b");
    terminal.wait_for("● Enabled");
    terminal.send("r");
    terminal.wait_for("user/SAME · profile changes");
    terminal.send("n");
    terminal.wait_for("EnableKeyRotation");
    terminal.go_to("AliasName");
    terminal.send("alias/new\x12");
    terminal.wait_for("Then CreateAlias");
    acts_as(&home, "OTHER");
    terminal.send("y");
    terminal.wait_for("user/OTHER · profile changes");
    assert_eq!(fake.count("CreateKey"), 0);
}

/// A credential_process that gives others while the console runs: nobody acts as somebody whom the
/// header does not name.
#[test]
fn the_header_says_who_has_taken_over() {
    let (told, home) = (Arc::new(AtomicBool::new(false)), Home::new(""));
    let answers = told.clone();
    let fake = Fake::refusing(move |asked| {
        // STS takes its time to say who the second is.
        let of_second = asked.operation == "GetCallerIdentity" && asked.signed_by() == "SECOND";
        while of_second && !answers.load(Ordering::Relaxed) {
            std::thread::sleep(Duration::from_millis(10));
        }
        None
    });
    changes_with_a_file(&home, "FIRST");
    let mut terminal = console(&home, &fake, &["--profile", "changes"], &[]);
    terminal.wait_for("user/FIRST · profile changes");
    acts_as(&home, "SECOND");
    terminal.send("r");
    terminal.wait_for("asking who you are · profile changes");
    assert!(
        !terminal.screen().contains("user/FIRST"),
        "{}",
        terminal.screen()
    );
    told.store(true, Ordering::Relaxed);
    terminal.wait_for("user/SECOND · profile changes");
    terminal.wait_for(
        "The credentials are others now: you act as arn:aws:iam::111122223333:user/SECOND.",
    );
    // Asked once for each.
    assert_eq!(fake.count("GetCallerIdentity"), 2);
    terminal.send("q");
    assert_eq!(terminal.wait_end(), 0);
}

#[test]
fn r_reads_credentials_anew_after_they_have_expired() {
    let fake = Fake::refusing(|asked| {
        let old = asked.signed_by() == "OLD" && asked.operation != "GetCallerIdentity";
        old.then(|| Answer::Status(400, r#"{"__type":"ExpiredTokenException","message":"The security token included in the request is expired"}"#.into()))
    });
    let home = Home::new("");
    let keys =
        |who: &str| format!("[prod]\naws_access_key_id = {who}\naws_secret_access_key = x\n");
    home.write(".aws/credentials", &keys("OLD"));
    let mut terminal = console(&home, &fake, &["--profile", "prod"], &[]);
    terminal.wait_for("ExpiredTokenException");
    home.write(".aws/credentials", &keys("NEW"));
    terminal.send("r");
    terminal.wait_for("user/NEW · profile prod");
    terminal.wait_for("● Enabled");
}

#[test]
fn a_slow_credential_process_is_said_to_be_waited_for_and_can_be_given_up() {
    let (home, fake) = (
        Home::new("[profile slow]\ncredential_process = sleep 60\n"),
        Fake::new(),
    );
    let mut terminal = console(&home, &fake, &["--profile", "slow"], &[]);
    terminal.wait_for("Waiting for credential_process of profile slow (1 s)");
    terminal.send("\x1b");
    terminal.wait_for("Given up; r begins again.");
    terminal.send("q");
    assert_eq!(terminal.wait_end(), 0);
}

/// It has the terminal for as long as it runs, and the screen comes back.
#[test]
fn a_credential_process_that_asks_is_run_with_the_terminal() {
    let fake = Fake::new();
    let home = Home::new("");
    let asks = home.write(
        "asks",
        "read -p 'PIN of the token: ' pin </dev/tty 2>/dev/tty || exit 1\n\
         echo '{\"Version\": 1, \"AccessKeyId\": \"PIN'$pin'\", \"SecretAccessKey\": \"x\"}'\n",
    );
    let config = format!(
        "[profile token]\ncredential_process = bash {}\n",
        asks.display()
    );
    home.write(".aws/config", &config);
    let mut terminal = console(&home, &fake, &["--profile", "token"], &[]);
    // Without it nothing of the screen is harmed.
    terminal.wait_for("The credential_process of profile token ended with exit status: 1");
    terminal.wait_for(":sign-in of the console runs it");
    terminal.send(":sign-in\r");
    terminal.wait_for("PIN of the token:");
    terminal.send("4711\r");
    terminal.wait_for("user/PIN4711 · profile token");
    terminal.wait_for("● Enabled");
    terminal.send("q");
    assert_eq!(terminal.wait_end(), 0);
    terminal.assert_given_back();
}

/// Two names for one thing: which of them counts would be a guess.
#[test]
fn a_principal_of_the_sandbox_is_named_once() {
    let args = [
        "--sandbox",
        "--sandbox-principal",
        "admin",
        "--profile",
        "nobody",
        "keys",
    ];
    let output = Home::new("").kmsdeck(&args).output().expect("kmsdeck runs");
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    assert!(
        said(&output).contains("--sandbox-principal"),
        "{}",
        said(&output)
    );
    assert!(said(&output).contains("--profile"), "{}", said(&output));
}

/// The SDK takes no other names; the AWS CLI does.
#[test]
fn a_name_that_the_sdk_does_not_read_is_said_to_be_one() {
    let (home, fake) = (Home::new(PROFILES), Fake::new());
    for (profile, word) in [("my prod", "another name"), ("größe", "ASCII")] {
        let said = refused(&mut home.kmsdeck(&keys(&fake, &["--profile", profile])));
        assert!(
            said.contains("reads no profile of the name") && said.contains(word),
            "{said}"
        );
    }
}

/// Near endpoints are asked without the proxy.
#[test]
fn a_container_gives_its_role_and_no_proxy_is_asked_for_it() {
    let fake = Fake::refusing(|asked| {
        asked.line.starts_with("GET /role").then(|| {
            Answer::Json(
                r#"{"AccessKeyId":"CONTAINER","SecretAccessKey":"x","Token":"t","Expiration":"2099-01-01T00:00:00Z"}"#
                    .into(),
            )
        })
    });
    let home = Home::new("");
    let mut command = home.kmsdeck(&keys(&fake, &[]));
    command.env(
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
        format!("{}/role", fake.url),
    );
    assert_eq!(acts(&mut command), "CONTAINER");
    // KMS itself would go by it.
    let said = refused(command.env("HTTP_PROXY", "http://127.0.0.1:9"));
    assert!(said.contains("ListKeys: ProxyFailed"), "{said}");
    assert!(
        said.contains("The proxy http://127.0.0.1:9 (HTTP_PROXY) cannot be reached"),
        "{said}"
    );
}

/// Every Region where botocore knows KMS to be, or that it knows at all.
#[test]
fn every_region_that_the_aws_cli_knows_can_be_chosen() {
    let Some(python) = crate::tools::python("the Regions that botocore knows") else {
        return;
    };
    let script = "import botocore.session\ns = botocore.session.get_session()\n\
        print(' '.join(r for p in s.get_available_partitions() \
        for r in s.get_available_regions('kms', p)))";
    let output = Command::new(python)
        .args(["-c", script])
        .output()
        .expect("Python runs");
    let known = String::from_utf8(output.stdout).expect("UTF-8");
    assert!(known.contains("us-east-1"), "{known}");
    for region in known
        .split_whitespace()
        .filter(|region| !region.ends_with("-fips"))
    {
        assert!(kmsdeck::kms::regions::REGIONS.contains(&region), "{region}");
    }
}

/// A cell that could not be asked about is neither a refusal nor a difference.
#[test]
fn a_matrix_without_credentials_knows_nothing_and_says_why() {
    let fake = Fake::refusing(|asked| {
        let is_asked = ![
            "ListKeys",
            "ListAliases",
            "DescribeKey",
            "GetCallerIdentity",
        ]
        .contains(&asked.operation.as_str());
        is_asked.then(|| {
            Answer::Status(
                400,
                r#"{"__type":"ExpiredTokenException","message":"The security token is expired"}"#
                    .into(),
            )
        })
    });
    let home = Home::new(PROFILES);
    let expected = home.write(
        "expected.json",
        r#"{"verdicts":{"alias/x":{"Decrypt":"would succeed"}}}"#,
    );
    let matrix = [
        "matrix",
        "--key-id",
        "alias/x",
        "--operations",
        "Decrypt",
        "Encrypt",
        "--endpoint-url",
        &fake.url,
    ];
    let said = refused(&mut home.kmsdeck(&matrix));
    assert!(
        said.contains("? 2 cells: ExpiredTokenException: The security token is expired"),
        "{said}"
    );
    let mut command = home.kmsdeck(&matrix);
    let said = refused(command.arg("--expect").arg(expected));
    assert!(said.contains("? 2 cells: ExpiredTokenException"), "{said}");
}

/// The clock of this machine is an hour behind: the matrix, whose calls are tried once, too.
#[test]
fn a_wrong_clock_is_made_up_for() {
    let fake = Fake::refusing(|asked| {
        let there = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(1);
        let date = there.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
        let signed = asked.headers.get("x-amz-date").cloned().unwrap_or_default();
        let is_now = signed.starts_with(&there.strftime("%Y%m%dT%H").to_string());
        Some(match is_now {
            false => Answer::Dated(date, 400, r#"{"__type":"InvalidSignatureException","message":"Signature expired: 1 is now earlier than 2"}"#.into()),
            true if asked.body.contains("DryRun") => Answer::Dated(date, 400, r#"{"__type":"DryRunOperationException","message":"it would"}"#.into()),
            true => match answer(asked) {
                Answer::Json(text) => Answer::Dated(date, 200, text),
                other => other,
            },
        })
    });
    let home = Home::new(PROFILES);
    assert_eq!(acts(&mut home.kmsdeck(&keys(&fake, &[]))), "DEFAULT");
    let matrix = [
        "matrix",
        "--key-id",
        "alias/x",
        "--operations",
        "Decrypt",
        "Encrypt",
        "--endpoint-url",
        &fake.url,
    ];
    let output = home.kmsdeck(&matrix).output().expect("it runs");
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
}

/// A served sandbox, until it is dropped: its endpoint, and the keys of its admin.
struct Served(std::process::Child, String, [(String, String); 2]);

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.0.kill();
    }
}

fn sandbox(trail: &Path) -> Served {
    let mut server = crate::tools::kmsdeck()
        .arg("--sandbox-trail")
        .arg(trail)
        .args(["sandbox", "serve", "--listen", "127.0.0.1:0"])
        .stdout(std::process::Stdio::piped())
        .spawn()
        .expect("the sandbox serves");
    let lines = std::io::BufReader::new(server.stdout.take().expect("its output"));
    let mut exported = std::collections::HashMap::new();
    for line in std::io::BufRead::lines(lines) {
        let line = line.expect("a line");
        if let Some((name, value)) = line.strip_prefix("export ").and_then(|l| l.split_once('=')) {
            exported.insert(name.to_owned(), value.trim_matches('\'').to_owned());
        }
        if exported.contains_key("AWS_SECRET_ACCESS_KEY")
            && exported.contains_key("AWS_ENDPOINT_URL")
        {
            break;
        }
    }
    let of = |name: &str| (name.to_owned(), exported[name].clone());
    let keys = [of("AWS_ACCESS_KEY_ID"), of("AWS_SECRET_ACCESS_KEY")];
    Served(server, exported["AWS_ENDPOINT_URL"].clone(), keys)
}

/// An STS that decides by trust policies: the sandbox's, whose trail tells who signed.
#[test]
fn roles_of_the_sandbox_are_assumed_by_code_and_by_token() {
    let home = Home::new("");
    let trail = home.path().join("trail");
    let served = sandbox(&trail);
    let token = home.write("token", &unsigned_token());
    home.write(
        ".aws/config",
        &format!(
            "
[profile key-admin]
role_arn = arn:aws:iam::111122223333:role/key-admin
credential_source = Environment
mfa_serial = arn:aws:iam::111122223333:mfa/admin
role_session_name = jane
[profile app]
role_arn = arn:aws:iam::111122223333:role/app
web_identity_token_file = {}
[profile partner]
role_arn = arn:aws:iam::111122223333:role/partner-access
credential_source = Environment
external_id = partner-4711
",
            token.display()
        ),
    );
    let kmsdeck = |args: &[&str]| {
        let args = [
            &[
                "--endpoint-url",
                &served.1,
                "describe",
                "--key-id",
                "alias/payments",
            ],
            args,
        ]
        .concat();
        let mut command = home.kmsdeck(&args);
        command.envs(served.2.iter().map(|(name, value)| (name, value)));
        // The SDK asks STS itself for a web identity.
        command.env("AWS_ENDPOINT_URL_STS", &served.1);
        command.output().expect("kmsdeck runs")
    };
    // A code that is wrong, one that is right.
    let output = kmsdeck(&["--profile", "key-admin", "--mfa-code", "123456"]);
    assert_eq!(output.status.code(), Some(3), "{}", said(&output));
    assert!(said(&output).contains("MfaRefused"), "{}", said(&output));
    let output = kmsdeck(&["--profile", "key-admin", "--mfa-code", "123455"]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let output = kmsdeck(&["--profile", "app"]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    // From this account it may not be assumed.
    let output = kmsdeck(&["--profile", "partner"]);
    assert_eq!(output.status.code(), Some(3), "{}", said(&output));
    assert!(
        said(&output).contains(
            "STS refuses the role arn:aws:iam::111122223333:role/partner-access: AccessDenied"
        ),
        "{}",
        said(&output)
    );
    let trail = std::fs::read_to_string(&trail).expect("the trail");
    let described: Vec<String> = trail
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).expect("JSON"))
        .filter(|event| event["eventName"] == "DescribeKey")
        .map(|event| {
            event["userIdentity"]["arn"]
                .as_str()
                .unwrap_or_default()
                .to_owned()
        })
        .collect();
    assert_eq!(
        described[0],
        "arn:aws:sts::111122223333:assumed-role/key-admin/jane"
    );
    assert!(
        described[1].starts_with("arn:aws:sts::111122223333:assumed-role/app/"),
        "{described:?}"
    );
    assert_eq!(described.len(), 2);
}

/// Of the kind that the sandbox takes in place of an identity provider's.
fn unsigned_token() -> String {
    use data_encoding::BASE64URL_NOPAD;
    let until = jiff::Timestamp::now().as_second() + 600;
    let head = BASE64URL_NOPAD.encode(br#"{"alg":"none"}"#);
    let claims = format!(
        r#"{{"iss":"https://oidc.sandbox.example","sub":"app:shop","aud":"sts.amazonaws.com","exp":{until}}}"#
    );
    format!("{head}.{}.", BASE64URL_NOPAD.encode(claims.as_bytes()))
}

#[test]
fn each_profile_of_a_matrix_signs_its_own_dry_runs_and_nobody_else_does() {
    let (home, fake) = (Home::new(PROFILES), Fake::new());
    let output = home
        .kmsdeck(&["--endpoint-url", &fake.url, "matrix"])
        .args(["--profiles", "default,prod", "--key-id", "alias/x"])
        .args(["--operations", "Encrypt", "--output", "csv"])
        .env("AWS_ACCESS_KEY_ID", "ENVIRONMENT")
        .env("AWS_SECRET_ACCESS_KEY", "x")
        .output()
        .expect("kmsdeck runs");
    let asked = fake.asked.lock().expect("the requests");
    let by: Vec<&str> = asked
        .iter()
        .filter(|asked| asked.operation == "Encrypt")
        .map(Asked::signed_by)
        .collect();
    assert_eq!(by, ["DEFAULT", "PROD"], "{}", said(&output));
    assert!(asked.iter().all(|asked| asked.signed_by() != "ENVIRONMENT"));
    let csv = String::from_utf8(output.stdout).expect("UTF-8");
    for who in ["user/DEFAULT,", "user/PROD,"] {
        assert!(csv.contains(who), "{csv}");
    }
}
