//! UpdateCustomKeyStore: another name, or what it is connected to.

use kmsdeck_policy::RequestContext;

use crate::call::Call;
use crate::handlers::create_custom_key_store::{Settings, check_unique, not_valid};
use crate::key_stores::{Backing, Connection, KeyStore, XksProxy};
use crate::spec::{Connectivity, Origin};
use crate::wire::{ApiError, ApiResult, Params, Reply};

/// What the name of a key store may ask this operation to fail with, when more is changed than that
/// name.
const EXCEPTIONS: &[&str] = &[
    "CloudHsmClusterInvalidConfigurationException",
    "CloudHsmClusterNotActiveException",
    "CloudHsmClusterNotFoundException",
    "CloudHsmClusterNotRelatedException",
    "XksProxyIncorrectAuthenticationCredentialException",
    "XksProxyInvalidConfigurationException",
    "XksProxyInvalidResponseException",
    "XksProxyUriUnreachableException",
    "XksProxyVpcEndpointServiceInvalidConfigurationException",
    "XksProxyVpcEndpointServiceNotFoundException",
];

pub(super) fn handle(call: &Call<'_>, params: &mut Params) -> ApiResult<Reply> {
    let id = params.required_text("CustomKeyStoreId", 1..=64);
    let name = params.text("NewCustomKeyStoreName", 1..=256);
    let settings = Settings::read(params);
    params.check()?;
    call.authorize_account(&RequestContext::default())?;
    let mut state = call.sandbox.state_mut();
    let before = call.key_store(&state, &id)?;
    check_connection(&before, &settings)?;
    let is_name_alone = settings.of_external().is_none() && settings.of_cloud_hsm().is_none();
    let after = KeyStore {
        name: name.unwrap_or_else(|| before.name.clone()),
        backing: change(&before.backing, settings)?,
        ..KeyStore::clone(&before)
    };
    check_unique(&state, &call.home, &after)?;
    if !is_name_alone {
        before.check(EXCEPTIONS)?;
    }
    state.put_key_store(&call.home, after);
    Ok(Reply::new())
}

/// A name, a proxy's path and its credential may be changed while it is connected; the rest, and of
/// a key store in any other state anything, only when it is disconnected.
fn check_connection(key_store: &KeyStore, settings: &Settings) -> ApiResult<()> {
    let wants_disconnected = settings.of_cloud_hsm().is_some()
        || settings.endpoint.is_some()
        || settings.vpc_service.is_some()
        || settings.vpc_service_owner.is_some()
        || settings.connectivity.is_some();
    match key_store.connection {
        Connection::Disconnected => Ok(()),
        Connection::Connected if !wants_disconnected => Ok(()),
        _ => Err(key_store.invalid_state()),
    }
}

fn change(backing: &Backing, settings: Settings) -> ApiResult<Backing> {
    match backing {
        Backing::CloudHsm {
            cluster,
            trust_anchor,
        } => match settings.of_external() {
            Some(member) => Err(not_valid(member, Origin::CloudHsm)),
            None => Ok(Backing::CloudHsm {
                cluster: settings.cluster.unwrap_or_else(|| cluster.clone()),
                trust_anchor: trust_anchor.clone(),
            }),
        },
        Backing::External(proxy) => match settings.of_cloud_hsm() {
            Some(member) => Err(not_valid(member, Origin::ExternalKeyStore)),
            None => change_proxy(proxy, settings).map(Backing::External),
        },
    }
}

fn change_proxy(proxy: &XksProxy, settings: Settings) -> ApiResult<XksProxy> {
    let connectivity = settings.connectivity.unwrap_or(proxy.connectivity);
    if connectivity != proxy.connectivity && settings.endpoint.is_none() {
        return Err(ApiError::validation(
            "With another XksProxyConnectivity the XksProxyUriEndpoint must be changed, too.",
        ));
    }
    let is_public = connectivity == Connectivity::PublicEndpoint;
    let vpc_service = match (is_public, settings.vpc_service) {
        (true, Some(_)) => {
            return Err(not_valid(
                "XksProxyVpcEndpointServiceName",
                Origin::ExternalKeyStore,
            ));
        }
        (true, None) => None,
        (false, given) => Some(given.or_else(|| proxy.vpc_service.clone()).ok_or_else(|| {
            ApiError::validation(
                "With the XksProxyConnectivity VPC_ENDPOINT_SERVICE the XksProxyVpcEndpointServiceName must be given.",
            )
        })?),
    };
    let owner = settings.vpc_service_owner;
    let owner = owner.or_else(|| proxy.vpc_service_owner.clone());
    let or = |given: Option<String>, before: &String| given.unwrap_or_else(|| before.clone());
    Ok(XksProxy {
        connectivity,
        endpoint: or(settings.endpoint, &proxy.endpoint),
        path: or(settings.path, &proxy.path),
        access_key_id: or(settings.access_key_id, &proxy.access_key_id),
        vpc_service,
        vpc_service_owner: owner.filter(|_| !is_public),
    })
}
