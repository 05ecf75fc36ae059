"""App Service, certificate orders, domains and what is around them, with the azure-mgmt packages."""

import base64
import datetime
import json

from sdk_vault import make, policy

WEB_SITES = "f8daea97-62e7-4026-becf-13c2ea98e8b4"
CERTIFICATE_REGISTRATION = "ed47c2a1-98b1-4d6a-8a3b-79e3b0d5c7f6"


def sign_in(sdk):
    from azure.identity import ClientSecretCredential

    does = sdk.does
    does("ClientSecretCredential.get_token for ARM", lambda: sdk.credential.get_token(f"{sdk.cloud.arm}/.default"), lambda one: one.token.count(".") == 2)
    does("… for a vault", lambda: sdk.credential.get_token("https://vault.azure.net/.default"))
    wrong = ClientSecretCredential(sdk.connection["tenant_id"], sdk.connection["client_id"], "wrong", authority=sdk.connection["authority"], disable_instance_discovery=True)
    try:
        wrong.get_token(f"{sdk.cloud.arm}/.default")
        sdk.checks.check("a wrong secret is refused", False)
    except Exception as error:  # noqa: BLE001
        sdk.checks.check("a wrong secret is refused", "AADSTS7000215" in str(error), error)


def pfx(hosts):
    """A self-made PFX with the password `test`: its bytes, thumbprint, and the certificate as DER."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.hazmat.primitives.serialization import pkcs12

    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, hosts[0])])
    now = datetime.datetime.now(datetime.timezone.utc)
    leaf = (x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(x509.random_serial_number())
            .not_valid_before(now).not_valid_after(now + datetime.timedelta(days=90))
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(host) for host in hosts]), False).sign(key, hashes.SHA256()))
    file = pkcs12.serialize_key_and_certificates(b"sdk", key, leaf, None, serialization.BestAvailableEncryption(b"test"))
    return file, leaf.fingerprint(hashes.SHA1()).hex().upper(), leaf.public_bytes(serialization.Encoding.DER)


def web(sdk):
    from azure.core.exceptions import HttpResponseError

    client = sdk.manage("azure.mgmt.web", "WebSiteManagementClient")
    does, refuses, cloud = sdk.does, sdk.refuses, sdk.cloud
    sdk.group("sdk-web")
    plan = does("app_service_plans.begin_create_or_update",
                lambda: client.app_service_plans.begin_create_or_update("sdk-web", "sdk-plan", {"location": "westeurope", "sku": {"name": "S1"}, "properties": {}}).result(),
                lambda one: one.sku.tier == "Standard")
    does("app_service_plans.get", lambda: client.app_service_plans.get("sdk-web", "sdk-plan"), lambda one: one.location == "West Europe")
    does("app_service_plans.list", lambda: [one.name for one in client.app_service_plans.list(detailed=True)], lambda all: "sdk-plan" in all)
    does("app_service_plans.list_by_resource_group", lambda: list(client.app_service_plans.list_by_resource_group("sdk-web")), lambda all: len(all) == 1)
    does("app_service_plans.update", lambda: client.app_service_plans.update("sdk-web", "sdk-plan", {"properties": {"perSiteScaling": False}}))
    site = {"location": "westeurope", "properties": {"serverFarmId": plan.id}}
    does("web_apps.begin_create_or_update", lambda: client.web_apps.begin_create_or_update("sdk-web", "sdk-shop", site).result(), lambda one: one.default_host_name)
    does("app_service_plans.list_web_apps", lambda: [one.name for one in client.app_service_plans.list_web_apps("sdk-web", "sdk-plan")], lambda all: all == ["sdk-shop"])
    does("web_apps.get", lambda: client.web_apps.get("sdk-web", "sdk-shop"), lambda one: one.https_only is False and one.custom_domain_verification_id)
    does("web_apps.list", lambda: [one.name for one in client.web_apps.list()], lambda all: "contoso-shop" in all)
    does("web_apps.list_by_resource_group", lambda: list(client.web_apps.list_by_resource_group("sdk-web", include_slots=True)), lambda all: len(all) == 1)
    does("web_apps.update", lambda: client.web_apps.update("sdk-web", "sdk-shop", {"properties": {"httpsOnly": True}}), lambda one: one.https_only is True)
    does("web_apps.get_configuration", lambda: client.web_apps.get_configuration("sdk-web", "sdk-shop"), lambda one: one.min_tls_version == "1.2")
    does("web_apps.update_configuration", lambda: client.web_apps.update_configuration("sdk-web", "sdk-shop", {"properties": {"minTlsVersion": "1.3"}}),
         lambda one: one.min_tls_version == "1.3")
    does("web_apps.list_configurations", lambda: list(client.web_apps.list_configurations("sdk-web", "sdk-shop")), lambda all: len(all) == 1)
    does("web_apps.update_application_settings", lambda: client.web_apps.update_application_settings("sdk-web", "sdk-shop", {"properties": {"A": "1"}}), lambda one: one.properties == {"A": "1"})
    does("web_apps.list_application_settings", lambda: client.web_apps.list_application_settings("sdk-web", "sdk-shop"), lambda one: one.properties == {"A": "1"})
    refuses(404, "ResourceNotFound", "web_apps.get", lambda: client.web_apps.get("sdk-web", "nobody"))

    # Hostnames.
    refuses(400, "asuid.www.sdk.example", "web_apps.create_or_update_host_name_binding",
            lambda: client.web_apps.create_or_update_host_name_binding("sdk-web", "sdk-shop", "www.sdk.example", {"properties": {"siteName": "sdk-shop"}}))
    cloud.record("www.sdk.example", "CNAME", "sdk-shop.azurewebsites.net")
    does("web_apps.analyze_custom_hostname", lambda: client.web_apps.analyze_custom_hostname("sdk-web", "sdk-shop", host_name="www.sdk.example"),
         lambda one: one.custom_domain_verification_test == "Passed")
    does("web_apps.create_or_update_host_name_binding",
         lambda: client.web_apps.create_or_update_host_name_binding("sdk-web", "sdk-shop", "www.sdk.example", {"properties": {"siteName": "sdk-shop"}}),
         lambda one: one.host_name_type == "Verified")
    does("web_apps.list_host_name_bindings", lambda: list(client.web_apps.list_host_name_bindings("sdk-web", "sdk-shop")), lambda all: len(all) == 2)

    # Certificates and bindings.
    file, thumbprint, der = pfx(["www.sdk.example"])
    upload = {"location": "West Europe", "properties": {"pfxBlob": base64.b64encode(file).decode(), "password": "test", "serverFarmId": plan.id}}
    does("certificates.create_or_update PFX", lambda: client.certificates.create_or_update("sdk-web", "uploaded", upload), lambda one: one.thumbprint == thumbprint)
    wrong = {"location": "West Europe", "properties": {**upload["properties"], "password": "nope"}}
    refuses(400, "password", "certificates.create_or_update PFX", lambda: client.certificates.create_or_update("sdk-web", "wrong", wrong))
    does("certificates.get", lambda: client.certificates.get("sdk-web", "uploaded"), lambda one: one.host_names == ["www.sdk.example"] and one.pfx_blob is None)
    does("certificates.list", lambda: [one.name for one in client.certificates.list()], lambda all: "uploaded" in all and len(all) > 5)
    does("certificates.list by plan", lambda: [one.name for one in client.certificates.list(filter=f"ServerFarmId eq '{plan.id}'")], lambda all: all == ["uploaded"])
    does("certificates.list_by_resource_group", lambda: list(client.certificates.list_by_resource_group("sdk-web")), lambda all: len(all) == 1)
    does("certificates.update", lambda: client.certificates.update("sdk-web", "uploaded", {"properties": {}}))
    bound = {"properties": {"siteName": "sdk-shop", "sslState": "SniEnabled", "thumbprint": thumbprint}}
    does("web_apps.create_or_update_host_name_binding SNI", lambda: client.web_apps.create_or_update_host_name_binding("sdk-web", "sdk-shop", "www.sdk.example", bound),
         lambda one: one.ssl_state == "SniEnabled" and one.thumbprint == thumbprint)
    does("web_apps.get_host_name_binding", lambda: client.web_apps.get_host_name_binding("sdk-web", "sdk-shop", "www.sdk.example"), lambda one: one.thumbprint == thumbprint)
    missing = {"properties": {"sslState": "SniEnabled", "thumbprint": "0" * 40}}
    refuses(404, "was not found", "web_apps.create_or_update_host_name_binding",
            lambda: client.web_apps.create_or_update_host_name_binding("sdk-web", "sdk-shop", "www.sdk.example", missing))
    refuses(409, "because it is used for hostname", "certificates.delete", lambda: client.certificates.delete("sdk-web", "uploaded"))
    does("web_apps.create_or_update_host_name_binding Disabled",
         lambda: client.web_apps.create_or_update_host_name_binding("sdk-web", "sdk-shop", "www.sdk.example", {"properties": {"sslState": "Disabled"}}),
         lambda one: one.thumbprint is None)
    does("certificates.delete", lambda: client.certificates.delete("sdk-web", "uploaded"))
    refuses(404, "ResourceNotFound", "certificates.get", lambda: client.certificates.get("sdk-web", "uploaded"))

    # A managed one: the SDK takes the 202 of the service for an error, as it does with Azure.
    wanted = {"location": "West Europe", "properties": {"canonicalName": "www.sdk.example", "serverFarmId": plan.id, "password": ""}}
    try:
        client.certificates.create_or_update("sdk-web", "managed", wanted)
        sdk.checks.check("certificates.create_or_update managed: 202 first", False)
    except HttpResponseError as error:
        sdk.checks.check("certificates.create_or_update managed: 202 first", error.status_code == 202 and "operationresults" in error.response.headers["Location"], error)
    does("certificates.get of a managed one", lambda: client.certificates.get("sdk-web", "managed"), lambda one: one.canonical_name == "www.sdk.example" and len(one.thumbprint) == 40)
    does("certificates.delete", lambda: client.certificates.delete("sdk-web", "managed"))

    # From a vault.
    vault = make(sdk, "sdk-web", "kv-sdk-web", policy(sdk), policy(sdk, ["get"], ["get"], WEB_SITES))
    from sdk_vault import of
    of(sdk, "kv-sdk-web", "certificates").import_certificate("www", file, password="test")
    imported = {"location": "West Europe", "properties": {"keyVaultId": vault.id, "keyVaultSecretName": "www", "serverFarmId": plan.id, "password": ""}}
    does("certificates.create_or_update from a vault", lambda: client.certificates.create_or_update("sdk-web", "imported", imported),
         lambda one: one.thumbprint == thumbprint and one.key_vault_id == vault.id.lower().replace("resourcegroups", "resourcegroups"))
    absent = {"location": "West Europe", "properties": {**imported["properties"], "keyVaultSecretName": "absent"}}
    refuses(400, "invalid value", "certificates.create_or_update from a vault", lambda: client.certificates.create_or_update("sdk-web", "absent", absent))

    # Public certificates, tokens, slots, certificates of one app.
    public = {"properties": {"blob": base64.b64encode(der).decode(), "publicCertificateLocation": "CurrentUserMy"}}
    does("web_apps.create_or_update_public_certificate", lambda: client.web_apps.create_or_update_public_certificate("sdk-web", "sdk-shop", "partner", public),
         lambda one: one.thumbprint == thumbprint and bytes(one.blob) == der)
    refuses(400, "invalid value", "web_apps.create_or_update_public_certificate",
            lambda: client.web_apps.create_or_update_public_certificate("sdk-web", "sdk-shop", "partner", public))
    does("web_apps.list_public_certificates", lambda: list(client.web_apps.list_public_certificates("sdk-web", "sdk-shop")), lambda all: len(all) == 1)
    does("web_apps.get_public_certificate", lambda: client.web_apps.get_public_certificate("sdk-web", "sdk-shop", "partner"))
    does("web_apps.delete_public_certificate", lambda: client.web_apps.delete_public_certificate("sdk-web", "sdk-shop", "partner"))
    token = {"properties": {"id": "token"}}
    does("web_apps.create_or_update_domain_ownership_identifier", lambda: client.web_apps.create_or_update_domain_ownership_identifier("sdk-web", "sdk-shop", "order", token),
         lambda one: one.value == "token")
    does("web_apps.list_domain_ownership_identifiers", lambda: list(client.web_apps.list_domain_ownership_identifiers("sdk-web", "sdk-shop")), lambda all: len(all) == 1)
    does("web_apps.update_domain_ownership_identifier", lambda: client.web_apps.update_domain_ownership_identifier("sdk-web", "sdk-shop", "order", token))
    does("web_apps.delete_domain_ownership_identifier", lambda: client.web_apps.delete_domain_ownership_identifier("sdk-web", "sdk-shop", "order"))
    does("web_apps.begin_create_or_update_slot", lambda: client.web_apps.begin_create_or_update_slot("sdk-web", "sdk-shop", "staging", site).result(), lambda one: one.name == "sdk-shop/staging")
    does("web_apps.list_slots", lambda: list(client.web_apps.list_slots("sdk-web", "sdk-shop")), lambda all: len(all) == 1)
    does("web_apps.get_slot", lambda: client.web_apps.get_slot("sdk-web", "sdk-shop", "staging"))
    cloud.record("staging.sdk.example", "CNAME", "sdk-shop-staging.azurewebsites.net")
    does("web_apps.create_or_update_host_name_binding_slot",
         lambda: client.web_apps.create_or_update_host_name_binding_slot("sdk-web", "sdk-shop", slot="staging", host_name="staging.sdk.example", host_name_binding={"properties": {}}),
         lambda one: one.site_name == "sdk-shop(staging)")
    does("web_apps.get_configuration_slot", lambda: client.web_apps.get_configuration_slot("sdk-web", "sdk-shop", "staging"))
    does("site_certificates.create_or_update", lambda: client.site_certificates.create_or_update("sdk-web", "sdk-shop", "own", upload),
         lambda one: one.thumbprint == thumbprint and one.type == "Microsoft.Web/sites/certificates")
    does("site_certificates.list", lambda: [one.name for one in client.site_certificates.list("sdk-web", "sdk-shop")], lambda all: all == ["own"])
    does("site_certificates.get", lambda: client.site_certificates.get("sdk-web", "sdk-shop", "own"))
    does("site_certificates.update", lambda: client.site_certificates.update("sdk-web", "sdk-shop", "own", {"properties": {}}))
    does("web_apps.create_or_update_host_name_binding with it", lambda: client.web_apps.create_or_update_host_name_binding("sdk-web", "sdk-shop", "www.sdk.example", bound))
    refuses(409, "because it is used for hostname", "certificates.delete of its twin, then of it",
            lambda: [client.certificates.delete("sdk-web", "imported"), client.site_certificates.delete("sdk-web", "sdk-shop", "own")])
    client.web_apps.delete_host_name_binding("sdk-web", "sdk-shop", "www.sdk.example")
    does("site_certificates.delete", lambda: client.site_certificates.delete("sdk-web", "sdk-shop", "own"))
    does("site_certificates.create_or_update_slot", lambda: client.site_certificates.create_or_update_slot("sdk-web", "sdk-shop", "staging", "own", upload), lambda one: one.thumbprint == thumbprint)
    does("site_certificates.list_slot", lambda: list(client.site_certificates.list_slot("sdk-web", "sdk-shop", "staging")), lambda all: len(all) == 1)
    does("site_certificates.delete_slot", lambda: client.site_certificates.delete_slot("sdk-web", "sdk-shop", "staging", "own"))
    does("web_apps.stop, start, restart", lambda: [client.web_apps.stop("sdk-web", "sdk-shop"), client.web_apps.start("sdk-web", "sdk-shop"), client.web_apps.restart("sdk-web", "sdk-shop")])
    does("check_name_availability", lambda: client.check_name_availability({"name": "sdk-shop", "type": "Site"}), lambda one: one.name_available is False)
    does("web_apps.update_slot_configuration_names", lambda: client.web_apps.update_slot_configuration_names("sdk-web", "sdk-shop", {"properties": {"appSettingNames": ["STAYS"]}}),
         lambda one: one.app_setting_names == ["STAYS"])
    does("web_apps.update_application_settings_slot", lambda: client.web_apps.update_application_settings_slot("sdk-web", "sdk-shop", "staging", {"properties": {"STAYS": "1", "MOVES": "2"}}))
    swap = {"targetSlot": "production", "preserveVnet": True}
    does("web_apps.begin_swap_slot", lambda: client.web_apps.begin_swap_slot("sdk-web", "sdk-shop", "staging", swap).result() or True)
    does("web_apps.list_application_settings after it", lambda: client.web_apps.list_application_settings("sdk-web", "sdk-shop"), lambda one: one.properties == {"MOVES": "2"})
    does("web_apps.begin_swap_slot_with_production", lambda: client.web_apps.begin_swap_slot_with_production("sdk-web", "sdk-shop", {**swap, "targetSlot": "staging"}).result() or True)
    does("web_apps.list_application_settings_slot after it", lambda: client.web_apps.list_application_settings_slot("sdk-web", "sdk-shop", "staging"),
         lambda one: one.properties == {"STAYS": "1", "MOVES": "2"})
    does("web_apps.delete_slot", lambda: client.web_apps.delete_slot("sdk-web", "sdk-shop", "staging"))
    does("web_apps.delete", lambda: client.web_apps.delete("sdk-web", "sdk-shop"))
    does("app_service_plans.delete", lambda: client.app_service_plans.delete("sdk-web", "sdk-plan"))


def orders(sdk):
    client = sdk.manage("azure.mgmt.certificateregistration", "CertificateRegistrationMgmtClient")
    orders, looks = client.app_service_certificate_orders, client.certificate_orders_diagnostics
    does, refuses, cloud = sdk.does, sdk.refuses, sdk.cloud
    sdk.group("sdk-order")
    wanted = {"location": "global", "properties": {"distinguishedName": "CN=*.sdk-order.example", "productType": "StandardDomainValidatedWildCardSsl",
                                                   "validityInYears": 1, "keySize": 2048, "autoRenew": True}}
    does("validate_purchase_information", lambda: orders.validate_purchase_information(wanted))
    refuses(400, "wildcard", "begin_create_or_update", lambda: orders.begin_create_or_update(
        "sdk-order", "wrong", {"location": "global", "properties": {**wanted["properties"], "distinguishedName": "CN=sdk-order.example"}}).result())
    does("begin_create_or_update", lambda: orders.begin_create_or_update("sdk-order", "sdkorder", wanted).result(), lambda one: one.properties.provisioning_state == "Succeeded")
    made = does("get", lambda: orders.get("sdk-order", "sdkorder"), lambda one: one.properties.status == "Pendingissuance")
    does("list", lambda: [one.name for one in orders.list()], lambda all: {"sdkorder", "jobsite"} <= set(all))
    does("list_by_resource_group", lambda: list(orders.list_by_resource_group("sdk-order")), lambda all: len(all) == 1)
    vault = make(sdk, "sdk-order", "kv-sdk-order", policy(sdk, ["get", "list", "set", "delete"], ["get", "list"], CERTIFICATE_REGISTRATION), policy(sdk, ["get"], [], WEB_SITES), policy(sdk))
    store = {"location": "global", "properties": {"keyVaultId": vault.id, "keyVaultSecretName": "sdkorder"}}
    # The SDK polls until the state is final, which is not before the certificate is there: as with Azure, nobody waits for it.
    does("begin_create_or_update_certificate", lambda: orders.begin_create_or_update_certificate("sdk-order", "sdkorder", "sdkorder", store, polling=False) and True)
    does("get_certificate", lambda: orders.get_certificate("sdk-order", "sdkorder", "sdkorder"), lambda one: one.properties.provisioning_state == "Initialized")
    does("list_certificates", lambda: list(orders.list_certificates("sdk-order", "sdkorder")), lambda all: len(all) == 1)
    does("update_certificate", lambda: orders.update_certificate("sdk-order", "sdkorder", "sdkorder", {"properties": store["properties"]}))
    does("resend_request_emails", lambda: orders.resend_request_emails("sdk-order", "sdkorder", {"name": "sdk-order.example"}))
    does("retrieve_certificate_email_history", lambda: list(orders.retrieve_certificate_email_history("sdk-order", "sdkorder")), lambda all: len(all) == 5 and all[0].time_stamp)
    cloud.record("sdk-order.example", "TXT", made.properties.domain_verification_token)
    does("verify_domain_ownership", lambda: orders.verify_domain_ownership("sdk-order", "sdkorder"))
    issued = does("get, issued", lambda: orders.get("sdk-order", "sdkorder"), lambda one: one.properties.status == "Issued" and one.properties.signed_certificate.thumbprint)
    does("get_certificate, delivered", lambda: orders.get_certificate("sdk-order", "sdkorder", "sdkorder"), lambda one: one.properties.provisioning_state == "Succeeded")
    from sdk_vault import of
    does("the secret behind it is a plain one", lambda: of(sdk, "kv-sdk-order", "secrets").get_secret("sdkorder"),
         lambda one: one.properties.content_type == "application/x-pkcs12" and one.properties.key_id is None)
    does("retrieve_certificate_actions", lambda: [one.action_type for one in orders.retrieve_certificate_actions("sdk-order", "sdkorder")],
         lambda all: all[0] == "CertificateOrderCreated" and all[-1] == "CertificateIssued")
    does("retrieve_site_seal", lambda: orders.retrieve_site_seal("sdk-order", "sdkorder", {"lightTheme": True, "locale": "en-us"}), lambda one: one.html)
    does("resend_email", lambda: orders.resend_email("sdk-order", "sdkorder"))
    does("update", lambda: orders.update("sdk-order", "sdkorder", {"properties": {"productType": "StandardDomainValidatedWildCardSsl", "autoRenew": False}}),
         lambda one: one.properties.auto_renew is False)
    does("reissue", lambda: orders.reissue("sdk-order", "sdkorder", {"properties": {"keySize": 2048, "delayExistingRevokeInHours": 0, "isPrivateKeyExternal": False}}))
    does("get, rekeyed", lambda: orders.get("sdk-order", "sdkorder"),
         lambda one: one.properties.serial_number != issued.properties.serial_number and one.properties.expiration_time == issued.properties.expiration_time)
    refuses(400, "cannot be renewed now", "renew", lambda: orders.renew("sdk-order", "sdkorder", {"properties": {"keySize": 2048}}))
    does("list detectors", lambda: [one.name for one in looks.list_app_service_certificate_order_detector_response("sdk-order", "sdkorder")], lambda all: "AutoRenewStatus" in all)
    does("get detector", lambda: looks.get_app_service_certificate_order_detector_response("sdk-order", "sdkorder", "AutoRenewStatus"),
         lambda one: one.properties.dataset[0].table.rows[0] == ["autoRenew", "false"])
    does("list_operations", lambda: [one.name for one in client.certificate_registration_provider.list_operations()],
         lambda all: "Microsoft.CertificateRegistration/certificateOrders/read" in all)
    refuses(409, "ScopeLocked", "delete", lambda: orders.delete("sdk-order", "sdkorder"))
    locks = sdk.manage("azure.mgmt.resource.locks", "ManagementLockClient")
    does("management_locks.delete_by_scope", lambda: locks.management_locks.delete_by_scope(made.id, "sdkorder"))
    does("delete_certificate", lambda: orders.delete_certificate("sdk-order", "sdkorder", "sdkorder"))
    does("delete", lambda: orders.delete("sdk-order", "sdkorder"))
    refuses(404, "ResourceNotFound", "get", lambda: orders.get("sdk-order", "sdkorder"))


def domains(sdk):
    client = sdk.manage("azure.mgmt.domainregistration", "DomainRegistrationMgmtClient")
    does, refuses = sdk.does, sdk.refuses
    does("domains.list", lambda: [one.name for one in client.domains.list()], lambda all: all == ["contoso.com"])
    does("domains.list_by_resource_group", lambda: list(client.domains.list_by_resource_group("rg-platform")), lambda all: len(all) == 1)
    does("domains.get", lambda: client.domains.get("rg-platform", "contoso.com"), lambda one: one.properties.registration_status == "Active" and one.properties.dns_zone_id)
    token = {"properties": {"ownershipId": "sdk-token"}}
    does("domains.create_or_update_ownership_identifier", lambda: client.domains.create_or_update_ownership_identifier("rg-platform", "contoso.com", "one", token))
    does("domains.get_ownership_identifier", lambda: client.domains.get_ownership_identifier("rg-platform", "contoso.com", "one"), lambda one: one.properties.ownership_id == "sdk-token")
    does("domains.list_ownership_identifiers", lambda: list(client.domains.list_ownership_identifiers("rg-platform", "contoso.com")), lambda all: len(all) == 1)
    does("domains.update_ownership_identifier", lambda: client.domains.update_ownership_identifier("rg-platform", "contoso.com", "one", token))
    refuses(409, "ScopeLocked", "domains.delete_ownership_identifier", lambda: client.domains.delete_ownership_identifier("rg-platform", "contoso.com", "one"))
    refuses(404, "ResourceNotFound", "domains.get", lambda: client.domains.get("rg-platform", "nobody.example"))


def around(sdk):
    """Subscriptions, groups, locks, roles, zones."""
    does, refuses = sdk.does, sdk.refuses
    subscriptions = sdk.manage_all("azure.mgmt.resource.subscriptions", "SubscriptionClient")
    does("subscriptions.list", lambda: list(subscriptions.subscriptions.list()), lambda all: len(all) == 2)
    does("subscriptions.get", lambda: subscriptions.subscriptions.get(sdk.subscription), lambda one: one.state == "Enabled")
    does("subscriptions.list_locations", lambda: list(subscriptions.subscriptions.list_locations(sdk.subscription)), lambda all: len(all) >= 5)
    does("tenants.list", lambda: list(subscriptions.tenants.list()), lambda all: len(all) == 1)
    manage = sdk.manage("azure.mgmt.resource.resources", "ResourceManagementClient")
    does("resource_groups.create_or_update", lambda: manage.resource_groups.create_or_update("sdk-around", {"location": "westeurope"}))
    does("resource_groups.check_existence", lambda: manage.resource_groups.check_existence("sdk-around"), lambda there: there is True)
    does("resource_groups.check_existence", lambda: manage.resource_groups.check_existence("nowhere"), lambda there: there is False)
    does("resource_groups.list", lambda: [one.name for one in manage.resource_groups.list(filter="tagName eq 'team' and tagValue eq 'shop'")], lambda all: all == ["rg-shop"])
    does("resources.list", lambda: {one.type for one in manage.resources.list(filter="resourceType eq 'Microsoft.Web/certificates'", expand="createdTime")},
         lambda all: all == {"Microsoft.Web/certificates"})
    does("resources.list_by_resource_group", lambda: list(manage.resources.list_by_resource_group("rg-shop", top=3)), lambda all: len(all) >= 3)
    site = next(one for one in manage.resources.list(filter="resourceType eq 'Microsoft.Web/sites'"))
    does("resources.get_by_id", lambda: manage.resources.get_by_id(site.id, api_version="2023-12-01"), lambda one: one.properties["state"] == "Running")
    does("resources.check_existence_by_id", lambda: manage.resources.check_existence_by_id(site.id, api_version="2023-12-01"), lambda there: there is True)
    does("tags.create_or_update_at_scope", lambda: manage.tags.begin_create_or_update_at_scope(site.id, {"properties": {"tags": {"a": "b"}}}).result(), lambda one: one.properties.tags == {"a": "b"})
    does("tags.get_at_scope", lambda: manage.tags.get_at_scope(site.id), lambda one: one.properties.tags == {"a": "b"})
    does("providers.list", lambda: [one.namespace for one in manage.providers.list()], lambda all: "Microsoft.CertificateRegistration" in all)
    does("providers.get", lambda: manage.providers.get("Microsoft.Web"), lambda one: one.registration_state == "Registered")
    locks = sdk.manage("azure.mgmt.resource.locks", "ManagementLockClient").management_locks
    does("management_locks.create_or_update_at_resource_group_level", lambda: locks.create_or_update_at_resource_group_level("sdk-around", "keep", {"level": "CanNotDelete"}))
    does("management_locks.list_at_resource_group_level", lambda: list(locks.list_at_resource_group_level("sdk-around")), lambda all: len(all) == 1)
    refuses(409, "ScopeLocked", "resource_groups.begin_delete", lambda: manage.resource_groups.begin_delete("sdk-around").result())
    does("management_locks.delete_at_resource_group_level", lambda: locks.delete_at_resource_group_level("sdk-around", "keep"))
    does("resource_groups.begin_delete", lambda: manage.resource_groups.begin_delete("sdk-around").result())
    roles = sdk.manage("azure.mgmt.authorization", "AuthorizationManagementClient")
    scope = f"/subscriptions/{sdk.subscription}/resourceGroups/rg-shop"
    role = does("role_definitions.list", lambda: list(roles.role_definitions.list(scope, filter="roleName eq 'Key Vault Certificate User'")), lambda all: len(all) == 1)
    name = "11111111-2222-3333-4444-555555555555"
    body = {"properties": {"roleDefinitionId": role[0].id, "principalId": WEB_SITES, "principalType": "ServicePrincipal"}}
    does("role_assignments.create", lambda: roles.role_assignments.create(scope, name, body), lambda one: one.principal_id == WEB_SITES)
    does("role_assignments.list_for_scope", lambda: [one.name for one in roles.role_assignments.list_for_scope(scope, filter="atScope()")], lambda all: name in all)
    does("role_assignments.delete", lambda: roles.role_assignments.delete(scope, name))
    zones = sdk.manage("azure.mgmt.dns", "DnsManagementClient")
    does("record_sets.create_or_update", lambda: zones.record_sets.create_or_update("rg-platform", "contoso.com", "sdk", "TXT", {"ttl": 60, "txt_records": [{"value": ["x"]}]}),
         lambda one: one.txt_records[0].value == ["x"])
