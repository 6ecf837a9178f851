//! `kmsdeck sandbox serve`: the sandbox over loopback HTTP.

use std::process::ExitCode;
use std::sync::Arc;

use clap::ArgMatches;
use tokio::net::TcpListener;

use super::output;
use crate::platform::end_signal::end_signal;

pub(super) async fn run(matches: &ArgMatches, sandbox_matches: &ArgMatches) -> ExitCode {
    let Some(("serve", serve)) = sandbox_matches.subcommand() else {
        return super::exit::USAGE.into();
    };
    let Some(listen) = serve.get_one::<std::net::SocketAddr>("listen").copied() else {
        return super::exit::USAGE.into();
    };
    if !listen.ip().is_loopback() && !serve.get_flag("allow-remote") {
        output::complain(&format!(
            "--listen {listen} is no loopback address, and the sandbox's credentials are public: \
             use 127.0.0.1, or add --allow-remote"
        ));
        return super::exit::USAGE.into();
    }
    let sandbox = match super::args::sandbox(matches) {
        Ok(sandbox) => Arc::new(sandbox),
        Err(problem) => {
            output::complain(&problem);
            return super::exit::USAGE.into();
        }
    };
    let listener = match TcpListener::bind(listen).await {
        Ok(listener) => listener,
        Err(error) => {
            output::complain(&format!(
                "cannot listen on {listen}: {error}; choose another port with --listen"
            ));
            return super::exit::NOT_KNOWN.into();
        }
    };
    let address = listener.local_addr().unwrap_or(listen);
    let wanted = matches.get_one::<String>("sandbox-principal");
    let principal = match wanted {
        Some(name) => sandbox.principals().iter().find(|p| p.name == *name),
        None => sandbox.principals().first(),
    };
    let Some(principal) = principal else {
        let names: Vec<&str> = sandbox
            .principals()
            .iter()
            .map(|p| p.name.as_str())
            .collect();
        output::complain(&format!(
            "--sandbox-principal is one of {}",
            names.join(", ")
        ));
        return super::exit::USAGE.into();
    };
    let region = sandbox
        .regions()
        .first()
        .map_or("us-east-1", String::as_str);
    // boto3 knows the one name of it alone, and others the other.
    let told = output::print(&format!(
        "# The sandbox listens on {address}. As {}:\n\
         export AWS_ENDPOINT_URL=http://{address}\n\
         export AWS_REGION={region}\n\
         export AWS_ACCESS_KEY_ID={}\n\
         export AWS_SECRET_ACCESS_KEY={}\n\
         export AWS_DEFAULT_REGION={region}",
        principal.name, principal.access_key_id, principal.secret_access_key
    ));
    if let Some(code) = super::exit::unwritten(told) {
        return code;
    }
    let stop = async {
        end_signal(false).await;
    };
    let hosts = serve.get_many::<String>("allow-host");
    let options = kmsdeck_sandbox::ServeOptions {
        hosts: hosts.into_iter().flatten().cloned().collect(),
        allows_reset: serve.get_flag("allow-reset"),
        ..kmsdeck_sandbox::ServeOptions::default()
    };
    match kmsdeck_sandbox::serve(sandbox, listener, options, stop).await {
        Ok(()) => super::exit::DONE.into(),
        Err(error) => {
            output::complain(&format!("the sandbox stopped: {error}"));
            super::exit::NOT_KNOWN.into()
        }
    }
}
