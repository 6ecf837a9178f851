//! What is looked at of the way to AWS: settings, proxy, certificates, credentials; and what STS
//! and KMS answer.

use std::env;
use std::path::PathBuf;
use std::time::Instant;

use jiff::SignedDuration;

use super::finding::Finding;
use crate::gateway::profiles::profiles;
use crate::gateway::record::dated;
use crate::gateway::{
    Origin, Place, Session, Setting, Settings, Target, certificates_of_system, connect, proxy_to,
};
use crate::kms::text::counted;
use crate::platform::blocking::blocking;
use crate::platform::dirs;
use crate::reads::{self, ResourceOwner};

/// Beyond this, AWS refuses a signature (AWS general reference, "Signature Version 4").
const MOST_SKEW: SignedDuration = SignedDuration::from_mins(5);

/// What an answer may take on its way, and a second for that a date has no fractions.
const NO_SKEW: SignedDuration = SignedDuration::from_secs(5);

/// All of it, in the order in which it is told.
pub(super) async fn findings(target: &Target) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut region = None;
    if let Place::Aws { profile, .. } = &target.place {
        findings.push(files().await);
        let (told, set) = settings(target, profile.as_deref()).await;
        findings.extend(told);
        region = set;
    }
    let session = match connect(target).await {
        Ok(session) => session,
        Err(error) => {
            // What is wrong with a setting was told with it.
            if !findings
                .iter()
                .any(|told| told.text.contains(&error.message))
            {
                findings.push(Finding::failed("connection", &error));
            }
            return findings;
        }
    };
    findings.push(region_of(&session, region));
    findings.extend(places(&session));
    findings.push(origin(target, &session).await);
    findings.extend(answers(&session).await);
    findings
}

/// AWS's own configuration files.
async fn files() -> Finding {
    const NAME: &str = "AWS files";
    let named = env::var_os("AWS_CONFIG_FILE").filter(|path| !path.is_empty());
    let file = match named {
        None => "~/.aws/config".to_owned(),
        Some(path) => dirs::shown(&PathBuf::from(path)),
    };
    match profiles().await.map(|profiles| profiles.len()) {
        Err(error) => Finding::failed(NAME, &error),
        Ok(0) => Finding::note(NAME, format!("no profile, in {file} or beside it")),
        Ok(count) => Finding::ok(NAME, counted(count, "profile")),
    }
}

/// Certificates, and what is wrong with other settings; and the Region that is set.
async fn settings(
    target: &Target,
    profile: Option<&str>,
) -> (Vec<Finding>, Option<Setting<String>>) {
    let region = target.region.as_deref();
    let read = Settings::read(profile, region, target.ca_bundle.as_deref()).await;
    // What is wrong was told of the files.
    let Ok(settings) = read else {
        return (Vec::new(), None);
    };
    let mut findings = vec![certificates(target, &settings).await];
    if let Err(error) = &settings.proxies {
        findings.push(Finding::failed("proxy", error));
    }
    match settings.region {
        Ok(region) => (findings, region),
        Err(error) => {
            findings.push(Finding::failed("Region", &error));
            (findings, None)
        }
    }
}

async fn certificates(target: &Target, settings: &Settings) -> Finding {
    const NAME: &str = "certificates";
    if !target.verifies_tls {
        return Finding::note(NAME, "not checked, by --no-verify-ssl")
            .better("Leave it out: whoever stands between can read and change everything.");
    }
    let bundle = match &settings.ca_bundle {
        Ok(bundle) => bundle.as_ref(),
        Err(error) => return Finding::failed(NAME, error),
    };
    let bundle = bundle.map(|bundle| {
        let path = dirs::shown(&bundle.value);
        format!("{path}, by {}", bundle.set_by)
    });
    match (blocking(certificates_of_system).await, bundle) {
        (Ok(0) | Err(_), None) => Finding::wrong(
            NAME,
            "the system has none: no endpoint of AWS can be trusted",
            "Install them (the package ca-certificates), or name a file by --ca-bundle.",
        ),
        (Ok(0) | Err(_), Some(bundle)) => Finding::ok(NAME, format!("none but {bundle}")),
        (Ok(count), None) => Finding::ok(NAME, format!("{count} of the system")),
        (Ok(count), Some(bundle)) => {
            Finding::ok(NAME, format!("{count} of the system, and {bundle}"))
        }
    }
}

fn region_of(session: &Session, set: Option<Setting<String>>) -> Finding {
    let set_by = match (set, session.is_sandbox) {
        (Some(set), _) => set.set_by,
        (None, true) => "the sandbox",
        (None, false) => "this machine's metadata service",
    };
    Finding::ok("Region", format!("{}, by {set_by}", session.region))
}

/// Where the calls go, and by which proxy.
fn places(session: &Session) -> Vec<Finding> {
    let (kms, sts) = (session.endpoint_text(), session.sts_text());
    let endpoint = match &session.endpoint {
        Some(_) => Finding::note(
            "endpoint",
            format!("{kms}, not AWS's usual one; STS: {sts}"),
        ),
        None => Finding::ok("endpoint", format!("{kms}; STS: {sts}")),
    };
    if session.is_sandbox {
        return vec![endpoint];
    }
    let proxy = match proxy_to(&kms) {
        Some(proxy) => Finding::ok("proxy", proxy),
        None => Finding::ok("proxy", "none for that host"),
    };
    vec![endpoint, proxy]
}

async fn origin(target: &Target, session: &Session) -> Finding {
    const NAME: &str = "credentials";
    let role = match &target.place {
        Place::Aws {
            role: Some(role), ..
        } => format!(", then the role {}", role.arn),
        _ => String::new(),
    };
    match session.origin() {
        Origin::Sandbox => {
            let name = session.profile.as_deref().unwrap_or_default();
            Finding::ok(NAME, format!("the sandbox's principal {name}"))
        }
        Origin::Profile(name) => {
            let known = profiles().await.unwrap_or_default();
            let profile = known.into_iter().find(|profile| profile.name == *name);
            let source = profile.and_then(|profile| profile.source);
            let source = source.map(|source| format!(" ({source})"));
            Finding::ok(
                NAME,
                format!("profile {name}{}{role}", source.unwrap_or_default()),
            )
        }
        Origin::Environment => {
            let text = format!("keys of the environment (AWS_ACCESS_KEY_ID){role}");
            match ["AWS_DEFAULT_PROFILE", "AWS_PROFILE"]
                .into_iter()
                .find(|name| env::var_os(name).is_some_and(|value| !value.is_empty()))
            {
                None => Finding::ok(NAME, text),
                Some(name) => Finding::note(NAME, format!("{text}, before {name}"))
                    .better("For the profile, name it: --profile NAME."),
            }
        }
        Origin::Machine => Finding::ok(
            NAME,
            format!("of this machine: a web identity, its container or its role{role}"),
        ),
    }
}

/// Who STS says one is, whether KMS answers, and what their dates say of this machine's clock.
async fn answers(session: &Session) -> Vec<Finding> {
    let ((caller, by_sts), (kms, by_kms)) =
        tokio::join!(dated(principal(session)), dated(kms(session)));
    let mut findings = vec![caller, kms];
    findings.push(match by_sts.or(by_kms) {
        Some(ahead) => clock(ahead),
        None if session.is_sandbox => Finding::ok("clock", "the sandbox goes by this machine's"),
        None => Finding::note("clock", "not known: no answer had a date"),
    });
    findings
}

async fn principal(session: &Session) -> Finding {
    const NAME: &str = "principal";
    match reads::caller_identity(session).await {
        Ok(caller) => Finding::ok(NAME, format!("{}, says STS", caller.arn)),
        Err(error) => Finding::failed(NAME, &error),
    }
}

async fn kms(session: &Session) -> Finding {
    const NAME: &str = "KMS";
    let begun = Instant::now();
    let listed = reads::list_keys(session, ResourceOwner::Own, None).await;
    let took = format!("answers in {} ms", begun.elapsed().as_millis());
    match listed {
        Ok(_) => Finding::ok(NAME, format!("{took}: keys can be listed")),
        Err(error) if error.is_access_denied() => {
            Finding::note(NAME, format!("{took}: this principal may not list keys"))
                .better("The console opens keys by name all the same: g and o on the empty list.")
        }
        Err(error) => Finding::failed(NAME, &error),
    }
}

fn clock(ahead: SignedDuration) -> Finding {
    const NAME: &str = "clock";
    let off = ahead.abs();
    let seconds = off.as_secs();
    let text = match ahead.is_negative() {
        true => format!("{seconds} s behind the answer's"),
        false => format!("{seconds} s ahead of the answer's"),
    };
    if off <= NO_SKEW {
        return Finding::ok(NAME, "right, by the answer's date");
    }
    let todo = "Set this machine's clock, as by timedatectl set-ntp true.";
    match off < MOST_SKEW {
        true => Finding::note(NAME, text).better(todo),
        false => Finding::wrong(NAME, format!("{text}: AWS takes five minutes"), todo),
    }
}

#[cfg(test)]
mod tests {
    use super::super::finding::State;
    use super::*;

    #[test]
    fn a_clock_is_wrong_from_what_aws_takes_on() {
        let state = |seconds| clock(SignedDuration::from_secs(seconds)).state;
        assert_eq!([0, 5, -5].map(state), [State::Ok; 3]);
        assert_eq!([6, -299].map(state), [State::Note; 2]);
        assert_eq!([300, -4000].map(state), [State::Wrong; 2]);
        let ahead = clock(SignedDuration::from_secs(-400)).text;
        assert!(ahead.starts_with("400 s behind"), "{ahead}");
    }
}
