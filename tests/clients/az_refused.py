"""What Azure refuses around App Service: places, versions, names, plans, orders, locks. And Resource Graph as `az graph` asks it."""

import json

GRAPH = "Resources | where type =~ 'microsoft.web/certificates' | project name, id | order by name asc"


def refused(az, make_file):
    cloud, does, refuses = az.cloud, az.does, az.refuses
    does("group create -n az-no -l westeurope")
    refuses("LocationNotAvailableForResourceGroup", "group create -n az-never -l nowhere")
    refuses("InvalidResourceGroup", "group create -l westeurope -n", "not a name!")
    refuses("InvalidResourceGroupLocation", "group create -n az-no -l eastus")
    refuses("LocationNotAvailableForResourceType", "appservice plan create -g az-no -n plan --sku B1 -l nowhere")
    refuses("NoRegisteredProviderFound", "resource show -g rg-shop -n contoso-shop --resource-type Microsoft.Web/sites --api-version 1999-01-01")
    refuses("InvalidResourceNamespace", "resource show -g rg-shop -n x --resource-type Microsoft.Nothing/things")
    refuses("InvalidResourceType", "resource invoke-action -g rg-shop -n contoso-blog --resource-type Microsoft.Web/sites --action fly")

    # An app stays in its webspace.
    does("appservice plan create -g az-no -n one --sku S1 --is-linux false")
    does("appservice plan create -g az-no -n two --sku B1 --is-linux false")
    does("appservice plan create -g az-no -n free --sku F1 --is-linux false")
    does("appservice plan create -g az-no -n other --sku B1 --is-linux")
    app = does("webapp create -g az-no -p one -n az-no-app")["id"]

    def plan(name):
        return f"properties.serverFarmId=/subscriptions/{cloud.subscription}/resourceGroups/az-no/providers/Microsoft.Web/serverfarms/{name}"

    # az shows no more of the reasons than these.
    refuses("Not Found", "resource update --ids", app, "--set", plan("nobody"))
    refuses("Conflict", "resource update --ids", app, "--set", plan("other"))
    does("resource update --ids", app, "--set", plan("two"), check=lambda one: one["properties"]["serverFarmId"].endswith("/two"))
    base, thumbprint = make_file("no", ["az-no-app.azurewebsites.net"])
    ssl = "-g az-no -n az-no-app"
    does(f"webapp config ssl upload {ssl} --certificate-password test --certificate-file {base}.pfx")
    does(f"webapp config ssl bind {ssl} --ssl-type SNI --certificate-thumbprint {thumbprint} --hostname az-no-app.azurewebsites.net")
    refuses("Conflict", "resource update --ids", app, "--set", plan("free"))
    does(f"webapp config ssl unbind {ssl} --certificate-thumbprint {thumbprint} --hostname az-no-app.azurewebsites.net")

    # What a tier has no room for.
    does("appservice plan create -g az-no -n sizes --sku S1 --is-linux false")
    does("webapp create -g az-no -p sizes -n az-no-sizes")
    does("webapp deployment slot create -g az-no -n az-no-sizes -s staging")
    refuses("", "appservice plan update -g az-no -n sizes --sku B1")
    does("webapp deployment slot delete -g az-no -n az-no-sizes -s staging")
    does("appservice plan update -g az-no -n sizes --sku F1", check=lambda one: one["sku"]["tier"] == "Free")
    refuses("number of slots", "webapp deployment slot create -g az-no -n az-no-sizes -s staging")
    cloud.record("sizes.az-no.example", "CNAME", "az-no-sizes.azurewebsites.net")
    refuses("Free tier", "webapp config hostname add -g az-no --webapp-name az-no-sizes --hostname sizes.az-no.example")
    # The last app takes its plan along.
    does("webapp delete -g az-no -n az-no-sizes")
    refuses("not found", "appservice plan show -g az-no -n sizes")

    # Hostnames.
    name = "webapp config hostname add -g az-no --webapp-name az-no-app --hostname"
    refuses("not valid", name, "not a name.example")
    refuses("asuid.az-no.example", name, "*.az-no.example")
    proof = does("resource show --query properties.customDomainVerificationId --ids", app)
    cloud.record("asuid.az-no.example", "TXT", proof)
    does(name, "*.az-no.example")
    refuses("already exists", "webapp config hostname add -g rg-shop --webapp-name contoso-blog --hostname", "*.az-no.example")
    refuses("Conflict", "webapp config hostname delete -g az-no --webapp-name az-no-app --hostname az-no-app.azurewebsites.net")
    for command in ("hostname add -g az-no --webapp-name nobody --hostname a.example", "hostname list -g az-no --webapp-name nobody",
                    f"ssl upload -g az-no -n nobody --certificate-password test --certificate-file {base}.pfx", "ssl create -g az-no -n nobody --hostname a.example"):
        refuses("was not found", f"webapp config {command}")
    refuses("password", f"webapp config ssl upload {ssl} --certificate-file {base}.pfx --certificate-password", "")
    refuses("could not be found", "webapp config ssl list -g az-nowhere")
    refuses("not found", f"webapp config ssl unbind {ssl} --certificate-thumbprint {'0' * 40}")
    refuses("not found", f"webapp config ssl delete -g az-no --certificate-thumbprint {'0' * 40}")

    # A key that stays in its vault is no use to an app.
    does("keyvault create -g az-no -n kv-az-no --enable-rbac-authorization false")
    policy = {"issuerParameters": {"name": "Self"}, "keyProperties": {"exportable": False, "keyType": "RSA", "keySize": 2048, "reuseKey": False},
              "secretProperties": {"contentType": "application/x-pkcs12"}, "x509CertificateProperties": {"subject": "CN=az-no.example", "validityInMonths": 6}}
    path = cloud.home / "kept.json"
    path.write_text(json.dumps(policy))
    does(f"keyvault certificate create --vault-name kv-az-no -n kept -p @{path}")
    does("keyvault set-policy -n kv-az-no --spn abfa0a7c-a6b6-4736-8310-5855508787cd --secret-permissions get")
    refuses("no private key", f"webapp config ssl import {ssl} --key-vault kv-az-no --key-vault-certificate-name kept")

    # Locks on what is not there, and on everything.
    refuses("ResourceGroupNotFound", "lock create -n a --lock-type CanNotDelete -g az-nowhere")
    refuses("could not be found", "lock create -n a --lock-type CanNotDelete --resource nobody --resource-type Microsoft.Web/sites -g az-no")
    lock = does("lock create -n all --lock-type ReadOnly -g az-no")["id"]
    for command in (f"webapp config appsettings set {ssl} --settings a=b", f"webapp config appsettings list {ssl}", f"webapp restart {ssl}", "group update -n az-no --set tags.a=b",
                    f"webapp config ssl upload {ssl} --certificate-name b --certificate-password test --certificate-file {base}.pfx",
                    f"webapp config ssl delete -g az-no --certificate-thumbprint {thumbprint}"):
        refuses("locked" if "delete" not in command else "", command)
    does("lock show --ids", lock, check=lambda one: one["level"] == "ReadOnly")
    does("lock update --lock-type CanNotDelete --ids", lock, check=lambda one: one["level"] == "CanNotDelete")
    does(f"webapp config appsettings set {ssl} --settings a=b")
    refuses("ScopeLocked", "group delete -n az-no -y")
    does("lock delete --ids", lock)
    does("lock delete --ids", lock)
    refuses("LockNotFound", "lock update -n all -g az-no --notes x")
    does("group delete -n az-no -y")


def purchases(az, make_file):
    """Orders that nobody sells, by the oldest api-version and the newest."""
    cloud, does, refuses = az.cloud, az.does, az.refuses
    does("group create -n az-buy -l westeurope")
    orders = f"{cloud.arm}/subscriptions/{cloud.subscription}/resourceGroups/az-buy/providers/Microsoft.CertificateRegistration/certificateOrders"
    good = {"distinguishedName": "CN=az-buy.example", "productType": "StandardDomainValidatedSsl", "validityInYears": 1, "keySize": 2048}

    def rest(method, path, version, body):
        words = ["--method", method, "--resource", f"{cloud.arm}/", "--url", f"{orders}/{path}?api-version={version}"]
        return words if body is None else [*words, "--body", json.dumps(body)]

    def order(**more):
        return {"location": "global", "properties": {**good, **more}}

    for version in ("2015-08-01", "2024-11-01"):
        for because, name, body in (
            ("location", "never", {"properties": good}), ("invalid", "bad_name!", order()), ("", "never", order(distinguishedName="nonsense")),
            ("", "never", order(distinguishedName="CN=*.az-buy.example")), ("wildcard", "never", order(productType="StandardDomainValidatedWildCardSsl")),
            ("ValidityInYears", "never", order(validityInYears=4)), ("KeySize", "never", order(keySize=1024)), ("ProductType", "never", order(productType="Gold")),
            ("Csr", "never", order(csr="junk")),
        ):
            refuses(because, "rest", *rest("put", name, version, body))
        name = f"buy{version[:4]}"
        does("rest", *rest("put", name, version, order()))
        for because, method, path, body in (
            ("cannot be changed", "patch", name, {"properties": {"keySize": 4096}}), ("cannot be rekeyed", "post", f"{name}/reissue", {"properties": {"keySize": 2048}}),
            ("cannot be renewed", "post", f"{name}/renew", {"properties": {"keySize": 2048}}), ("not been issued", "post", f"{name}/resendEmail", None),
            ("issued certificate", "post", f"{name}/retrieveSiteSeal", {"lightTheme": True, "locale": "en-us"}),
            ("not the domain", "post", f"{name}/resendRequestEmails", {"name": "other.example"}),
            ("not found", "get", f"{name}/detectors/nobody", None), ("ResourceNotFound", "get", f"{name}/certificates/nobody", None),
            ("ResourceNotFound", "patch", "nobody", {"properties": {"autoRenew": False}}), ("could not be found", "put", "nobody/certificates/x", {"location": "global", "properties": {}}),
            ("KeyVaultId", "put", f"{name}/certificates/x", {"location": "global", "properties": {"keyVaultSecretName": "x"}}),
            ("ScopeLocked", "delete", name, None), ("InvalidResourceType", "post", f"{name}/fly", None),
        ):
            refuses(because, "rest", *rest(method, path, version, body))


def graph(az, make_file):
    """The requests of az's `graph` extension, which is not part of the package: `az graph query -q …`, page after page."""
    cloud, does, refuses = az.cloud, az.does, az.refuses

    def ask(version, query, *, subscriptions=(cloud.subscription,), **options):
        url = f"{cloud.arm}/providers/Microsoft.ResourceGraph/resources?api-version={version}"
        body = {"query": query, "subscriptions": list(subscriptions), "options": {"resultFormat": "objectArray", **options}}
        return ["--method", "post", "--resource", f"{cloud.arm}/", "--url", url, "--body", json.dumps(body)]

    for version in ("2019-04-01", "2021-03-01", "2022-10-01", "2024-04-01"):
        whole = does("rest", *ask(version, GRAPH, **{"$top": 1000}), check=lambda all: all["count"] == all["totalRecords"] == len(all["data"]) and "$skipToken" not in all)
        names, token = [], None
        while True:
            more = {"$top": 3, **({"$skipToken": token} if token else {})}
            page = does("rest", *ask(version, GRAPH, **more), check=lambda one: one["totalRecords"] == whole["totalRecords"] and len(one["data"]) <= 3)
            names += [row["name"] for row in page["data"]]
            token = page.get("$skipToken")
            if not token:
                break
        az.checks.check("  …the pages together are the whole", names == [row["name"] for row in whole["data"]], names)
    version = "2022-10-01"
    does("rest", *ask(version, GRAPH, **{"$top": 2, "$skip": 1}), check=lambda one: one["data"][0]["name"] == whole["data"][1]["name"])
    # Pages need the id of each row.
    does("rest", *ask(version, "Resources | project name", **{"$top": 2}), check=lambda one: one["resultTruncated"] == "true" and "$skipToken" not in one)
    does("rest", *ask(version, "Resources | summarize count() by type", resultFormat="table"), check=lambda one: one["data"]["columns"][0]["name"] == "type")
    does("rest", *ask(version, "ResourceContainers | where type =~ 'microsoft.resources/subscriptions' | project name", subscriptions=cloud.connection["subscription_ids"]),
         check=lambda one: one["totalRecords"] == 2)
    does("rest", *ask(version, "Resources | where type =~ 'microsoft.certificateregistration/certificateorders' | extend left = datetime_diff('day', todatetime(properties.expirationTime), now())"
                               " | where left < 400 | project name, left | top 3 by left asc"), check=lambda one: len(one["data"]) == 3)
    refuses("BadRequest", "rest", *ask(version, "Resources | fly"))
    refuses("BadRequest", "rest", *ask(version, "Nowhere"))
    refuses("", "rest", *ask(version, GRAPH, **{"$skipToken": "junk"}))
    refuses("", "rest", *ask(version, GRAPH, **{"$top": 1001}))
    does("rest --method get", "--resource", f"{cloud.arm}/", "--url", f"{cloud.arm}/subscriptions/{cloud.subscription}/providers/Microsoft.Web/skus?api-version=2023-12-01",
         check=lambda one: "P1v3" in {sku["name"] for sku in one["skus"]})
