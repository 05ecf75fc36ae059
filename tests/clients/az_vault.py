"""az keyvault: vaults and who may enter them, certificates, secrets."""

import json


def vaults(az, make_file):
    cloud, does, refuses = az.cloud, az.does, az.refuses
    does("group create -n az-vault -l northeurope")
    does("keyvault check-name -n kv-az-one", check=lambda one: one["nameAvailable"] is True)
    does("keyvault create -g az-vault -n kv-az-one --retention-days 7",
         check=lambda one: one["properties"]["provisioningState"] == "Succeeded" and one["properties"]["enableRbacAuthorization"] is True)
    # check-name asks for a managed HSM of that name, whatever its resource type; only `az rest` asks for a vault.
    url = f"{cloud.arm}/subscriptions/{cloud.subscription}/providers/Microsoft.KeyVault/checkNameAvailability?api-version=2026-02-01"
    does("rest --method post --url", url, "--resource", f"{cloud.arm}/", "--body", json.dumps({"name": "kv-az-one", "type": "Microsoft.KeyVault/vaults"}),
         check=lambda one: one["nameAvailable"] is False and one["reason"] == "AlreadyExists")
    refuses("", "keyvault create -g az-vault -n 1-bad")
    refuses("already in use", "keyvault create -g rg-shop -n kv-az-one")
    refuses("ForbiddenByRbac", "keyvault secret set --vault-name kv-az-one -n first --value 1")
    does("keyvault update -g az-vault -n kv-az-one --enable-rbac-authorization false",
         check=lambda one: one["properties"]["enableRbacAuthorization"] is False)
    refuses("does not have secrets set permission", "keyvault secret set --vault-name kv-az-one -n first --value 1")
    me = cloud.connection["client_id"]
    does(f"keyvault set-policy -n kv-az-one --spn {me} --secret-permissions all --certificate-permissions all",
         check=lambda one: one["properties"]["accessPolicies"][0]["permissions"]["secrets"] == ["all"])
    does("keyvault secret set --vault-name kv-az-one -n first --value 1")
    does(f"keyvault set-policy -n kv-az-one --spn {me} --secret-permissions get list")
    refuses("does not have secrets set permission", "keyvault secret set --vault-name kv-az-one -n first --value 2")
    does(f"keyvault delete-policy -n kv-az-one --spn {me}", check=lambda one: one["properties"]["accessPolicies"] == [])
    refuses("does not have secrets get permission", "keyvault secret show --vault-name kv-az-one -n first")
    does("keyvault set-policy -n kv-az-one --object-id 0b1ec71d-5c0f-4fee-b222-0123456789ab --secret-permissions all --certificate-permissions all")

    does("keyvault network-rule add -n kv-az-one --ip-address 192.0.2.0/24",
         check=lambda one: one["properties"]["networkAcls"]["ipRules"][0]["value"] == "192.0.2.0/24")
    does("keyvault network-rule list -n kv-az-one", check=lambda one: len(one["ipRules"]) == 1)
    does("keyvault update -n kv-az-one --default-action Deny", check=lambda one: one["properties"]["networkAcls"]["defaultAction"] == "Deny")
    refuses("ForbiddenByFirewall", "keyvault secret show --vault-name kv-az-one -n first")
    does("keyvault network-rule add -n kv-az-one --ip-address 127.0.0.1/32")
    does("keyvault secret show --vault-name kv-az-one -n first", check=lambda one: one["value"] == "1")
    does("keyvault network-rule remove -n kv-az-one --ip-address 127.0.0.1/32")
    refuses("ForbiddenByFirewall", "keyvault secret show --vault-name kv-az-one -n first")
    does("keyvault update -n kv-az-one --default-action Allow")
    does("keyvault update -n kv-az-one --public-network-access Disabled", check=lambda one: one["properties"]["publicNetworkAccess"] == "Disabled")
    refuses("Forbidden", "keyvault secret show --vault-name kv-az-one -n first")
    does("keyvault update -n kv-az-one --public-network-access Enabled")
    does("keyvault update -n kv-az-one --set tags.team=a", check=lambda one: one["tags"]["team"] == "a")
    does("keyvault private-link-resource list --vault-name kv-az-one")
    does("keyvault wait -n kv-az-one --created")

    does("keyvault list -g az-vault", check=lambda all: [one["name"] for one in all] == ["kv-az-one"])
    does("keyvault list", check=lambda all: {"kv-az-one", "kv-contoso-shop"} <= {one["name"] for one in all})
    does("keyvault list --resource-type vault")
    does("keyvault show -n kv-az-one", check=lambda one: one["properties"]["vaultUri"] == f"{cloud.vault('kv-az-one')}/")
    refuses("not found", "keyvault show -n kv-nobody -g az-vault")
    does("keyvault delete -n kv-az-one")
    refuses("recoverable state", "keyvault create -g az-vault -n kv-az-one")
    does("keyvault list-deleted", check=lambda all: "kv-az-one" in {one["name"] for one in all})
    does("keyvault show-deleted -n kv-az-one", check=lambda one: one["properties"]["vaultId"].endswith("/kv-az-one"))
    does("keyvault recover -n kv-az-one")
    does("keyvault secret show --vault-name kv-az-one -n first", check=lambda one: one["value"] == "1")
    does("keyvault delete -n kv-az-one -g az-vault")
    does("keyvault purge -n kv-az-one")
    refuses("", "keyvault show-deleted -n kv-az-one")
    does("keyvault create -g az-vault -n kv-az-two --enable-purge-protection true --enable-rbac-authorization true")
    refuses("cannot be", "keyvault update -n kv-az-two --set properties.enablePurgeProtection=false")
    does("keyvault delete -n kv-az-two")
    refuses("purge protection", "keyvault purge -n kv-az-two")
    does("keyvault recover -n kv-az-two")
    does("keyvault show -n kv-az-two")
    # A group takes its vaults with it, and they can be recovered still.
    does("group delete -n az-vault -y")
    does("keyvault list-deleted --query", "[].name", check=lambda all: "kv-az-two" in all)


def certificates(az, make_file):
    cloud, does, refuses = az.cloud, az.does, az.refuses
    does("group create -n az-cert -l westeurope")
    does("keyvault create -g az-cert -n kv-az-cert --enable-rbac-authorization false")
    vault = "--vault-name kv-az-cert"
    base, thumbprint = make_file("one", ["one.example", "*.one.example"])
    x5t = bytes.fromhex(thumbprint)
    policy = does("keyvault certificate get-default-policy", check=lambda one: one["issuerParameters"]["name"] == "Self")
    scaffold = does("keyvault certificate get-default-policy --scaffold")
    default = cloud.home / "policy.json"
    default.write_text(json.dumps(policy))
    does(f"keyvault certificate create {vault} -n made -p @{default}", check=lambda one: one["status"] == "completed")
    does(f"keyvault certificate show {vault} -n made", check=lambda one: one["policy"]["issuerParameters"]["name"] == "Self")
    does(f"keyvault certificate pending show {vault} -n made", check=lambda one: one["status"] == "completed")
    does(f"keyvault certificate import {vault} -n one -f {base}.pfx --password test",
         check=lambda one: one["x509ThumbprintHex"].upper() == thumbprint)
    refuses("password", f"keyvault certificate import {vault} -n one -f {base}.pfx --password wrong")
    does(f"keyvault certificate import {vault} -n two -f {base}.pem --tags a=b", check=lambda one: one["tags"] == {"a": "b"})
    does(f"keyvault certificate import {vault} -n one -f {base}.pfx --password test", check=lambda one: one["attributes"]["enabled"])
    does(f"keyvault certificate list {vault}", check=lambda all: {one["name"] for one in all} == {"made", "one", "two"})
    does(f"keyvault certificate list {vault} --include-pending", check=lambda all: len(all) == 3)
    does(f"keyvault certificate list {vault} --maxresults 2", check=lambda all: len(all) == 2)
    versions = does(f"keyvault certificate list-versions {vault} -n one", check=lambda all: len(all) == 2)
    does("keyvault certificate show --id", versions[0]["id"], check=lambda one: one["id"] == versions[0]["id"])
    refuses("CertificateNotFound", f"keyvault certificate show {vault} -n nobody")
    does(f"keyvault certificate set-attributes {vault} -n one --enabled false --tags c=d", check=lambda one: not one["attributes"]["enabled"])
    refuses("SecretDisabled", f"keyvault secret show {vault} -n one")
    does(f"keyvault certificate set-attributes {vault} -n one --enabled true", check=lambda one: one["attributes"]["enabled"] and one["tags"] == {"c": "d"})
    policy["keyProperties"]["reuseKey"] = True
    default.write_text(json.dumps(policy))
    does(f"keyvault certificate set-attributes {vault} -n made -p @{default}", check=lambda one: one["policy"]["keyProperties"]["reuseKey"] is True)
    does(f"keyvault certificate download {vault} -n one -f {cloud.home}/got.pem", check=lambda one: True)
    does(f"keyvault certificate download {vault} -n one -e DER -f {cloud.home}/got.der")
    az.checks.check("  …in PEM and DER it is the file that went in", thumbprint == az.fingerprint(cloud.home / "got.der", "DER")
                    and thumbprint == az.fingerprint(cloud.home / "got.pem", "PEM"))
    does(f"keyvault certificate backup {vault} -n one -f {cloud.home}/one.backup")

    does(f"keyvault certificate create {vault} -n disabled --disabled --validity 3 -p @{default}", check=lambda one: one["status"] == "completed")
    does(f"keyvault certificate show {vault} -n disabled", check=lambda one: not one["attributes"]["enabled"] and one["policy"]["x509CertificateProperties"]["validityInMonths"] == 3)
    does(f"keyvault certificate delete {vault} -n disabled")
    does(f"keyvault certificate purge {vault} -n disabled")

    # Signed by a CA of one's own: the vault makes key and request, and takes the certificate afterwards.
    policy["issuerParameters"]["name"] = "Unknown"
    policy["x509CertificateProperties"]["subject"] = "CN=merged.example"
    default.write_text(json.dumps(policy))
    pending = does(f"keyvault certificate create {vault} -n merged -p @{default}", check=lambda one: one["status"] == "inProgress" and one["csr"])
    does(f"keyvault certificate pending show {vault} -n merged", check=lambda one: one["csr"] == pending["csr"])
    does(f"keyvault certificate list {vault}", check=lambda all: "merged" not in {one["name"] for one in all})
    does(f"keyvault certificate list {vault} --include-pending", check=lambda all: "merged" in {one["name"] for one in all})
    refuses("", f"keyvault certificate pending merge {vault} -n merged -f {base}.crt")
    az.sign(pending["csr"], cloud.home / "merged.crt")
    does(f"keyvault certificate pending merge {vault} -n merged -f {cloud.home}/merged.crt", check=lambda one: one["sid"])
    does(f"keyvault certificate show {vault} -n merged", check=lambda one: one["policy"]["issuerParameters"]["name"] == "Unknown")
    refuses("", f"keyvault certificate pending merge {vault} -n merged -f {cloud.home}/merged.crt")
    does(f"keyvault certificate create {vault} -n given-up -p @{default}")
    does(f"keyvault certificate pending delete {vault} -n given-up")
    refuses("not found", f"keyvault certificate pending show {vault} -n given-up")

    does(f"keyvault certificate contact add {vault} --email a@contoso.com --name Ada --phone 1", 
         check=lambda one: one["contactList"][0]["emailAddress"] == "a@contoso.com")
    does(f"keyvault certificate contact list {vault}", check=lambda all: len(all) == 1 if isinstance(all, list) else True)
    does(f"keyvault certificate contact delete {vault} --email a@contoso.com")
    does(f"keyvault certificate issuer create {vault} --issuer-name digi --provider-name DigiCert --account-id a --password b")
    does(f"keyvault certificate issuer list {vault}", check=lambda all: len(all) == 1)
    does(f"keyvault certificate issuer show {vault} --issuer-name digi", check=lambda one: one["provider"] == "DigiCert")
    does(f"keyvault certificate issuer admin add {vault} --issuer-name digi --email a@contoso.com")
    does(f"keyvault certificate issuer admin list {vault} --issuer-name digi")
    does(f"keyvault certificate issuer admin delete {vault} --issuer-name digi --email a@contoso.com")
    does(f"keyvault certificate issuer update {vault} --issuer-name digi --account-id c", check=lambda one: one["credentials"]["accountId"] == "c")
    does(f"keyvault certificate issuer delete {vault} --issuer-name digi")

    does(f"keyvault certificate delete {vault} -n two", check=lambda one: one["recoveryId"])
    refuses("CertificateNotFound", f"keyvault certificate show {vault} -n two")
    refuses("ObjectIsDeletedButRecoverable", f"keyvault certificate import {vault} -n two -f {base}.pem")
    does(f"keyvault certificate list-deleted {vault}", check=lambda all: len(all) == 1)
    does(f"keyvault certificate show-deleted {vault} -n two", check=lambda one: one["scheduledPurgeDate"])
    does(f"keyvault certificate recover {vault} -n two")
    does(f"keyvault certificate show {vault} -n two")
    does(f"keyvault certificate delete {vault} -n two")
    does(f"keyvault certificate purge {vault} -n two")
    refuses("", f"keyvault certificate show-deleted {vault} -n two")
    does(f"keyvault certificate import {vault} -n two -f {base}.pem")
    does(f"keyvault certificate delete {vault} -n one")
    does(f"keyvault certificate purge {vault} -n one")
    does(f"keyvault certificate restore {vault} -f {cloud.home}/one.backup")
    does(f"keyvault certificate list-versions {vault} -n one", check=lambda all: len(all) == 2)


def secrets(az, make_file):
    cloud, does, refuses = az.cloud, az.does, az.refuses
    does("group create -n az-secret -l westeurope")
    does("keyvault create -g az-secret -n kv-az-secret --enable-rbac-authorization false")
    vault = "--vault-name kv-az-secret"
    first = does(f"keyvault secret set {vault} -n word --value one --tags a=b --description plain", check=lambda one: one["value"] == "one" and one["tags"]["a"] == "b")
    does(f"keyvault secret set {vault} -n word --value two --expires 2030-01-01T00:00:00Z --not-before 2020-01-01T00:00:00Z",
         check=lambda one: one["attributes"]["expires"].startswith("2030-01-01"))
    text = cloud.home / "text"
    text.write_text("from a file")
    does(f"keyvault secret set {vault} -n filed -f {text} --encoding base64", check=lambda one: one["value"].strip() == "ZnJvbSBhIGZpbGU=")
    does(f"keyvault secret download {vault} -n filed -f {cloud.home}/back --encoding base64")
    az.checks.check("  …a file comes back as it went in", (cloud.home / "back").read_text() == "from a file")
    refuses("", f"keyvault secret set {vault} -n not_a_name --value 1")
    does(f"keyvault secret list {vault}", check=lambda all: [one["name"] for one in all] == ["filed", "word"])
    does(f"keyvault secret list-versions {vault} -n word", check=lambda all: len(all) == 2)
    does(f"keyvault secret show {vault} -n word", check=lambda one: one["value"] == "two")
    does("keyvault secret show --id", first["id"], check=lambda one: one["value"] == "one")
    does(f"keyvault secret show {vault} -n word --version", first["id"].rsplit("/", 1)[1], check=lambda one: one["value"] == "one")
    refuses("SecretNotFound", f"keyvault secret show {vault} -n nobody")
    does(f"keyvault secret set-attributes {vault} -n word --content-type text/plain --enabled false", check=lambda one: one["contentType"] == "text/plain")
    refuses("SecretDisabled", f"keyvault secret show {vault} -n word")
    does(f"keyvault secret set-attributes {vault} -n word --enabled true")
    does(f"keyvault secret backup {vault} -n word -f {cloud.home}/word.backup")
    does(f"keyvault secret delete {vault} -n word", check=lambda one: one["recoveryId"])
    refuses("ObjectIsDeletedButRecoverable", f"keyvault secret set {vault} -n word --value three")
    does(f"keyvault secret list-deleted {vault}", check=lambda all: [one["name"] for one in all] == ["word"])
    does(f"keyvault secret show-deleted {vault} -n word", check=lambda one: one["deletedDate"])
    does(f"keyvault secret recover {vault} -n word")
    does(f"keyvault secret show {vault} -n word")
    does(f"keyvault secret delete {vault} -n word")
    does(f"keyvault secret purge {vault} -n word")
    refuses("SecretNotFound", f"keyvault secret show-deleted {vault} -n word")
    does(f"keyvault secret restore {vault} -f {cloud.home}/word.backup", check=lambda one: one["attributes"]["enabled"])
    does(f"keyvault secret list-versions {vault} -n word", check=lambda all: len(all) == 2)

    # The secret behind a certificate.
    base, thumbprint = make_file("behind", ["behind.example"])
    does(f"keyvault certificate import {vault} -n behind -f {base}.pfx --password test")
    does(f"keyvault secret show {vault} -n behind", check=lambda one: one["contentType"] == "application/x-pkcs12" and one["managed"] is True and one["kid"])
    does(f"keyvault secret download {vault} -n behind -f {cloud.home}/secret.pfx --encoding base64")
    az.checks.check("  …its secret is a PFX without a password", thumbprint == az.of_pfx(cloud.home / "secret.pfx"))
    refuses("", f"keyvault secret delete {vault} -n behind")
