//! `credential_process`: a program of the user's that prints credentials (AWS SDKs and Tools
//! Reference Guide, "Process credential provider").
//!
//! It has no terminal while the console has it: what asks there gets an error instead of a ruined
//! screen.

use std::process::Stdio;
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_credential_types::provider::ProvideCredentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::future::ProvideCredentials as Provided;
use jiff::Timestamp;
use process_wrap::tokio::{CommandWrap, KillOnDrop};
use serde::Deserialize;

use super::expiry::system_time;
use super::source::ProcessOf;
use super::waiting::Waiting;
use crate::gateway::mfa::KeptSessions;

/// How long a program may take: someone may have to touch a device.
pub(super) const PATIENCE: Duration = Duration::from_secs(120);

/// Why a program gave no credentials.
#[derive(Debug, thiserror::Error)]
pub(in crate::gateway) enum ProcessError {
    #[error("The credential_process of profile {profile} cannot be started")]
    NotStarted {
        profile: String,
        source: std::io::Error,
    },
    /// With what it wrote to its standard error.
    #[error(
        "The credential_process of profile {profile} ended with {status}{}",
        after_colon(said)
    )]
    Failed {
        profile: String,
        status: String,
        said: String,
        /// Whether it could ask on the terminal.
        had_terminal: bool,
    },
    #[error(
        "The credential_process of profile {profile} gave no answer in {} s",
        PATIENCE.as_secs()
    )]
    TimedOut { profile: String },
    #[error("The credential_process of profile {profile} printed no credentials: {why}")]
    Unreadable { profile: String, why: String },
}

fn after_colon(said: &str) -> String {
    match said.is_empty() {
        true => String::new(),
        false => format!(": {said}"),
    }
}

/// Runs the program each time that its credentials are asked for; the SDK keeps what it gives
/// until it expires.
#[derive(Debug, Clone)]
pub(in crate::gateway) struct ProcessProvider {
    pub process: ProcessOf,
    pub waiting: Waiting,
    /// What it gave when it was run with the terminal.
    pub sessions: KeptSessions,
    /// Whether the program may use the terminal: headless, as with the AWS CLI.
    pub has_terminal: bool,
}

/// What it prints. Names in any case would be taken by the SDK; the guide has these.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Printed {
    version: u32,
    access_key_id: String,
    secret_access_key: String,
    session_token: Option<String>,
    expiration: Option<String>,
}

impl ProcessProvider {
    /// Under which name what it gives is kept.
    pub(in crate::gateway) fn key(&self) -> String {
        format!("credential_process of {}", self.process.profile)
    }

    pub(in crate::gateway) async fn credentials(self) -> Result<Credentials, ProcessError> {
        let profile = self.process.profile.clone();
        if let Some(kept) = self.sessions.get(&self.key()) {
            return Ok(kept);
        }
        let _waiting = self
            .waiting
            .begin(format!("credential_process of profile {profile}"));
        let not_started = |source| ProcessError::NotStarted {
            profile: profile.clone(),
            source,
        };
        let mut command = shell(&self.process.command);
        command.stdout(Stdio::piped());
        match self.has_terminal {
            // What it asks is asked of whoever sits there.
            true => command.stdin(Stdio::inherit()).stderr(Stdio::inherit()),
            false => command.stdin(Stdio::null()).stderr(Stdio::piped()),
        };
        let mut command = CommandWrap::from(command);
        command.wrap(KillOnDrop);
        #[cfg(unix)]
        if !self.has_terminal {
            // A session of its own has no terminal.
            command.wrap(process_wrap::tokio::ProcessSession);
        }
        let child = command.spawn().map_err(not_started)?;
        let mut group = Group(child.id().filter(|_| !self.has_terminal));
        let ended = tokio::time::timeout(PATIENCE, Box::into_pin(child.wait_with_output())).await;
        let output = match ended {
            Ok(output) => output.map_err(not_started)?,
            Err(_) => return Err(ProcessError::TimedOut { profile }),
        };
        group.0 = None;
        if !output.status.success() {
            return Err(ProcessError::Failed {
                profile,
                status: output.status.to_string(),
                said: first_lines(&output.stderr),
                had_terminal: self.has_terminal,
            });
        }
        read(&output.stdout).map_err(|why| ProcessError::Unreadable { profile, why })
    }
}

/// Ends what a program has started, where it is given up before its own end.
struct Group(Option<u32>);

impl Drop for Group {
    fn drop(&mut self) {
        #[cfg(unix)]
        if let Some(leader) = self
            .0
            .and_then(|id| rustix::process::Pid::from_raw(id as i32))
        {
            let _ = rustix::process::kill_process_group(leader, rustix::process::Signal::KILL);
        }
    }
}

impl ProvideCredentials for ProcessProvider {
    fn provide_credentials<'a>(&'a self) -> Provided<'a>
    where
        Self: 'a,
    {
        Provided::new(async {
            let made = self.clone().credentials().await;
            made.map_err(CredentialsError::provider_error)
        })
    }
}

#[cfg(unix)]
fn shell(line: &str) -> tokio::process::Command {
    let mut command = tokio::process::Command::new("sh");
    command.args(["-c", line]);
    command
}

#[cfg(windows)]
fn shell(line: &str) -> tokio::process::Command {
    let mut command = tokio::process::Command::new("cmd.exe");
    // As cmd.exe wants it: the whole line in quotes of its own.
    command.arg("/C").raw_arg(format!("\"{line}\""));
    command
}

/// Credentials as they are printed. Nothing of what was printed is in the error: it may be secret.
fn read(printed: &[u8]) -> Result<Credentials, String> {
    let printed: Printed =
        serde_json::from_slice(printed).map_err(|error| match error.classify() {
            serde_json::error::Category::Data => {
                "it is JSON without Version, AccessKeyId or SecretAccessKey".to_owned()
            }
            _ => format!(
                "it is no JSON at line {}, column {}",
                error.line(),
                error.column()
            ),
        })?;
    if printed.version != 1 {
        return Err(format!("its Version is {}, and must be 1", printed.version));
    }
    let expiry = match &printed.expiration {
        None => None,
        Some(text) => {
            let at: Timestamp = text.parse().map_err(|_| {
                format!("its Expiration is {text:?}, and must be as 2026-01-31T12:00:00Z")
            })?;
            Some(system_time(at))
        }
    };
    if expiry.is_some_and(|expiry| expiry <= SystemTime::now()) {
        return Err("they have expired already".to_owned());
    }
    Ok(Credentials::new(
        printed.access_key_id,
        printed.secret_access_key,
        printed.session_token,
        expiry,
        "credential_process",
    ))
}

/// The beginning of what a program said, on one line.
fn first_lines(said: &[u8]) -> String {
    let said = String::from_utf8_lossy(said);
    let lines: Vec<&str> = said
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    let text = lines.join(" ");
    match text.char_indices().nth(300) {
        Some((end, _)) => format!("{} …", &text[..end]),
        None => text,
    }
}
