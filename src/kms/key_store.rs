//! Custom key stores, as DescribeCustomKeyStores tells of them.
//!
//! Source of what a ConnectionErrorCode means: KMS API reference, CustomKeyStoresListEntry, and the
//! developer guide's pages on troubleshooting key stores.

use jiff::Timestamp;

/// One entry of DescribeCustomKeyStores.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct KeyStore {
    pub id: String,
    pub name: String,
    /// `AWS_CLOUDHSM` or `EXTERNAL_KEY_STORE`.
    pub store_type: Option<String>,
    /// `CONNECTED`, `CONNECTING`, `FAILED`, `DISCONNECTED`, `DISCONNECTING`.
    pub connection_state: Option<String>,
    /// Why it is `FAILED`.
    pub connection_error: Option<String>,
    pub creation_date: Option<Timestamp>,
    pub cloud_hsm_cluster_id: Option<String>,
    /// PEM.
    pub trust_anchor: Option<String>,
    pub proxy: Option<XksProxy>,
}

/// XksProxyConfiguration of an external key store.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct XksProxy {
    /// `PUBLIC_ENDPOINT` or `VPC_ENDPOINT_SERVICE`.
    pub connectivity: Option<String>,
    pub access_key_id: Option<String>,
    pub uri_endpoint: Option<String>,
    pub uri_path: Option<String>,
    pub vpc_service: Option<String>,
    pub vpc_service_owner: Option<String>,
}

/// The keys in a key store, as far as they are known.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StoreKeys {
    /// What people call each.
    pub names: Vec<String>,
    /// Keys of which it is not known whether they are in it.
    pub not_described: usize,
}

/// What is behind a failed connection, and what to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Explained {
    pub means: &'static str,
    pub todo: &'static str,
}

impl KeyStore {
    /// What people call it.
    pub fn label(&self) -> &str {
        match self.name.is_empty() {
            true => &self.id,
            false => &self.name,
        }
    }

    fn is(&self, state: &str) -> bool {
        self.connection_state.as_deref() == Some(state)
    }

    pub fn is_external(&self) -> bool {
        self.store_type.as_deref() == Some("EXTERNAL_KEY_STORE")
    }

    /// Whether it is on the way from one state to another.
    pub fn is_changing(&self) -> bool {
        self.is("CONNECTING") || self.is("DISCONNECTING")
    }

    /// Whether ConnectCustomKeyStore takes it.
    pub fn can_connect(&self) -> bool {
        self.is("DISCONNECTED")
    }

    /// Whether DisconnectCustomKeyStore takes it: also of one that failed, which must be
    /// disconnected before it is mended.
    pub fn can_disconnect(&self) -> bool {
        self.is("CONNECTED") || self.is("CONNECTING") || self.is("FAILED")
    }

    /// What the failure means; None where there is none, or one that is newer than the table.
    pub fn explained(&self) -> Option<Explained> {
        let code = self.connection_error.as_deref()?;
        let is_external = self.is_external();
        FAILURES
            .iter()
            .find(|(of, known, ..)| *known == code && of.is_none_or(|of| of == is_external))
            .map(|(_, _, means, todo)| Explained { means, todo })
    }

    /// The fields that are there, by their API names.
    pub fn fields(&self) -> Vec<(&'static str, String)> {
        let proxy = self.proxy.clone().unwrap_or_default();
        let created = self.creation_date.map(|at| at.to_string());
        [
            ("CustomKeyStoreName", Some(self.name.clone())),
            ("CustomKeyStoreId", Some(self.id.clone())),
            ("CustomKeyStoreType", self.store_type.clone()),
            ("ConnectionState", self.connection_state.clone()),
            ("ConnectionErrorCode", self.connection_error.clone()),
            ("CloudHsmClusterId", self.cloud_hsm_cluster_id.clone()),
            ("Connectivity", proxy.connectivity),
            ("UriEndpoint", proxy.uri_endpoint),
            ("UriPath", proxy.uri_path),
            ("AccessKeyId", proxy.access_key_id),
            ("VpcEndpointServiceName", proxy.vpc_service),
            ("VpcEndpointServiceOwner", proxy.vpc_service_owner),
            ("CreationDate", created),
        ]
        .into_iter()
        .filter_map(|(name, value)| Some((name, value.filter(|value| !value.is_empty())?)))
        .collect()
    }

    /// As the AWS CLI prints it.
    pub fn to_json(&self) -> serde_json::Value {
        let of_proxy = [
            "Connectivity",
            "UriEndpoint",
            "UriPath",
            "AccessKeyId",
            "VpcEndpointServiceName",
            "VpcEndpointServiceOwner",
        ];
        let (proxy, own): (Vec<_>, Vec<_>) = self
            .fields()
            .into_iter()
            .partition(|(name, _)| of_proxy.contains(name));
        let object = |fields: Vec<(&'static str, String)>| {
            let members = fields.into_iter();
            let members = members.map(|(name, value)| (name.to_owned(), value.into()));
            members.collect::<serde_json::Map<String, serde_json::Value>>()
        };
        let mut entry = object(own);
        if let Some(trust_anchor) = &self.trust_anchor {
            entry.insert("TrustAnchorCertificate".into(), trust_anchor.clone().into());
        }
        if self.proxy.is_some() {
            entry.insert("XksProxyConfiguration".into(), object(proxy).into());
        }
        entry.into()
    }
}

/// Whether it is of an external key store's (None for both kinds), the code, what it means, and what
/// to do.
#[rustfmt::skip]
static FAILURES: &[(Option<bool>, &str, &str, &str)] = &[
    (None, "INTERNAL_ERROR", "KMS could not complete the request, by an error inside.", "Disconnect the key store, then connect it again."),
    (None, "NETWORK_ERRORS", "Network errors keep KMS from what is behind the key store.", "Wait a little; disconnect the key store, then connect it again. Where it goes on, look at the network of the cluster or the proxy."),
    (Some(false), "INVALID_CREDENTIALS", "The KeyStorePassword is not the password of the crypto user kmsuser in the CloudHSM cluster.", "Disconnect; set kmsuser's password in the cluster, give the same as KeyStorePassword by UpdateCustomKeyStore, and connect again."),
    (Some(true), "INVALID_CREDENTIALS", "The proxy does not take the XksProxyAuthenticationCredential: its access key ID, its secret, or both.", "Get the credential from the proxy, give it by UpdateCustomKeyStore, and connect again."),
    (Some(false), "CLUSTER_NOT_FOUND", "KMS cannot find the CloudHSM cluster by its ID.", "Look for the cluster in this account and Region; where it was replaced by one of the same backup, give that ID by UpdateCustomKeyStore."),
    (Some(false), "INSUFFICIENT_CLOUDHSM_HSMS", "The CloudHSM cluster has no active HSM.", "Add at least one HSM to the cluster (two to make keys), disconnect, then connect again."),
    (Some(false), "INSUFFICIENT_FREE_ADDRESSES_IN_SUBNET", "A private subnet of the CloudHSM cluster has no free IP address.", "Free one address in each of the cluster's private subnets (two are better), disconnect, then connect again."),
    (Some(false), "SUBNET_NOT_FOUND", "A subnet of the CloudHSM cluster was deleted.", "Make a cluster from a recent backup, give its ID by UpdateCustomKeyStore, and connect again."),
    (Some(false), "USER_LOCKED_OUT", "The crypto user kmsuser is locked out of the CloudHSM cluster: too many wrong passwords.", "Disconnect; set kmsuser's password in the cluster, give the same as KeyStorePassword by UpdateCustomKeyStore, and connect again."),
    (Some(false), "USER_LOGGED_IN", "The crypto user kmsuser is logged in to the CloudHSM cluster, which keeps KMS from changing its password.", "Log kmsuser out of the cluster; where its password was changed, give the new one by UpdateCustomKeyStore. Then connect again."),
    (Some(false), "USER_NOT_FOUND", "The CloudHSM cluster has no crypto user kmsuser.", "Make the crypto user kmsuser in the cluster, give its password as KeyStorePassword by UpdateCustomKeyStore, and connect again."),
    (Some(true), "XKS_PROXY_ACCESS_DENIED", "The external key store proxy refuses KMS.", "Let the proxy's authorization rules take requests of KMS on your behalf, then disconnect and connect again."),
    (Some(true), "XKS_PROXY_INVALID_CONFIGURATION", "A setting is wrong on the way to the proxy.", "Check the XksProxyUriPath, mend it by UpdateCustomKeyStore, and connect again."),
    (Some(true), "XKS_PROXY_INVALID_RESPONSE", "KMS cannot read what the proxy answers.", "Disconnect and connect again; where it goes on, tell the vendor of the proxy."),
    (Some(true), "XKS_PROXY_INVALID_TLS_CONFIGURATION", "The proxy's TLS is not one that KMS takes.", "The proxy must speak TLS 1.2 or 1.3; its certificate must be in date, name the host of XksProxyUriEndpoint, and be signed by an authority that KMS trusts."),
    (Some(true), "XKS_PROXY_NOT_REACHABLE", "KMS cannot reach the proxy, or the proxy says that no external key manager is there.", "Check XksProxyUriEndpoint and XksProxyUriPath, that the proxy runs, and that the external key managers behind it do. Then disconnect and connect again."),
    (Some(true), "XKS_PROXY_TIMED_OUT", "The proxy does not answer KMS in time (250 ms).", "Look at the load and the place of the proxy and the external key manager; where it goes on, tell the vendor of the proxy."),
    (Some(true), "XKS_VPC_ENDPOINT_SERVICE_INVALID_CONFIGURATION", "The VPC endpoint service is not as KMS needs it.", "It must be for interface endpoints, with a network load balancer in two Availability Zones, let cks.kms.REGION.amazonaws.com in without acceptance, and have a verified private DNS name that its certificate names."),
    (Some(true), "XKS_VPC_ENDPOINT_SERVICE_NOT_FOUND", "KMS cannot find the VPC endpoint service of the proxy.", "Check the XksProxyVpcEndpointServiceName, and that the service lets cks.kms.REGION.amazonaws.com in."),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_failure_of_the_api_is_explained_for_the_key_stores_that_can_have_it() {
        use aws_sdk_kms::types::ConnectionErrorCodeType;
        let explained = |code: &str, store_type: &str| {
            let store = KeyStore {
                store_type: Some(store_type.into()),
                connection_error: Some(code.into()),
                ..KeyStore::default()
            };
            store.explained()
        };
        for code in ConnectionErrorCodeType::values() {
            let of_cluster = explained(code, "AWS_CLOUDHSM");
            let of_proxy = explained(code, "EXTERNAL_KEY_STORE");
            assert_eq!(of_proxy.is_some(), {
                let of_both = ["INTERNAL_ERROR", "NETWORK_ERRORS", "INVALID_CREDENTIALS"];
                code.starts_with("XKS_") || of_both.contains(code)
            });
            assert_eq!(of_cluster.is_none(), code.starts_with("XKS_"), "{code}");
        }
        let credentials = ["AWS_CLOUDHSM", "EXTERNAL_KEY_STORE"]
            .map(|store_type| explained("INVALID_CREDENTIALS", store_type));
        assert_ne!(credentials[0], credentials[1]);
        assert_eq!(explained("NEW_ONE", "AWS_CLOUDHSM"), None);
    }
}
