"""The asynchronous clients, every api-version of the vaults' clients, Resource Graph, and what the SDK is refused."""

import asyncio

from sdk_vault import make, of, policy


def versions(sdk):
    """Each version that the packages know, on the same vault."""
    from azure.keyvault import certificates, secrets

    does = sdk.does
    sdk.group("sdk-version")
    make(sdk, "sdk-version", "kv-sdk-version", policy(sdk))
    of(sdk, "kv-sdk-version", "secrets").set_secret("a", "1")
    for package, client, ask in ((certificates, certificates.CertificateClient, lambda one: list(one.list_properties_of_certificates())),
                                 (secrets, secrets.SecretClient, lambda one: one.get_secret("a"))):
        for version in package.ApiVersion:
            one = client(vault_url=sdk.cloud.vault("kv-sdk-version"), credential=sdk.credential, api_version=version, retry_total=0)
            does(f"{client.__name__} {version.value}", lambda: ask(one) is not None)


def refused(sdk):
    from azure.keyvault.certificates import CertificatePolicy

    does, refuses = sdk.does, sdk.refuses
    sdk.group("sdk-refused")
    make(sdk, "sdk-refused", "kv-sdk-refused", policy(sdk))
    client, secrets = of(sdk, "kv-sdk-refused", "certificates"), of(sdk, "kv-sdk-refused", "secrets")
    own = CertificatePolicy(issuer_name="Self", subject="CN=a.example")
    first = does("begin_create_certificate", lambda: client.begin_create_certificate("a", own).result())
    again = CertificatePolicy(issuer_name="Self", subject="CN=a.example", reuse_key=True)
    does("begin_create_certificate with the same key", lambda: client.begin_create_certificate("a", again).result(),
         lambda one: one.properties.version != first.properties.version and key(one) == key(first))
    waiting = CertificatePolicy(issuer_name="Unknown", subject="CN=b.example")
    client.begin_create_certificate("b", waiting)
    client.cancel_certificate_operation("b")
    does("a cancelled operation ends", lambda: client.get_certificate_operation("b"), lambda one: one.status == "cancelled")
    refuses(400, "no pending", "merge_certificate of a cancelled one", lambda: client.merge_certificate("b", [bytes(first.cer)]))
    refuses(409, "cannot be cancelled", "cancel_certificate_operation of a completed one", lambda: client.cancel_certificate_operation("a"))
    refuses(404, "PendingCertificateNotFound", "merge_certificate", lambda: client.merge_certificate("nobody", [bytes(first.cer)]))
    refuses(400, "x509_props.subject", "begin_create_certificate", lambda: client.begin_create_certificate("c", CertificatePolicy(issuer_name="Self", subject="c")))
    refuses(400, "P-256K", "begin_create_certificate", lambda: client.begin_create_certificate(
        "c", CertificatePolicy(issuer_name="Self", subject="CN=c", key_type="EC", key_curve_name="P-256K")))
    refuses(400, "invalid name", "begin_create_certificate", lambda: client.begin_create_certificate("a_b", own))
    refuses(400, "PKCS#12", "import_certificate", lambda: client.import_certificate("c", b"junk"))
    refuses(404, "CertificateNotFound", "get_certificate_version", lambda: client.get_certificate_version("a", "0" * 32))
    refuses(404, "CertificateNotFound", "get_certificate_policy", lambda: client.get_certificate_policy("nobody"))
    refuses(404, "CertificateNotFound", "backup_certificate", lambda: client.backup_certificate("nobody"))
    refuses(403, "a certificate manages", "set_secret", lambda: secrets.set_secret("a", "1"))
    refuses(403, "a certificate manages", "begin_delete_secret", lambda: secrets.begin_delete_secret("a"))
    refuses(404, "SecretNotFound", "get_deleted_secret of one that is there", lambda: secrets.get_deleted_secret("a"))
    refuses(400, "cannot be read", "restore_secret_backup", lambda: secrets.restore_secret_backup(b"junk"))
    refuses(400, "maxresults", "list_properties_of_secrets", lambda: list(secrets.list_properties_of_secrets(max_page_size=26)))
    for number in range(12):
        secrets.set_secret(f"many{number}", "")
    does("list_properties_of_secrets, five a page", lambda: [len(list(page)) for page in secrets.list_properties_of_secrets(max_page_size=5).by_page()], lambda all: all == [5, 5, 3])

    vaults = sdk.manage("azure.mgmt.keyvault", "KeyVaultManagementClient").vaults
    refuses(400, "LocationNotAvailableForResourceType", "vaults.begin_create_or_update", lambda: vaults.begin_create_or_update(
        "sdk-refused", "kv-sdk-never", {"location": "nowhere", "properties": {"tenantId": sdk.connection["tenant_id"], "sku": {"family": "A", "name": "standard"}}}))
    refuses(400, "fly", "vaults.update_access_policy", lambda: vaults.update_access_policy("sdk-refused", "kv-sdk-refused", "fly", {"properties": {"accessPolicies": []}}))
    refuses(404, "DeletedVaultNotFound", "vaults.get_deleted", lambda: vaults.get_deleted("nobody", "westeurope"))
    refuses(404, "DeletedVaultNotFound", "vaults.begin_purge_deleted", lambda: vaults.begin_purge_deleted("nobody", "westeurope"))
    does("vaults.delete of what is not there", lambda: vaults.delete("sdk-refused", "nobody") or True)

    web = sdk.manage("azure.mgmt.web", "WebSiteManagementClient")
    does("list_skus", lambda: {one.name for one in web.list_skus().skus}, lambda all: {"F1", "B1", "P1v3"} <= all)
    does("app_service_plans.get_server_farm_skus", lambda: web.app_service_plans.get_server_farm_skus("rg-shop", "plan-shop"), lambda one: len(one["value"]) > 10)
    does("list_custom_host_name_sites", lambda: {one.name for one in web.list_custom_host_name_sites()}, lambda all: "shop.contoso.com" in all)
    does("get_subscription_deployment_locations", lambda: web.get_subscription_deployment_locations().locations, lambda all: len(all) >= 5)
    plan = f"/subscriptions/{sdk.subscription}/resourceGroups/rg-shop/providers/Microsoft.Web/serverfarms/nobody"
    wrong = {"location": "West Europe", "properties": {"serverFarmId": plan, "pfxBlob": "AAAA", "password": "x"}}
    refuses(404, "Cannot find ServerFarm", "certificates.create_or_update", lambda: web.certificates.create_or_update("rg-shop", "never", wrong))
    refuses(404, "Cannot find ServerFarm", "web_apps.update", lambda: web.web_apps.update("rg-shop", "contoso-blog", {"properties": {"serverFarmId": plan}}))
    refuses(404, "ResourceNotFound", "certificates.update", lambda: web.certificates.update("rg-shop", "nobody", {"properties": {}}))
    refuses(404, "ResourceNotFound", "web_apps.get_host_name_binding", lambda: web.web_apps.get_host_name_binding("rg-shop", "contoso-shop", "nobody.example"))
    refuses(412, "changed since", "web_apps.update with a wrong ETag", lambda: web.web_apps.update("rg-shop", "contoso-blog", {"properties": {}}, headers={"If-Match": '"wrong"'}))
    refuses(400, "blob has an invalid value", "web_apps.create_or_update_public_certificate", lambda: web.web_apps.create_or_update_public_certificate(
        "rg-shop", "contoso-shop", "never", {"properties": {"blob": "AAAA", "publicCertificateLocation": "CurrentUserMy"}}))


def key(certificate):
    from cryptography import x509

    return x509.load_der_x509_certificate(bytes(certificate.cer)).public_key()


def graph(sdk):
    from azure.mgmt.resourcegraph import ResourceGraphClient

    client = ResourceGraphClient(sdk.credential, base_url=sdk.cloud.arm, credential_scopes=[f"{sdk.cloud.arm}/.default"], **sdk.quick)
    query = "Resources | where type =~ 'microsoft.web/certificates' | project name, id | order by name asc"

    def pages():
        names, token = [], None
        while True:
            options = {"$top": 3, "resultFormat": "objectArray", **({"$skipToken": token} if token else {})}
            answer = client.resources({"query": query, "subscriptions": [sdk.subscription], "options": options})
            names += [row["name"] for row in answer.data]
            token = answer.skip_token
            if not token:
                return names, answer.total_records

    sdk.does("resources, three a page", pages, lambda both: len(both[0]) == len(set(both[0])) == both[1] > 3)
    sdk.refuses(400, "BadRequest", "resources", lambda: client.resources({"query": "Resources | fly", "subscriptions": [sdk.subscription]}))


def asynchronous(sdk):
    """The same clients, built on asyncio and aiohttp."""
    try:
        import aiohttp  # noqa: F401
    except ImportError:
        from practice import Skipped

        raise Skipped("aiohttp is not installed") from None
    sdk.group("sdk-async")
    make(sdk, "sdk-async", "kv-sdk-async", policy(sdk))
    asyncio.run(_asynchronous(sdk))


async def _asynchronous(sdk):
    from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
    from azure.identity.aio import ClientSecretCredential
    from azure.keyvault.certificates import CertificatePolicy
    from azure.keyvault.certificates.aio import CertificateClient
    from azure.keyvault.secrets.aio import SecretClient
    from azure.mgmt.certificateregistration.aio import CertificateRegistrationMgmtClient
    from azure.mgmt.keyvault.aio import KeyVaultManagementClient
    from azure.mgmt.web.aio import WebSiteManagementClient

    connection, arm, check = sdk.connection, sdk.cloud.arm, sdk.checks.check

    async def does(name, work, held=lambda _: True):
        try:
            answer = await work
            check(f"async {name}", held(answer), answer)
            return answer
        except HttpResponseError as error:
            check(f"async {name}", False, error)

    async def every(pages):
        return [one async for one in pages]

    secret = ClientSecretCredential(connection["tenant_id"], connection["client_id"], connection["client_secret"], authority=connection["authority"], disable_instance_discovery=True)
    ask = {"base_url": arm, "credential_scopes": [f"{arm}/.default"], **sdk.quick}
    vault = sdk.cloud.vault("kv-sdk-async")
    async with (secret, CertificateClient(vault, secret) as certificates, SecretClient(vault, secret) as secrets, WebSiteManagementClient(secret, sdk.subscription, **ask) as web,
                CertificateRegistrationMgmtClient(secret, sdk.subscription, **ask) as orders, KeyVaultManagementClient(secret, sdk.subscription, **ask) as manage):
        await does("create_certificate", certificates.create_certificate("a", CertificatePolicy.get_default()), lambda one: one.properties.enabled)
        await does("list_properties_of_certificates", every(certificates.list_properties_of_certificates()), lambda all: len(all) == 1)
        await does("delete_certificate", certificates.delete_certificate("a"), lambda one: one.recovery_id)
        await does("recover_deleted_certificate", certificates.recover_deleted_certificate("a"))
        await does("set_secret", secrets.set_secret("b", "1"), lambda one: one.value == "1")
        await does("delete_secret", secrets.delete_secret("b"))
        await does("purge_deleted_secret", secrets.purge_deleted_secret("b"))
        try:
            await secrets.get_secret("b")
            check("async get_secret of a purged one", False)
        except ResourceNotFoundError as error:
            check("async get_secret of a purged one", "SecretNotFound" in str(error), error)
        await does("certificates.list", every(web.certificates.list()), lambda all: len(all) > 5)
        await does("web_apps.list", every(web.web_apps.list()), lambda all: len(all) > 5)
        order = {"location": "global", "properties": {"distinguishedName": "CN=async.example", "productType": "StandardDomainValidatedSsl"}}
        poller = await orders.app_service_certificate_orders.begin_create_or_update("sdk-async", "asyncorder", order)
        await does("begin_create_or_update", poller.result(), lambda one: one.properties.status == "Pendingissuance")
        await does("app_service_certificate_orders.list", every(orders.app_service_certificate_orders.list()), lambda all: "asyncorder" in {one.name for one in all})
        body = {"location": "westeurope", "properties": {"tenantId": connection["tenant_id"], "sku": {"family": "A", "name": "standard"}, "accessPolicies": []}}
        poller = await manage.vaults.begin_create_or_update("sdk-async", "kv-sdk-async-2", body)
        await does("vaults.begin_create_or_update", poller.result(), lambda one: one.properties.provisioning_state == "Succeeded")
        await does("vaults.delete", manage.vaults.delete("sdk-async", "kv-sdk-async-2"))
        poller = await manage.vaults.begin_purge_deleted("kv-sdk-async-2", "westeurope")
        await does("vaults.begin_purge_deleted", poller.result())
