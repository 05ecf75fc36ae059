"""What people type besides: other outputs, moves between groups, curves of keys, and the lists that az asks for on its way."""

import json


def prints(az, words, line):
    """A command whose output is for people: it must work and show these words."""
    done = az.run(line)
    held = done.returncode == 0 and all(word in done.stdout for word in words)
    az.checks.check(f"az {line}", held, f"{done.stderr.strip()}\n{done.stdout[:800]}")


def outputs(az, make_file):
    prints(az, ["shop-2026", "Thumbprint"], "webapp config ssl list -g rg-shop -o table")
    prints(az, ["shop-2026"], "webapp config ssl list -g rg-shop --query [].name -o tsv")
    # `webapp list -o table` of az 2.91 wants a member that az itself no longer fills.
    prints(az, ["contoso-shop"], "webapp list -o table --query [].{name:name,state:state}")
    prints(az, ["contoso-shop"], "resource list --resource-type Microsoft.Web/sites -o tsv --query [].name")
    prints(az, ["kv-contoso-shop"], "keyvault list -o yamlc")
    prints(az, ["Enabled"], "account list -o table")
    prints(az, ["rg-shop"], "group list -o table")
    prints(az, ["plan-shop"], "appservice plan list -o table")


def moves(az, make_file):
    """Certificates, apps, plans and orders in another group, and what stays where it is."""
    does, refuses = az.does, az.refuses
    does("group create -n az-from -l westeurope")
    does("group create -n az-to -l westeurope")
    plan = does("appservice plan create -g az-from -n az-moved --sku S1 --is-linux false")["id"]
    app = does("webapp create -g az-from -p az-moved -n az-moved-app")["id"]
    base, thumbprint = make_file("moved", ["moved.example"])
    az.cloud.record("moved.example", "CNAME", "az-moved-app.azurewebsites.net")
    does("webapp config hostname add -g az-from --webapp-name az-moved-app --hostname moved.example")
    ssl = "-g az-from -n az-moved-app"
    certificate = does(f"webapp config ssl upload {ssl} --certificate-name moved --certificate-password test --certificate-file {base}.pfx")["id"]
    does(f"webapp config ssl bind {ssl} --ssl-type SNI --certificate-thumbprint {thumbprint}")
    refuses("could not be found", "resource move --destination-group nowhere --ids", certificate)
    does("lock create -n still --lock-type ReadOnly -g az-to")
    refuses("ScopeLocked", "resource move --destination-group az-to --ids", certificate)
    does("lock delete -n still -g az-to")
    does("resource move --destination-group az-to --ids", certificate, plan)
    does("webapp config ssl list -g az-to", check=lambda all: [one["thumbprint"] for one in all] == [thumbprint])
    does("webapp show -g az-from -n az-moved-app", check=lambda one: "/az-to/" in (one.get("appServicePlanId") or one["serverFarmId"]))
    # The certificate is still presented from the other group, so it and its plan stay when that group goes.
    refuses("could not be deleted", "group delete -n az-to -y")
    does("webapp config ssl list -g az-to", check=lambda all: len(all) == 1)
    does("resource move --destination-group az-to --ids", app)
    does("webapp config hostname list -g az-to --webapp-name az-moved-app", check=lambda all: len(all) == 2)
    does("webapp config ssl unbind -g az-to -n az-moved-app --certificate-thumbprint", thumbprint)
    does("group delete -n az-to -y")
    does("group delete -n az-from -y")

    order = does("resource show -g rg-shop -n events2026 --resource-type Microsoft.CertificateRegistration/certificateOrders")["id"]
    does("group create -n az-orders -l westeurope")
    does("resource move --destination-group az-orders --ids", order)
    order = order.replace("/rg-shop/", "/az-orders/")
    does("resource show --ids", order, check=lambda one: one["properties"]["distinguishedName"].startswith("CN="))
    does("lock list -g az-orders", check=lambda all: len(all) == 1)
    does("resource tag --tags a=b --ids", order, check=lambda one: one["tags"] == {"a": "b"})
    does("resource update --set properties.autoRenew=false --ids", order, check=lambda one: one["properties"]["autoRenew"] is False)
    url = f"{az.cloud.arm}{order}"
    api = "api-version=2024-11-01"
    rest = f"--resource {az.cloud.arm}/ --url"
    does(f"rest --method post {rest}", f"{url}/retrieveCertificateActions?{api}", check=lambda all: all)
    does(f"rest --method post {rest}", f"{url}/resendRequestEmails?{api}", "--body", json.dumps({"name": "contoso.com"}))
    does(f"rest --method patch {rest}", f"{url}?{api}", "--body", json.dumps({"properties": {"autoRenew": True}}),
         check=lambda one: one["properties"]["autoRenew"] is True)
    # az shows no more of the reason than this.
    refuses("failed to be deleted", "resource delete --ids", order)
    does("resource move --destination-group rg-shop --ids", order)


def curves(az, make_file):
    """Keys of a vault's certificates on the curve that the policy asks for."""
    cloud, does, refuses = az.cloud, az.does, az.refuses
    does("group create -n az-curve -l westeurope")
    does("keyvault create -g az-curve -n kv-az-curve --enable-rbac-authorization false")
    policy = does("keyvault certificate get-default-policy")
    policy["keyProperties"] = {"exportable": True, "keyType": "EC", "reuseKey": False}
    path = cloud.home / "curve.json"
    for curve, name in (("P-256", "small"), ("P-384", "middle"), ("P-521", "large")):
        policy["keyProperties"]["curve"] = curve
        path.write_text(json.dumps(policy))
        does(f"keyvault certificate create --vault-name kv-az-curve -n {name} -p @{path}", check=lambda one: one["status"] == "completed")
        does(f"keyvault certificate download --vault-name kv-az-curve -n {name} -f {cloud.home}/{name}.pem")
        # az reads the curve of a policy under a name that its own SDK does not have, so it shows none.
        az.checks.check(f"  …its key lies on {curve}", f"NIST CURVE: {curve}" in az.text(cloud.home / f"{name}.pem"))
    policy["keyProperties"]["curve"] = "P-256K"
    path.write_text(json.dumps(policy))
    refuses("P-256K", f"keyvault certificate create --vault-name kv-az-curve -n odd -p @{path}")
    base, _ = make_file("curved", ["curved.example"], key="ec -pkeyopt ec_paramgen_curve:P-384")
    does(f"keyvault certificate import --vault-name kv-az-curve -n curved -f {base}.pfx --password test",
         check=lambda one: one["policy"]["keyProperties"]["keyType"] == "EC")
    # App Service takes no such key from a vault.
    does("keyvault set-policy -n kv-az-curve --spn abfa0a7c-a6b6-4736-8310-5855508787cd --secret-permissions get")
    refuses("key", "webapp config ssl import -g rg-shop -n contoso-shop --key-vault kv-az-curve --key-vault-certificate-name curved")
    does("group delete -n az-curve -y")


def lists(az, make_file):
    """What an app could have and has not, asked for by the commands that admins look around with."""
    does, app = az.does, "-g rg-shop -n contoso-shop"
    empty = lambda all: all == []  # noqa: E731 (a name for what many lines say)
    does(f"webapp config connection-string list {app}", check=lambda all: not all)
    does(f"webapp config storage-account list {app}", check=empty)
    does(f"webapp config access-restriction show {app}", check=lambda one: one["ipSecurityRestrictions"])
    does(f"webapp cors show {app}")
    does(f"webapp traffic-routing show {app}")
    does(f"webapp identity show {app}")
    does(f"webapp log show {app}")
    does(f"webapp deployment list-publishing-credentials {app}", check=lambda one: one["properties"]["publishingUserName"] == "$contoso-shop"
         if "properties" in one else one["publishingUserName"] == "$contoso-shop")
    does(f"webapp list-instances {app}", check=empty)
    does(f"webapp vnet-integration list {app}", check=empty)
    does(f"webapp config snapshot list {app}", check=empty)
    does(f"webapp config backup list --resource-group rg-shop --webapp-name contoso-shop", check=empty)
    does("webapp deleted list")
    does("appservice list-locations --sku S1", check=lambda all: "West Europe" in {one["name"] for one in all})
    does("webapp list-runtimes", check=lambda all: all)
    does("appservice ase list", check=empty)
    does("webapp config ssl show -g rg-shop --certificate-name shop-2026", check=lambda one: one["name"] == "shop-2026")
    does("resource list -g rg-shop --query", "[?type=='Microsoft.Web/certificates'].name", check=lambda all: "shop-2026" in all)
    does("resource show -g rg-shop -n shop-2026 --resource-type Microsoft.Web/certificates --query properties.thumbprint", check=lambda one: len(one) == 40)
    does("resource wait --exists -g rg-shop -n shop-2026 --resource-type Microsoft.Web/certificates")
    does("account show --query tenantId", check=lambda one: one == az.cloud.connection["tenant_id"])
