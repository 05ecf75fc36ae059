"""What a vault's certificates can be asked to be, and what vaults, secrets, issuers and lists refuse."""

import json

ME = "0b1ec71d-5c0f-4fee-b222-0123456789ab"


def policies(az, make_file):
    cloud, does, refuses = az.cloud, az.does, az.refuses
    does("group create -n az-policy -l westeurope")
    does("keyvault create -g az-policy -n kv-az-policy --enable-rbac-authorization false")
    vault = "--vault-name kv-az-policy"
    path = cloud.home / "wanted.json"

    def wanted(*, subject="CN=shop.example", x509=None, key=None, **more):
        path.write_text(json.dumps({
            "issuerParameters": {"name": "Self"},
            "keyProperties": {"exportable": True, "keyType": "RSA", "keySize": 2048, "reuseKey": False, **(key or {})},
            "secretProperties": {"contentType": "application/x-pem-file"},
            "x509CertificateProperties": {"subject": subject, "validityInMonths": 6, **(x509 or {})},
            **more,
        }))
        return f"-p @{path}"

    def made(name, policy):
        does(f"keyvault certificate create {vault} -n {name} {policy}", check=lambda one: one["status"] == "completed")
        file = cloud.home / f"{name}.pem"
        does(f"keyvault certificate download {vault} -n {name} -f {file}")
        return az.text(file)

    def holds(what, text, *words):
        az.checks.check(f"  …{what}", all(word in text for word in words), text)

    # A whole subject, every kind of alternative name, usages.
    text = made("whole", wanted(subject='CN=shop.example, O="Contoso, Ltd", OU=Web, L=Redmond, S=WA, C=US'))
    holds("its subject is the one of the policy", text, "O = \"Contoso, Ltd\"", "OU = Web", "C = US")
    names = {"dnsNames": ["a.example", "b.example"], "emails": ["a@b.example"], "upns": ["u@b.example"]}
    text = made("names", wanted(subject="", x509={"subjectAlternativeNames": names, "ekus": ["1.3.6.1.5.5.7.3.2"], "keyUsage": ["digitalSignature", "cRLSign"]}))
    holds("alternative names and usages are those of the policy", text, "DNS:b.example", "email:a@b.example", "u@b.example", "TLS Web Client Authentication", "CRL Sign")

    # A key that stays in the vault, and one that is used again.
    does(f"keyvault certificate create {vault} -n kept {wanted(key={'exportable': False})}")
    does(f"keyvault secret show {vault} -n kept", check=lambda one: "CERTIFICATE" in one["value"] and "PRIVATE" not in one["value"])
    does(f"keyvault certificate create {vault} -n again {wanted()}")
    before = does(f"keyvault key show {vault} -n again --query key.n")
    does(f"keyvault certificate create {vault} -n again {wanted(key={'reuseKey': True})}")
    does(f"keyvault key show {vault} -n again --query key.n", check=lambda now: now == before)
    does(f"keyvault certificate create {vault} -n again {wanted()}")
    does(f"keyvault key show {vault} -n again --query key.n", check=lambda now: now != before)
    does(f"keyvault key list {vault}", check=lambda all: all == [])
    does(f"keyvault key list {vault} --include-managed true", check=lambda all: "again" in {one["name"] for one in all})
    refuses("keeps no keys", f"keyvault key create {vault} -n alone")

    # What no policy can say.
    action = {"action": {"actionType": "AutoRenew"}}
    for words, policy in (
        ("x509_props.subject", {"subject": "nonsense"}),
        ("validity_months", {"x509": {"validityInMonths": 2000}}),
        ("1024", {"key": {"keySize": 1024}}),
        ("key_props.kty", {"key": {"keyType": "oct"}}),
        ("premium", {"key": {"keyType": "RSA-HSM"}}),
        ("contentType", {"secretProperties": {"contentType": "text/plain"}}),
        ("trigger", {"lifetimeActions": [{"trigger": {"daysBeforeExpiry": 30, "lifetimePercentage": 50}, **action}]}),
        ("trigger", {"lifetimeActions": [{"trigger": {"lifetimePercentage": 100}, **action}]}),
        ("not set up", {"issuerParameters": {"name": "nobody"}}),
    ):
        more = wanted(**policy)
        refuses(words, f"keyvault certificate create {vault} -n never {more}")
    refuses("either subject or", f"keyvault certificate create {vault} -n never {wanted(subject='')}")
    refuses("invalid name", f"keyvault certificate create {vault} -n not_a_name {wanted()}")
    refuses("x509_props", f"keyvault certificate set-attributes {vault} -n again {wanted(x509={'validityInMonths': 2000})}")

    # Files that are no certificate with its key.
    base, _ = make_file("odd", ["odd.example"])
    junk = cloud.home / "junk"
    junk.write_text("junk")
    refuses("valid PKCS#12", f"keyvault certificate import {vault} -n never -f {junk}")
    refuses("Private key is not specified", f"keyvault certificate import {vault} -n never -f {base}.crt")
    refuses("invalid name", f"keyvault certificate import {vault} -n not_a_name -f {base}.pem")
    does(f"keyvault certificate import {vault} -n off -f {base}.pem --disabled true", check=lambda one: one["attributes"]["enabled"] is False)
    does(f"keyvault certificate import {vault} -n closed -f {base}.pfx --password test {wanted(key={'exportable': False})}")
    does(f"keyvault secret show {vault} -n closed", check=lambda one: "PRIVATE" not in one["value"])

    # A certificate and its secret are one; a secret of that name that is none of its own stays.
    for command in ("set --value 1", "set-attributes --enabled false", f"backup -f {cloud.home}/never", "delete"):
        verb, _, more = command.partition(" ")
        refuses("a certificate manages", f"keyvault secret {verb} {vault} -n again {more}")
    does(f"keyvault secret set {vault} -n plain --value 1")
    refuses("exists already", f"keyvault certificate import {vault} -n plain -f {base}.pem")
    refuses("exists already", f"keyvault certificate create {vault} -n plain {wanted()}")
    does(f"keyvault certificate delete {vault} -n off")
    refuses("the certificate can only be recovered or purged", f"keyvault certificate create {vault} -n off {wanted()}")
    refuses("a certificate manages", f"keyvault secret recover {vault} -n off")
    does(f"keyvault certificate recover {vault} -n off")

    # Secrets and lists.
    long = cloud.home / "long"
    long.write_text("a" * 25_601)
    refuses("longer than", f"keyvault secret set {vault} -n long -f {long}")
    long.write_text("a" * 25_600)
    does(f"keyvault secret set {vault} -n long -f {long}")
    for kind in ("secret", "certificate"):
        refuses("maxresults", f"keyvault {kind} list {vault} --maxresults 26")
        refuses("maxresults", f"keyvault {kind} list {vault} --maxresults 0")
        refuses("NotFound", f"keyvault {kind} list-versions {vault} -n nobody")
        refuses("NotFound", f"keyvault {kind} set-attributes {vault} -n nobody --enabled false")
        refuses("NotFound", f"keyvault {kind} recover {vault} -n plain-not")
        refuses("NotFound", f"keyvault {kind} purge {vault} -n plain-not")
        refuses("NotFound", f"keyvault {kind} delete {vault} -n nobody")
        refuses("NotFound", f"keyvault {kind} backup {vault} -n nobody -f {cloud.home}/nobody")
        refuses("cannot be read", f"keyvault {kind} restore {vault} -f {junk}")
    does(f"keyvault certificate backup {vault} -n again -f {cloud.home}/again")
    refuses("exists already", f"keyvault certificate restore {vault} -f {cloud.home}/again")

    # Issuers.
    refuses("invalid value", f"keyvault certificate issuer create {vault} --issuer-name odd --provider-name Nobody")
    does(f"keyvault certificate issuer create {vault} --issuer-name ca --provider-name GlobalSign --account-id a --password b --organization-id o",
         check=lambda one: one["credentials"]["password"] is None)
    does(f"keyvault certificate create {vault} -n bought {wanted(issuerParameters={'name': 'ca'})}", check=lambda one: one["status"] == "completed")
    does(f"keyvault certificate issuer update {vault} --issuer-name ca --enabled false")
    refuses("is disabled", f"keyvault certificate create {vault} -n bought {wanted(issuerParameters={'name': 'ca'})}")
    for command in ("show", "delete", "update --organization-id p", "admin list"):
        verb, _, more = command.partition(" --")
        refuses("CertificateIssuerNotFound", f"keyvault certificate issuer {verb} {vault} --issuer-name nobody {'--' + more if more else ''}")

    # One permission at a time.
    does(f"keyvault set-policy -n kv-az-policy --object-id {ME} --secret-permissions list --certificate-permissions list")
    for permission, command in (
        ("get", "show -n again"), ("import", f"import -n b -f {base}.pem"), ("create", f"create -n b {wanted()}"), ("update", "set-attributes -n again --enabled true"),
        ("delete", "delete -n again"), ("recover", "recover -n again"), ("purge", "purge -n again"), ("backup", f"backup -n again -f {cloud.home}/never"),
        ("restore", f"restore -f {cloud.home}/again"), ("managecontacts", "contact add --email a@b.example"), ("listissuers", "issuer list"),
        ("getissuers", "issuer show --issuer-name ca"), ("setissuers", "issuer create --issuer-name b --provider-name DigiCert"),
        ("deleteissuers", "issuer delete --issuer-name ca"),
    ):
        refuses(f"does not have certificates {permission} permission", f"keyvault certificate {command} {vault}")
    does("group delete -n az-policy -y")


def rules(az, make_file):
    """Vaults as resources: what cannot be, and what cannot be taken back."""
    does, refuses = az.does, az.refuses
    does("group create -n az-rules -l westeurope")
    new = "keyvault create -g az-rules -n kv-az-rules"
    refuses("LocationNotAvailableForResourceType", f"{new} -l nowhere")
    refuses("'sku'", f"{new} --sku gold")
    refuses("between 7 and 90", f"{new} --retention-days 5")
    refuses("ResourceGroupNotFound", "keyvault create -g nowhere -n kv-az-rules")
    does(f"{new} -l uksouth --sku premium --enabled-for-deployment true --enabled-for-template-deployment true --retention-days 7 --tags a=b",
         check=lambda one: one["properties"]["sku"]["name"] == "premium" and one["properties"]["enabledForDeployment"] and one["location"] == "uksouth")
    same = "keyvault update -n kv-az-rules"
    refuses("can't be modified", f"{same} --retention-days 30")
    refuses("enableSoftDelete", f"{same} --set properties.enableSoftDelete=false")
    refuses("enablePurgeProtection", f"{same} --set properties.enablePurgeProtection=false")
    refuses("'sku'", f"{same} --set properties.sku.name=gold")
    refuses("enable-rbac-authorization", "keyvault set-policy -n kv-az-rules --object-id", ME, "--secret-permissions", "get")
    does(f"{same} --enable-rbac-authorization false")
    refuses("'accessPolicies'", "keyvault set-policy -n kv-az-rules --object-id notaguid --secret-permissions get")
    refuses("Unable to get object id", "keyvault set-policy -n kv-az-rules --upn nobody@contoso.com --secret-permissions get")
    refuses("Unable to get object id", "keyvault set-policy -n kv-az-rules --spn http://nobody --secret-permissions get")
    refuses("No matching policies", "keyvault delete-policy -n kv-az-rules --object-id 33333333-3333-3333-3333-333333333333")
    does(f"keyvault set-policy -n kv-az-rules --object-id {ME} --application-id 22222222-2222-2222-2222-222222222222 --secret-permissions get",
         check=lambda one: one["properties"]["accessPolicies"][-1]["applicationId"].startswith("2222"))
    does("keyvault create -g az-rules -n kv-az-acl --enable-rbac-authorization false --default-action Deny --bypass None --network-acls-ips 127.0.0.1 192.0.2.0/24",
         check=lambda one: len(one["properties"]["networkAcls"]["ipRules"]) == 2)
    does("keyvault secret list --vault-name kv-az-acl")
    does("keyvault network-rule remove -n kv-az-acl --ip-address 127.0.0.1/32")
    does("keyvault create -g az-rules -n kv-az-bare --no-self-perms true --enable-rbac-authorization false", check=lambda one: one["properties"]["accessPolicies"] == [])
    refuses("does not have secrets list permission", "keyvault secret list --vault-name kv-az-bare")
    does("keyvault delete -n kv-az-bare")
    refuses("DeletedVaultNotFound", "keyvault purge -n kv-az-bare -l eastus")
    does("keyvault purge -n kv-az-bare -l westeurope")
    for command in ("show", "delete", "update --default-action Deny", "network-rule list"):
        verb, _, more = command.partition(" --")
        refuses("not found", f"keyvault {verb} -n kv-az-nobody {'--' + more if more else ''}")
    for command in ("recover", "purge", "show-deleted"):
        refuses("No deleted Vault", f"keyvault {command} -n kv-az-nobody")
    does("group delete -n az-rules -y")
