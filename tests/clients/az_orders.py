"""App Service certificates: az has no commands of its own for them, only `az rest` and `az resource`."""

import json

VERSIONS = ["2015-08-01", "2022-09-01", "2023-12-01", "2024-11-01"]


def orders(az, make_file):
    cloud, does, refuses = az.cloud, az.does, az.refuses
    group = f"{cloud.arm}/subscriptions/{cloud.subscription}/resourceGroups/az-order"
    order = f"{group}/providers/Microsoft.CertificateRegistration/certificateOrders/azorder"
    version = "?api-version=2024-11-01"

    def rest(method, url, body=None, **more):
        words = ["--url", url, "--resource", f"{cloud.arm}/"]
        if body is not None:
            words += ["--body", json.dumps(body)]
        return does(f"rest --method {method}", *words, **more)

    def refused(because, method, url, body=None):
        words = ["--url", url, "--resource", f"{cloud.arm}/"]
        if body is not None:
            words += ["--body", json.dumps(body)]
        refuses(because, f"rest --method {method}", *words)

    does("group create -n az-order -l westeurope")
    wanted = {"location": "global", "properties": {"distinguishedName": "CN=az-order.example", "productType": "StandardDomainValidatedSsl",
                                                   "validityInYears": 1, "keySize": 2048, "autoRenew": True}}
    subscription = f"{cloud.arm}/subscriptions/{cloud.subscription}"
    rest("post", f"{subscription}/providers/Microsoft.CertificateRegistration/validateCertificateRegistrationInformation{version}",
         {"name": "azorder", **wanted})
    refused("ProductType", "put", order + version, {"location": "global", "properties": {"distinguishedName": "CN=az-order.example"}})
    rest("put", order + version, wanted, check=lambda one: one["properties"]["status"] in ("Pendingissuance", "NotSubmitted"))
    for one in VERSIONS:
        rest("get", f"{order}?api-version={one}", check=lambda shown: shown["properties"]["status"] == "Pendingissuance")
    shown = rest("get", order + version, check=lambda one: one["properties"]["provisioningState"] == "Succeeded" and one["properties"]["domainVerificationToken"])
    rest("get", f"{group}/providers/Microsoft.CertificateRegistration/certificateOrders{version}", check=lambda all: len(all["value"]) == 1)
    rest("get", f"{subscription}/providers/Microsoft.CertificateRegistration/certificateOrders{version}", check=lambda all: len(all["value"]) > 5)
    refused("MissingApiVersionParameter", "get", order)

    # Step 1: Store.
    does("keyvault create -g az-order -n kv-az-order --enable-rbac-authorization false")
    vault = does("keyvault show -n kv-az-order --query id")
    store = {"location": "global", "properties": {"keyVaultId": vault, "keyVaultSecretName": "azorder"}}
    rest("put", f"{order}/certificates/azorder{version}", store, check=lambda one: one["properties"]["provisioningState"] == "AzureServiceUnauthorizedToAccessKeyVault")
    does("keyvault set-policy -n kv-az-order --spn f3c21649-0979-4721-ac85-b0216b2cf413 --secret-permissions get list set delete --certificate-permissions get list")
    does("keyvault set-policy -n kv-az-order --spn abfa0a7c-a6b6-4736-8310-5855508787cd --secret-permissions get --certificate-permissions get")
    rest("put", f"{order}/certificates/azorder{version}", store, check=lambda one: one["properties"]["provisioningState"] == "Initialized")
    rest("get", f"{order}/certificates{version}", check=lambda all: len(all["value"]) == 1)
    does("lock list --resource kv-az-order --resource-type vaults --namespace Microsoft.KeyVault -g az-order",
         check=lambda all: "AppServiceCertificateLock" in {one["name"] for one in all})
    refused("invalid value", "put", f"{order}/certificates/azorder{version}", {"location": "global", "properties": {"keyVaultId": vault + "x/y"}})

    # Step 2: Verify.
    rest("post", f"{order}/resendRequestEmails{version}", {"name": "az-order.example"})
    rest("post", f"{order}/retrieveEmailHistory{version}", check=lambda all: len(all) == 5)
    cloud.record("az-order.example", "TXT", shown["properties"]["domainVerificationToken"])
    rest("post", f"{order}/verifyDomainOwnership{version}")
    issued = rest("get", order + version, check=lambda one: one["properties"]["status"] == "Issued")
    rest("get", f"{order}/certificates/azorder{version}", check=lambda one: one["properties"]["provisioningState"] == "Succeeded")
    rest("post", f"{order}/retrieveCertificateActions{version}", check=lambda all: "CertificateIssued" in {one["actionType"] for one in all})
    rest("post", f"{order}/retrieveSiteSeal{version}", {"lightTheme": True, "locale": "en-us"}, check=lambda one: one["html"])
    rest("post", f"{order}/resendEmail{version}")
    rest("get", f"{order}/detectors{version}", check=lambda all: all["value"])
    rest("get", f"{order}/detectors/AutoRenewStatus{version}", check=lambda one: one["properties"]["dataset"])

    # Step 3: Import, as `az webapp config ssl import` does it with the name of an order.
    does("webapp config ssl import -g rg-shop -n contoso-shop --key-vault kv-az-order --key-vault-certificate-name azorder",
         check=lambda one: one["thumbprint"] == issued["properties"]["signedCertificate"]["thumbprint"])

    # Rekey, renew, auto-renew.
    rest("post", f"{order}/reissue{version}", {"properties": {"keySize": 2048, "delayExistingRevokeInHours": 0, "isPrivateKeyExternal": False}})
    rekeyed = rest("get", order + version, check=lambda one: one["properties"]["serialNumber"] != issued["properties"]["serialNumber"])
    does("webapp config ssl import -g rg-shop -n contoso-shop --key-vault kv-az-order --key-vault-certificate-name azorder",
         check=lambda one: one["thumbprint"] == rekeyed["properties"]["signedCertificate"]["thumbprint"])
    rest("patch", order + version, {"properties": {"productType": "StandardDomainValidatedSsl", "autoRenew": False}}, check=lambda one: one["properties"]["autoRenew"] is False)
    refused("cannot be renewed now", "post", f"{order}/renew{version}", {"properties": {"keySize": 2048}})
    does("resource show -g az-order -n azorder --resource-type Microsoft.CertificateRegistration/certificateOrders", check=lambda one: one["location"] == "global")
    does("resource update -g az-order -n azorder --resource-type Microsoft.CertificateRegistration/certificateOrders --set properties.autoRenew=true",
         check=lambda one: one["properties"]["autoRenew"] is True)
    does("resource invoke-action -g az-order -n azorder --resource-type Microsoft.CertificateRegistration/certificateOrders --action retrieveCertificateActions")

    # Revoked ones stand in the CA's list: the rekeyed one at once, the last with its order.
    revoked = az.revoked()
    serial = issued["properties"]["signedCertificate"]["serialNumber"]
    az.checks.check("  …the certificate of before the rekey is revoked", serial in revoked, revoked)
    refuses("failed to be deleted", "resource delete -g az-order -n azorder --resource-type Microsoft.CertificateRegistration/certificateOrders")
    rest("delete", f"{order}/providers/Microsoft.Authorization/locks/azorder?api-version=2020-05-01")
    rest("delete", f"{order}/certificates/azorder{version}")
    does("resource delete -g az-order -n azorder --resource-type Microsoft.CertificateRegistration/certificateOrders")
    refused("ResourceNotFound", "get", order + version)
    serial = rekeyed["properties"]["signedCertificate"]["serialNumber"]
    az.checks.check("  …the certificate of a deleted order is revoked", serial in az.revoked(), az.revoked())


def others(az, make_file):
    """What else `az rest` reaches."""
    cloud, does, refuses = az.cloud, az.does, az.refuses
    subscription = f"{cloud.arm}/subscriptions/{cloud.subscription}"
    web = f"{subscription}/resourceGroups/rg-shop/providers/Microsoft.Web"

    def get(path, check=None):
        return does("rest --method get", "--url", path, "--resource", f"{cloud.arm}/", check=check)

    for version in ("2015-08-01", "2018-02-01", "2020-12-01", "2023-12-01", "2025-05-01"):
        get(f"{web}/certificates?api-version={version}", check=lambda all: len(all["value"]) > 3)
    get(f"{web}/sites/contoso-shop/analyzeCustomHostname?hostName=shop.contoso.com&api-version=2023-12-01",
        check=lambda one: one["properties"]["isHostnameAlreadyVerified"] is True)
    get(f"{web}/sites/contoso-api/publicCertificates?api-version=2023-12-01", check=lambda all: len(all["value"]) == 2)
    get(f"{web}/sites?includeSlots=true&api-version=2023-12-01", check=lambda all: any("/slots/" in one["id"] for one in all["value"]))
    get(f"{web}/serverfarms/plan-shop/sites?api-version=2023-12-01", check=lambda all: len(all["value"]) > 2)

    # With a path alone az takes its own cloud, subscription and token.
    does("rest -u", "/subscriptions/{subscriptionId}/providers/Microsoft.Web/certificates?api-version=2023-12-01", check=lambda all: len(all["value"]) > 3)
    does("rest --method get --uri-parameters api-version=2024-11-01 --query value[].name --url",
         "/subscriptions/{subscriptionId}/providers/Microsoft.CertificateRegistration/certificateOrders", check=lambda all: "jobsite" in all)
    does("resource patch -g rg-shop -n contoso-blog --resource-type Microsoft.Web/sites -p", '{"httpsOnly": true}', check=lambda one: one["properties"]["httpsOnly"] is True)

    # Certificates of one app alone (Flex Consumption).
    group = f"{subscription}/resourceGroups/az-flex/providers/Microsoft.Web"
    does("group create -n az-flex -l westeurope")
    does("rest --method put", "--url", f"{group}/serverfarms/flex?api-version=2024-11-01", "--resource", f"{cloud.arm}/", "--body",
         json.dumps({"location": "westeurope", "kind": "functionapp", "sku": {"name": "FC1", "tier": "FlexConsumption"}, "properties": {"reserved": True}}))
    does("rest --method put", "--url", f"{group}/sites/az-flex?api-version=2024-11-01", "--resource", f"{cloud.arm}/", "--body",
         json.dumps({"location": "westeurope", "kind": "functionapp,linux", "properties": {
             "serverFarmId": f"/subscriptions/{cloud.subscription}/resourceGroups/az-flex/providers/Microsoft.Web/serverfarms/flex",
             "functionAppConfig": {"runtime": {"name": "node", "version": "22"}}}}))
    base, thumbprint = make_file("flex", ["az-flex.azurewebsites.net"])
    does(f"webapp config ssl upload -g az-flex -n az-flex --certificate-password test --certificate-name own --certificate-file {base}.pfx",
         check=lambda one: one["type"] == "Microsoft.Web/sites/certificates")
    get(f"{group}/sites/az-flex/certificates?api-version=2024-11-01", check=lambda all: all["value"][0]["properties"]["thumbprint"] == thumbprint)
    does(f"webapp config ssl bind -g az-flex -n az-flex --ssl-type SNI --certificate-thumbprint {thumbprint} --hostname az-flex.azurewebsites.net")
    does(f"webapp config ssl unbind -g az-flex -n az-flex --certificate-thumbprint {thumbprint} --hostname az-flex.azurewebsites.net")
    does("rest --method delete", "--url", f"{group}/sites/az-flex/certificates/own?api-version=2024-11-01", "--resource", f"{cloud.arm}/")
