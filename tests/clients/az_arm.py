"""What az does with any resource: locks, tags, lists, roles, groups, records in a zone."""


def locks(az, make_file):
    cloud, does, refuses = az.cloud, az.does, az.refuses
    plan = "--resource plan-shop --resource-type serverfarms --namespace Microsoft.Web -g rg-shop"
    does("lock create -n on-group --lock-type CanNotDelete -g rg-intranet --notes hands-off", check=lambda one: one["level"] == "CanNotDelete")
    does("lock create -n on-plan --lock-type ReadOnly", *plan.split(), check=lambda one: one["id"].endswith("/locks/on-plan"))
    does("lock create -n on-subscription --lock-type CanNotDelete", check=lambda one: one["notes"] is None)
    does("lock list -g rg-intranet", check=lambda all: "on-group" in {one["name"] for one in all})
    does("lock list", check=lambda all: {"on-group", "on-plan", "on-subscription", "keep-platform"} <= {one["name"] for one in all})
    does("lock list --filter-string atScope()", check=lambda all: {one["name"] for one in all} == {"on-subscription"})
    does("lock show -n on-group -g rg-intranet", check=lambda one: one["notes"] == "hands-off")
    does("lock show -n on-plan", *plan.split())
    does("lock update -n on-group -g rg-intranet --lock-type ReadOnly --notes softer", check=lambda one: one["level"] == "ReadOnly")
    refuses("ScopeLocked", "webapp update -g rg-intranet -n contoso-intranet --https-only true")
    refuses("ScopeLocked", "appservice plan update -g rg-shop -n plan-shop --sku P2v3")
    refuses("ScopeLocked", "group delete -n rg-shop -y")
    refuses("ScopeLocked", "keyvault delete -n kv-contoso-shop")
    does("keyvault secret list --vault-name kv-contoso-shop")
    does("lock delete -n on-group -g rg-intranet")
    does("lock delete -n on-plan", *plan.split())
    does("lock delete -n on-subscription")
    refuses("could not be found", "lock show -n on-group -g rg-intranet")
    does("group lock create -n short -g rg-intranet --lock-type CanNotDelete")
    does("group lock list -g rg-intranet")
    does("group lock show -n short -g rg-intranet")
    does("group lock update -n short -g rg-intranet --notes x")
    does("group lock delete -n short -g rg-intranet")
    does("account lock create -n wide --lock-type CanNotDelete")
    does("account lock list")
    does("account lock show -n wide")
    does("account lock update -n wide --notes x", check=lambda one: one["notes"] == "x")
    does("account lock delete -n wide")
    site = "-g rg-shop --resource-name contoso-blog --resource-type Microsoft.Web/sites"
    made = does(f"resource lock create -n one {site} --lock-type CanNotDelete")
    does(f"resource lock list {site}", check=lambda all: "one" in {one["name"] for one in all})
    does(f"resource lock show -n one {site}")
    does(f"resource lock update -n one {site} --lock-type ReadOnly")
    refuses("ScopeLocked", "webapp config hostname delete -g rg-shop --webapp-name contoso-blog --hostname blog.contoso.com")
    does("resource lock delete --ids", made["id"])
    # What Azure itself puts on an order.
    order = "-g rg-shop --resource-name jobsite --resource-type Microsoft.CertificateRegistration/certificateOrders".replace("rg-shop", "rg-platform")
    does(f"resource lock list {order}", check=lambda all: {"jobsite", "keep-platform"} <= {one["name"] for one in all})


def resources(az, make_file):
    cloud, does, refuses = az.cloud, az.does, az.refuses
    does("group create -n az-res -l westeurope --tags a=b", check=lambda one: one["tags"] == {"a": "b"})
    does("group show -n az-res")
    does("group exists -n az-res", check=lambda there: there is True)
    does("group exists -n az-nothing", check=lambda there: there is False)
    does("group list", check=lambda all: {"az-res", "rg-shop"} <= {one["name"] for one in all})
    does("group list --tag a=b", check=lambda all: [one["name"] for one in all] == ["az-res"])
    does("group update -n az-res --set tags.c=d", check=lambda one: one["tags"] == {"a": "b", "c": "d"})
    does("group wait -n az-res --exists")
    does("resource list", check=lambda all: len(all) > 20)
    does("resource list -g rg-shop", check=lambda all: {one["resourceGroup"] for one in all} == {"rg-shop"})
    does("resource list --resource-type Microsoft.Web/certificates", check=lambda all: {one["type"] for one in all} == {"Microsoft.Web/certificates"})
    does("resource list --resource-type Microsoft.CertificateRegistration/certificateOrders --query", "[].name", check=lambda all: "jobsite" in all)
    does("resource list --name contoso-shop", check=lambda all: "Microsoft.Web/sites" in {one["type"] for one in all})
    does("resource list --location westeurope", check=lambda all: len(all) > 5)
    does("resource list --tag owner=ada", check=lambda all: [one["name"] for one in all] == ["contoso-shop"])
    shown = does("resource show -g rg-shop -n contoso-shop --resource-type Microsoft.Web/sites", check=lambda one: one["properties"]["state"] == "Running")
    does("resource show --ids", shown["id"])
    refuses("not found", "resource show -g rg-shop -n nobody --resource-type Microsoft.Web/sites")
    does("resource tag --tags x=y -g rg-shop -n contoso-blog --resource-type Microsoft.Web/sites", check=lambda one: one["tags"] == {"x": "y"})
    does("resource tag --tags z=1 -i -g rg-shop -n contoso-blog --resource-type Microsoft.Web/sites", check=lambda one: one["tags"] == {"x": "y", "z": "1"})
    does("resource tag --tags t=1 -g rg-shop -n shop-2026 --resource-type Microsoft.Web/certificates", check=lambda one: one["tags"] == {"t": "1"})
    does("resource tag --tags t=1 -g rg-shop -n kv-contoso-shop --resource-type Microsoft.KeyVault/vaults", check=lambda one: one["tags"] == {"t": "1"})
    does("resource tag --tags t=1 -g rg-shop -n events2026 --resource-type Microsoft.CertificateRegistration/certificateOrders",
         check=lambda one: one["tags"] == {"t": "1"})
    does("resource update -g rg-shop -n contoso-blog --resource-type Microsoft.Web/sites --set properties.httpsOnly=true",
         check=lambda one: one["properties"]["httpsOnly"] is True)
    does("resource create -g az-res -n made-plan --resource-type Microsoft.Web/serverfarms -l westeurope --is-full-object --properties",
         '{"location": "westeurope", "sku": {"name": "B1"}, "properties": {}}', check=lambda one: one["sku"]["tier"] == "Basic")
    does("resource wait -g az-res -n made-plan --resource-type Microsoft.Web/serverfarms --exists")
    does("resource invoke-action --action restart -g rg-shop -n contoso-blog --resource-type Microsoft.Web/sites")
    does("resource show --namespace Microsoft.Web --parent sites/contoso-shop --resource-type hostNameBindings -n shop.contoso.com -g rg-shop",
         check=lambda one: one["properties"]["sslState"] == "SniEnabled")
    does("resource delete -g az-res -n made-plan --resource-type Microsoft.Web/serverfarms")
    refuses("failed to be deleted", "resource delete -g rg-shop -n shop-2026 --resource-type Microsoft.Web/certificates")
    does("tag list", check=lambda all: True)
    does("tag create --resource-id", shown["id"], "--tags", "fresh=1", check=lambda one: one["properties"]["tags"] == {"fresh": "1"})
    does("tag update --operation merge --resource-id", shown["id"], "--tags", "more=2", check=lambda one: one["properties"]["tags"] == {"fresh": "1", "more": "2"})
    does("tag list --resource-id", shown["id"], check=lambda one: one["properties"]["tags"] == {"fresh": "1", "more": "2"})
    does("tag delete -y --resource-id", shown["id"])
    does("group delete -n az-res -y --no-wait")


def roles(az, make_file):
    cloud, does, refuses = az.cloud, az.does, az.refuses
    does("group create -n az-role -l westeurope")
    vault = does("keyvault create -g az-role -n kv-az-role --enable-rbac-authorization true --query id")
    me = "0b1ec71d-5c0f-4fee-b222-0123456789ab"
    does("role definition list --name", "Key Vault Secrets Officer", check=lambda all: all[0]["roleName"] == "Key Vault Secrets Officer")
    does("role definition list --name", "Key Vault Certificate User", check=lambda all: "Microsoft.KeyVault/vaults/certificates/read" in all[0]["permissions"][0]["dataActions"])
    refuses("Role 'No Such Role' doesn't exist", "role assignment create --assignee-object-id", me, "--scope", vault, "--role", "No Such Role")
    refuses("secrets/setSecret/action", "keyvault secret set --vault-name kv-az-role -n a --value 1")
    made = does("role assignment create --assignee-object-id", me, "--assignee-principal-type", "ServicePrincipal", "--role",
                "Key Vault Secrets Officer", "--scope", vault, check=lambda one: one["principalId"] == me)
    does("keyvault secret set --vault-name kv-az-role -n a --value 1")
    refuses("certificates/read", "keyvault certificate list --vault-name kv-az-role")
    refuses("certificatecontacts/write", "keyvault certificate contact list --vault-name kv-az-role")
    does("role assignment create --assignee", "abfa0a7c-a6b6-4736-8310-5855508787cd", "--role", "Key Vault Certificate User", "--scope", vault,
         check=lambda one: one["principalId"] == "f8daea97-62e7-4026-becf-13c2ea98e8b4")
    does("role assignment list --scope", vault, check=lambda all: {one["roleDefinitionName"] for one in all} >= {"Key Vault Secrets Officer", "Key Vault Certificate User"})
    does("role assignment list --all", check=lambda all: made["name"] in {one["name"] for one in all})
    does("role assignment list --assignee", me, "--scope", vault, check=lambda all: made["name"] in {one["name"] for one in all})
    does("role assignment list --scope", vault, "--include-inherited", check=lambda all: "Owner" in {one["roleDefinitionName"] for one in all})
    does("role assignment delete --ids", made["id"])
    refuses("ForbiddenByRbac", "keyvault secret set --vault-name kv-az-role -n a --value 1")
    does("role assignment delete --assignee", "abfa0a7c-a6b6-4736-8310-5855508787cd", "--scope", vault)
    does("ad sp show --id abfa0a7c-a6b6-4736-8310-5855508787cd", check=lambda one: one["displayName"] == "Microsoft Azure App Service")
    does("ad sp list --display-name Microsoft", check=lambda all: len(all) >= 1)


def zones(az, make_file):
    """Records in a zone of Azure DNS, as far as proofs of ownership need them."""
    cloud, does, refuses = az.cloud, az.does, az.refuses
    does("network dns zone list", check=lambda all: "contoso.com" in {one["name"] for one in all})
    does("network dns zone show -g rg-platform -n contoso.com", check=lambda one: one["zoneType"] == "Public")
    zone = "-g rg-platform -z contoso.com"
    does(f"network dns record-set txt add-record {zone} -n asuid.new -v abc", check=lambda one: one["TXTRecords"][0]["value"] == ["abc"])
    does(f"network dns record-set txt add-record {zone} -n asuid.new -v def", check=lambda one: len(one["TXTRecords"]) == 2)
    does(f"network dns record-set txt show {zone} -n asuid.new")
    does(f"network dns record-set txt list {zone}", check=lambda all: "asuid.new" in {one["name"] for one in all})
    does(f"network dns record-set txt remove-record {zone} -n asuid.new -v abc")
    # The group of this zone carries a lock.
    refuses("ScopeLocked", f"network dns record-set txt delete {zone} -n asuid.new -y")
    does("lock delete -n keep-platform -g rg-platform")
    does(f"network dns record-set txt delete {zone} -n asuid.new -y")
    refuses("does not exist", f"network dns record-set txt show {zone} -n asuid.new")
    does(f"network dns record-set cname set-record {zone} -n fresh -c contoso-shop.azurewebsites.net", check=lambda one: one["CNAMERecord"]["cname"].startswith("contoso-shop"))
    does("webapp config hostname add -g rg-shop --webapp-name contoso-shop --hostname fresh.contoso.com")
    does(f"network dns record-set a add-record {zone} -n apex2 -a 203.0.113.9", check=lambda one: one["ARecords"][0]["ipv4Address"] == "203.0.113.9")
    does(f"network dns record-set caa add-record {zone} -n strict --flags 0 --tag issue --value godaddy.com")
    does(f"network dns record-set list {zone}", check=lambda all: len(all) > 3)
