//! The documents that clients read about the sign-in service before they use it.

use serde_json::json;

use super::TokenIssuer;
use crate::reply::Reply;

impl TokenIssuer {
    /// `/{tenant}/v2.0/.well-known/openid-configuration`
    pub(crate) fn openid_configuration(&self) -> Reply {
        let base = format!("{}/{}", self.origin, self.tenant_id);
        Reply::ok(json!({
            "token_endpoint": format!("{base}/oauth2/v2.0/token"),
            "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt"],
            "jwks_uri": format!("{base}/discovery/v2.0/keys"),
            "issuer": format!("{base}/v2.0"),
            "authorization_endpoint": format!("{base}/oauth2/v2.0/authorize"),
            "device_authorization_endpoint": format!("{base}/oauth2/v2.0/devicecode"),
            "end_session_endpoint": format!("{base}/oauth2/v2.0/logout"),
            "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
            "response_modes_supported": ["query", "fragment", "form_post"],
            "scopes_supported": ["openid", "profile", "email", "offline_access"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "claims_supported": ["sub", "iss", "aud", "exp", "iat", "nbf", "name", "preferred_username", "oid", "tid", "ver"],
            "tenant_region_scope": "EU",
            "cloud_instance_name": "practice",
        }))
    }

    /// `/common/discovery/instance`
    pub(crate) fn instance_discovery(&self) -> Reply {
        let host = self.origin.trim_start_matches("https://");
        Reply::ok(json!({
            "tenant_discovery_endpoint": format!("{}/{}/v2.0/.well-known/openid-configuration", self.origin, self.tenant_id),
            "api-version": "1.1",
            "metadata": [{"preferred_network": host, "preferred_cache": host, "aliases": [host]}],
        }))
    }
}
