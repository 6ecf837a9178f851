//! CreateCustomKeyStore: of a CloudHSM cluster, or of an external key store's proxy.

use kmsdeck_policy::RequestContext;
use zeroize::Zeroizing;

use crate::account::{Home, State};
use crate::call::Call;
use crate::key_stores::{Backing, Connection, KeyStore, XksProxy};
use crate::seed::mix;
use crate::spec::{Connectivity, Origin};
use crate::wire::{ApiError, ApiResult, Params, Reply};

/// What the name of a key store may ask this operation to fail with.
const EXCEPTIONS: &[&str] = &[
    "CloudHsmClusterInvalidConfigurationException",
    "CloudHsmClusterNotActiveException",
    "CloudHsmClusterNotFoundException",
    "IncorrectTrustAnchorException",
    "XksProxyIncorrectAuthenticationCredentialException",
    "XksProxyInvalidConfigurationException",
    "XksProxyInvalidResponseException",
    "XksProxyUriUnreachableException",
    "XksProxyVpcEndpointServiceInvalidConfigurationException",
    "XksProxyVpcEndpointServiceNotFoundException",
];

/// Of an account in a Region (developer guide, "Resource quotas").
const MOST_KEY_STORES: usize = 10;

pub(super) fn handle(call: &Call<'_>, params: &mut Params) -> ApiResult<Reply> {
    let name = params.required_text("CustomKeyStoreName", 1..=256);
    let kind = params.choice(
        "CustomKeyStoreType",
        &["AWS_CLOUDHSM", "EXTERNAL_KEY_STORE"],
    );
    let trust_anchor = params.text("TrustAnchorCertificate", 1..=5000);
    let settings = Settings::read(params);
    params.check()?;
    call.authorize_account(&RequestContext::default())?;
    let backing = match kind {
        Some("EXTERNAL_KEY_STORE") => {
            if trust_anchor.is_some() {
                return Err(not_valid(
                    "TrustAnchorCertificate",
                    Origin::ExternalKeyStore,
                ));
            }
            settings.external()?
        }
        _ => settings.cloud_hsm(trust_anchor)?,
    };
    let number = call.sandbox.next_made();
    let key_store = KeyStore {
        id: format!("cks-{:016x}0", mix(0xC125_0000_0000_0000 + number)),
        name,
        created: call.now,
        backing,
        connection: Connection::Disconnected,
    };
    let mut state = call.sandbox.state_mut();
    check_unique(&state, &call.home, &key_store)?;
    key_store.check(EXCEPTIONS)?;
    let count = state.store(&call.home).map(|store| store.key_stores.len());
    if count >= Some(MOST_KEY_STORES) {
        return Err(ApiError::new(
            "LimitExceededException",
            format!("An account has at most {MOST_KEY_STORES} custom key stores in a Region."),
        ));
    }
    let reply = Reply::new().set("CustomKeyStoreId", key_store.id.as_str());
    state.put_key_store(&call.home, key_store);
    Ok(reply)
}

/// The members that CreateCustomKeyStore and UpdateCustomKeyStore have.
#[derive(Default)]
pub(super) struct Settings {
    pub cluster: Option<String>,
    /// That there is one: no password is kept.
    pub has_password: bool,
    pub endpoint: Option<String>,
    pub path: Option<String>,
    pub vpc_service: Option<String>,
    pub vpc_service_owner: Option<String>,
    pub access_key_id: Option<String>,
    pub connectivity: Option<Connectivity>,
}

impl Settings {
    pub(super) fn read(params: &mut Params) -> Settings {
        let cluster = params.matching(
            "CloudHsmClusterId",
            19..=24,
            "cluster-[2-7a-zA-Z]{11,16}",
            |text| {
                let rest = text.strip_prefix("cluster-").unwrap_or_default();
                let is_allowed = |c: char| matches!(c, '2'..='7') || c.is_ascii_alphabetic();
                (11..=16).contains(&rest.len()) && rest.chars().all(is_allowed)
            },
        );
        let password = params.sensitive("KeyStorePassword", 7..=32, "", |_| true);
        let endpoint = params.matching(
            "XksProxyUriEndpoint",
            10..=128,
            "^https://[a-zA-Z0-9.-]+$",
            |text| {
                let host = text.strip_prefix("https://").unwrap_or_default();
                let is_allowed = |c: char| c.is_ascii_alphanumeric() || ".-".contains(c);
                !host.is_empty() && host.chars().all(is_allowed)
            },
        );
        let path = params.matching(
            "XksProxyUriPath",
            10..=128,
            "^(/[a-zA-Z0-9\\/_-]+/kms/xks/v\\d{1,2})$|^(/kms/xks/v\\d{1,2})$",
            is_proxy_path,
        );
        let vpc_service = params.matching(
            "XksProxyVpcEndpointServiceName",
            20..=64,
            "^(com|eu)\\.amazonaws\\.vpce\\.([a-z]+-){2,3}\\d+\\.vpce-svc-[0-9a-z]+$",
            is_vpc_service,
        );
        let vpc_service_owner = params.matching(
            "XksProxyVpcEndpointServiceOwner",
            12..=12,
            "[0-9]{12}",
            |text| text.bytes().all(|b| b.is_ascii_digit()),
        );
        let credential = params.object("XksProxyAuthenticationCredential");
        let access_key_id = credential.map(|mut credential| {
            credential.require("AccessKeyId");
            credential.require("RawSecretAccessKey");
            let id = credential.sensitive("AccessKeyId", 20..=30, "^[A-Z2-7]+$", |text| {
                text.chars().all(|c| matches!(c, 'A'..='Z' | '2'..='7'))
            });
            let pattern = "^[a-zA-Z0-9\\/+=]+$";
            credential.sensitive("RawSecretAccessKey", 43..=64, pattern, |text| {
                text.chars()
                    .all(|c| c.is_ascii_alphanumeric() || "/+=".contains(c))
            });
            params.merge(credential);
            id.map(|id: Zeroizing<String>| id.to_string())
                .unwrap_or_default()
        });
        let connectivity = params.choice("XksProxyConnectivity", Connectivity::NAMES);
        Settings {
            cluster,
            has_password: password.is_some(),
            endpoint,
            path,
            vpc_service,
            vpc_service_owner,
            access_key_id,
            connectivity: connectivity.and_then(Connectivity::from_name),
        }
    }

    /// A member that is for external key stores only, if there is one.
    pub(super) fn of_external(&self) -> Option<&'static str> {
        let given = [
            ("XksProxyUriEndpoint", self.endpoint.is_some()),
            ("XksProxyUriPath", self.path.is_some()),
            ("XksProxyVpcEndpointServiceName", self.vpc_service.is_some()),
            (
                "XksProxyVpcEndpointServiceOwner",
                self.vpc_service_owner.is_some(),
            ),
            (
                "XksProxyAuthenticationCredential",
                self.access_key_id.is_some(),
            ),
            ("XksProxyConnectivity", self.connectivity.is_some()),
        ];
        given
            .iter()
            .find(|(_, is_given)| *is_given)
            .map(|(name, _)| *name)
    }

    /// A member that is for CloudHSM key stores only, if there is one.
    pub(super) fn of_cloud_hsm(&self) -> Option<&'static str> {
        match (&self.cluster, self.has_password) {
            (Some(_), _) => Some("CloudHsmClusterId"),
            (_, true) => Some("KeyStorePassword"),
            _ => None,
        }
    }

    fn cloud_hsm(self, trust_anchor: Option<String>) -> ApiResult<Backing> {
        if let Some(member) = self.of_external() {
            return Err(not_valid(member, Origin::CloudHsm));
        }
        let of = Origin::CloudHsm;
        let cluster = required(self.cluster, "CloudHsmClusterId", of)?;
        required(self.has_password.then_some(()), "KeyStorePassword", of)?;
        let trust_anchor = required(trust_anchor, "TrustAnchorCertificate", of)?;
        if !trust_anchor.contains("-----BEGIN CERTIFICATE-----") {
            return Err(ApiError::new(
                "IncorrectTrustAnchorException",
                "The trust anchor certificate is no certificate in PEM.",
            ));
        }
        Ok(Backing::CloudHsm {
            cluster,
            trust_anchor,
        })
    }

    fn external(self) -> ApiResult<Backing> {
        if let Some(member) = self.of_cloud_hsm() {
            return Err(not_valid(member, Origin::ExternalKeyStore));
        }
        let of = Origin::ExternalKeyStore;
        let connectivity = required(self.connectivity, "XksProxyConnectivity", of)?;
        let is_public = connectivity == Connectivity::PublicEndpoint;
        if is_public && self.vpc_service.is_some() {
            return Err(not_valid("XksProxyVpcEndpointServiceName", of));
        }
        if !is_public {
            let service = self.vpc_service.as_ref();
            required(service, "XksProxyVpcEndpointServiceName", of)?;
        }
        Ok(Backing::External(XksProxy {
            connectivity,
            endpoint: required(self.endpoint, "XksProxyUriEndpoint", of)?,
            path: required(self.path, "XksProxyUriPath", of)?,
            access_key_id: required(self.access_key_id, "XksProxyAuthenticationCredential", of)?,
            vpc_service: self.vpc_service,
            vpc_service_owner: self.vpc_service_owner,
        }))
    }
}

fn required<T>(value: Option<T>, member: &str, of: Origin) -> ApiResult<T> {
    value.ok_or_else(|| {
        ApiError::validation(format!(
            "{member} is required for a custom key store of type {}.",
            of.name()
        ))
    })
}

pub(super) fn not_valid(member: &str, of: Origin) -> ApiError {
    ApiError::validation(format!(
        "{member} is not valid for a custom key store of type {}.",
        of.name()
    ))
}

/// `/kms/xks/v1`, with or without something before it.
fn is_proxy_path(text: &str) -> bool {
    let Some((prefix, version)) = text.rsplit_once("/kms/xks/v") else {
        return false;
    };
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || "/_-".contains(c);
    let is_prefix = prefix.is_empty()
        || prefix
            .strip_prefix('/')
            .is_some_and(|rest| !rest.is_empty() && rest.chars().all(is_allowed));
    is_prefix && (1..=2).contains(&version.len()) && version.bytes().all(|b| b.is_ascii_digit())
}

/// `com.amazonaws.vpce.us-east-1.vpce-svc-0123456789abcdef0`.
fn is_vpc_service(text: &str) -> bool {
    let parts: Vec<&str> = text.split('.').collect();
    let ["com" | "eu", "amazonaws", "vpce", region, service] = parts[..] else {
        return false;
    };
    let is_name = |c: char| c.is_ascii_digit() || c.is_ascii_lowercase();
    let name = service.strip_prefix("vpce-svc-").unwrap_or_default();
    crate::identity::is_region(region) && !name.is_empty() && name.chars().all(is_name)
}

/// Nothing of it is another key store's (API reference, CreateCustomKeyStore).
pub(super) fn check_unique(state: &State, home: &Home, key_store: &KeyStore) -> ApiResult<()> {
    let others = state
        .store(home)
        .into_iter()
        .flat_map(|store| store.key_stores.values());
    let refuse = |name, message: &str| Err(ApiError::new(name, message));
    for other in others.filter(|other| other.id != key_store.id) {
        if other.name == key_store.name {
            return refuse(
                "CustomKeyStoreNameInUseException",
                "The custom key store name is in use.",
            );
        }
        match (&other.backing, &key_store.backing) {
            (Backing::CloudHsm { cluster: a, .. }, Backing::CloudHsm { cluster: b, .. })
                if a == b =>
            {
                return refuse(
                    "CloudHsmClusterInUseException",
                    "The CloudHSM cluster is associated with another key store.",
                );
            }
            (Backing::External(a), Backing::External(b)) => check_proxies(a, b)?,
            _ => {}
        }
    }
    Ok(())
}

fn check_proxies(one: &XksProxy, other: &XksProxy) -> ApiResult<()> {
    let refuse = |name, message: &str| Err(ApiError::new(name, message));
    let has_endpoint = one.endpoint == other.endpoint;
    if has_endpoint && one.path == other.path {
        return refuse(
            "XksProxyUriInUseException",
            "The proxy URI endpoint and path are another external key store's.",
        );
    }
    let are_public = [one, other].map(|proxy| proxy.connectivity == Connectivity::PublicEndpoint);
    if has_endpoint && are_public != [true, true] {
        return refuse(
            "XksProxyUriEndpointInUseException",
            "The proxy URI endpoint is another external key store's.",
        );
    }
    if one.vpc_service.is_some() && one.vpc_service == other.vpc_service {
        return refuse(
            "XksProxyVpcEndpointServiceInUseException",
            "The VPC endpoint service is another external key store's.",
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_and_services_are_those_of_the_api_model() {
        for (path, is_one) in [
            ("/kms/xks/v1", true),
            ("/example/kms/xks/v1", true),
            ("/a/b_c-d/kms/xks/v12", true),
            ("/kms/xks/v123", false),
            ("kms/xks/v1", false),
            ("/a b/kms/xks/v1", false),
            ("//kms/xks/v1", false),
            ("/example/kms/xks/", false),
        ] {
            assert_eq!(is_proxy_path(path), is_one, "{path}");
        }
        for (service, is_one) in [
            (
                "com.amazonaws.vpce.us-east-1.vpce-svc-0123456789abcdef0",
                true,
            ),
            ("com.amazonaws.vpce.us-gov-west-1.vpce-svc-0a", true),
            ("org.amazonaws.vpce.us-east-1.vpce-svc-0a", false),
            ("com.amazonaws.vpce.us-east-1.vpce-svc-", false),
            ("com.amazonaws.vpce.vpce-svc-0a", false),
        ] {
            assert_eq!(is_vpc_service(service), is_one, "{service}");
        }
    }
}
