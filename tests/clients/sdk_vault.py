"""Key Vault with azure-mgmt-keyvault, azure-keyvault-certificates and azure-keyvault-secrets."""

import base64
import datetime

ME = "0b1ec71d-5c0f-4fee-b222-0123456789ab"


def policy(sdk, secrets=("all",), certificates=("all",), who=ME):
    return {"tenantId": sdk.connection["tenant_id"], "objectId": who,
            "permissions": {"secrets": list(secrets), "certificates": list(certificates)}}


def make(sdk, group, name, *policies, **more):
    manage = sdk.manage("azure.mgmt.keyvault", "KeyVaultManagementClient")
    body = {"location": "westeurope", "properties": {"tenantId": sdk.connection["tenant_id"], "sku": {"family": "A", "name": "standard"},
                                                     "accessPolicies": list(policies), "enableRbacAuthorization": False, **more}}
    return manage.vaults.begin_create_or_update(group, name, body).result()


def of(sdk, name, kind):
    if kind == "certificates":
        from azure.keyvault.certificates import CertificateClient as Client
    else:
        from azure.keyvault.secrets import SecretClient as Client
    return Client(vault_url=sdk.cloud.vault(name), credential=sdk.credential, retry_total=0)


def vaults(sdk):
    manage = sdk.manage("azure.mgmt.keyvault", "KeyVaultManagementClient")
    does, refuses = sdk.does, sdk.refuses
    sdk.group("sdk-vault")
    does("vaults.check_name_availability", lambda: manage.vaults.check_name_availability({"name": "kv-sdk-one", "type": "Microsoft.KeyVault/vaults"}),
         lambda one: one.name_available)
    does("vaults.begin_create_or_update", lambda: make(sdk, "sdk-vault", "kv-sdk-one", policy(sdk)), lambda one: one.properties.provisioning_state == "Succeeded")
    does("vaults.check_name_availability", lambda: manage.vaults.check_name_availability({"name": "kv-sdk-one", "type": "Microsoft.KeyVault/vaults"}),
         lambda one: one.reason == "AlreadyExists")
    does("vaults.get", lambda: manage.vaults.get("sdk-vault", "kv-sdk-one"), lambda one: one.properties.vault_uri == f"{sdk.cloud.vault('kv-sdk-one')}/")
    refuses(404, "ResourceNotFound", "vaults.get", lambda: manage.vaults.get("sdk-vault", "kv-nobody"))
    refuses(404, "ResourceGroupNotFound", "vaults.get", lambda: manage.vaults.get("nowhere", "kv-nobody"))
    does("vaults.list_by_subscription", lambda: [one.name for one in manage.vaults.list_by_subscription()], lambda all: "kv-sdk-one" in all)
    does("vaults.list_by_resource_group", lambda: [one.name for one in manage.vaults.list_by_resource_group("sdk-vault", top=1)], lambda all: all == ["kv-sdk-one"])
    does("vaults.list", lambda: [one.name for one in manage.vaults.list(filter="resourceType eq 'Microsoft.KeyVault/vaults'")], lambda all: "kv-sdk-one" in all)
    does("vaults.update", lambda: manage.vaults.update("sdk-vault", "kv-sdk-one", {"tags": {"a": "b"}}), lambda one: one.tags == {"a": "b"})
    for kind, count in (("add", 2), ("replace", 2), ("remove", 1)):
        more = policy(sdk, ["get"], ["get"], "f8daea97-62e7-4026-becf-13c2ea98e8b4")
        does(f"vaults.update_access_policy {kind}",
             lambda: manage.vaults.update_access_policy("sdk-vault", "kv-sdk-one", kind, {"properties": {"accessPolicies": [more]}}),
             lambda one: len(one.properties.access_policies) == count)
    does("private_link_resources.list_by_vault", lambda: manage.private_link_resources.list_by_vault("sdk-vault", "kv-sdk-one"))
    does("secrets.create_or_update (management)", lambda: manage.secrets.create_or_update("sdk-vault", "kv-sdk-one", "by-arm", {"properties": {"value": "v"}}),
         lambda one: one.properties.secret_uri.endswith("/secrets/by-arm"))
    does("secrets.get (management)", lambda: manage.secrets.get("sdk-vault", "kv-sdk-one", "by-arm"), lambda one: one.properties.value is None)
    does("secrets.update (management)", lambda: manage.secrets.update("sdk-vault", "kv-sdk-one", "by-arm", {"tags": {"x": "y"}}), lambda one: one.tags == {"x": "y"})
    does("secrets.list (management)", lambda: [one.name for one in manage.secrets.list("sdk-vault", "kv-sdk-one")], lambda all: all == ["by-arm"])
    does("operations.list", lambda: [one.name for one in manage.operations.list()], lambda all: "Microsoft.KeyVault/vaults/read" in all)
    does("vaults.delete", lambda: manage.vaults.delete("sdk-vault", "kv-sdk-one"))
    does("vaults.list_deleted", lambda: [one.name for one in manage.vaults.list_deleted()], lambda all: all == ["kv-sdk-one"])
    does("vaults.get_deleted", lambda: manage.vaults.get_deleted("kv-sdk-one", "westeurope"), lambda one: one.properties.deletion_date)
    refuses(409, "VaultAlreadyExists", "vaults.begin_create_or_update", lambda: make(sdk, "sdk-vault", "kv-sdk-one"))
    does("vaults.begin_create_or_update recover", lambda: make(sdk, "sdk-vault", "kv-sdk-one", createMode="recover"))
    does("vaults.delete", lambda: manage.vaults.delete("sdk-vault", "kv-sdk-one"))
    does("vaults.begin_purge_deleted", lambda: manage.vaults.begin_purge_deleted("kv-sdk-one", "westeurope").result())
    does("vaults.list_deleted", lambda: list(manage.vaults.list_deleted()), lambda all: all == [])


def certificates(sdk):
    from azure.keyvault.certificates import AdministratorContact, CertificateContact, CertificatePolicy
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.hazmat.primitives.serialization import pkcs12

    does, refuses = sdk.does, sdk.refuses
    sdk.group("sdk-cert")
    make(sdk, "sdk-cert", "kv-sdk-cert", policy(sdk))
    client = of(sdk, "kv-sdk-cert", "certificates")
    secret = of(sdk, "kv-sdk-cert", "secrets")

    made = does("begin_create_certificate", lambda: client.begin_create_certificate("made", CertificatePolicy.get_default()).result(),
                lambda one: one.policy.issuer_name == "Self" and one.properties.enabled)
    own = x509.load_der_x509_certificate(bytes(made.cer))
    sdk.checks.check("  …it vouches for itself", own.subject == own.issuer)
    does("get_certificate_operation", lambda: client.get_certificate_operation("made"), lambda one: one.status == "completed" and one.csr)
    does("delete_certificate_operation", lambda: client.delete_certificate_operation("made"))
    refuses(404, "PendingCertificateNotFound", "get_certificate_operation", lambda: client.get_certificate_operation("made"))

    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "sdk.example")])
    now = datetime.datetime.now(datetime.timezone.utc)

    def sign(public, subject):
        return (x509.CertificateBuilder().subject_name(subject).issuer_name(name).public_key(public).serial_number(x509.random_serial_number())
                .not_valid_before(now).not_valid_after(now + datetime.timedelta(days=30))
                .add_extension(x509.SubjectAlternativeName([x509.DNSName("sdk.example")]), False).sign(key, hashes.SHA256()))

    leaf = sign(key.public_key(), name)
    pfx = pkcs12.serialize_key_and_certificates(b"sdk", key, leaf, None, serialization.BestAvailableEncryption(b"word"))
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()) + leaf.public_bytes(serialization.Encoding.PEM)
    x5t = leaf.fingerprint(hashes.SHA1())
    does("import_certificate PFX", lambda: client.import_certificate("pfx", pfx, password="word", tags={"a": "b"}),
         lambda one: bytes(one.properties.x509_thumbprint) == x5t and one.properties.tags == {"a": "b"})
    refuses(400, "password", "import_certificate PFX", lambda: client.import_certificate("pfx", pfx, password="wrong"))
    pem_policy = CertificatePolicy(issuer_name="Unknown", content_type="application/x-pem-file")
    does("import_certificate PEM", lambda: client.import_certificate("pem", pem, policy=pem_policy), lambda one: bytes(one.properties.x509_thumbprint) == x5t)
    does("get_secret of a PFX", lambda: secret.get_secret("pfx"),
         lambda one: one.properties.content_type == "application/x-pkcs12" and pkcs12.load_key_and_certificates(base64.b64decode(one.value), None)[1] == leaf)
    does("get_secret of a PEM", lambda: secret.get_secret("pem"), lambda one: one.properties.content_type == "application/x-pem-file" and "BEGIN PRIVATE KEY" in one.value)
    does("get_certificate", lambda: client.get_certificate("pfx"), lambda one: one.secret_id and one.key_id and one.policy.content_type == "application/x-pkcs12")
    refuses(404, "CertificateNotFound", "get_certificate", lambda: client.get_certificate("nobody"))
    does("import_certificate a second version", lambda: client.import_certificate("pfx", pfx, password="word"))
    versions = does("list_properties_of_certificate_versions", lambda: list(client.list_properties_of_certificate_versions("pfx")), lambda all: len(all) == 2)
    does("get_certificate_version", lambda: client.get_certificate_version("pfx", versions[0].version), lambda one: one.properties.version == versions[0].version)
    does("list_properties_of_certificates", lambda: [one.name for one in client.list_properties_of_certificates()], lambda all: sorted(all) == ["made", "pem", "pfx"])
    does("update_certificate_properties", lambda: client.update_certificate_properties("pfx", versions[0].version, enabled=False, tags={"c": "d"}),
         lambda one: not one.properties.enabled and one.properties.tags == {"c": "d"})
    refuses(403, "SecretDisabled", "get_secret of a disabled one", lambda: secret.get_secret("pfx", versions[0].version))
    does("import_certificate disabled", lambda: client.import_certificate("off", pfx, password="word", enabled=False), lambda one: not one.properties.enabled)
    client.begin_delete_certificate("off").result()
    client.purge_deleted_certificate("off")
    does("get_certificate_policy", lambda: client.get_certificate_policy("made"), lambda one: one.key_size == 2048)
    shorter = CertificatePolicy.get_default()
    shorter._validity_in_months = 6
    does("update_certificate_policy", lambda: client.update_certificate_policy("made", shorter), lambda one: one.validity_in_months == 6)

    waiting = CertificatePolicy(issuer_name="Unknown", subject="CN=merged.example")
    does("begin_create_certificate for a CA of one's own", lambda: client.begin_create_certificate("merged", waiting) and True)
    operation = client.get_certificate_operation("merged")
    request = x509.load_der_x509_csr(bytes(operation.csr))
    sdk.checks.check("  …asks for its name", request.subject.rfc4514_string() == "CN=merged.example" and request.is_signature_valid)
    does("list_properties_of_certificates include_pending", lambda: [one.name for one in client.list_properties_of_certificates(include_pending=True)], lambda all: "merged" in all)
    refuses(400, "does not match", "merge_certificate", lambda: client.merge_certificate("merged", [leaf.public_bytes(serialization.Encoding.DER)]))
    right = sign(request.public_key(), request.subject).public_bytes(serialization.Encoding.DER)
    does("merge_certificate", lambda: client.merge_certificate("merged", [right]), lambda one: bytes(one.cer) == right)
    does("get_secret of a merged one", lambda: secret.get_secret("merged"),
         lambda one: pkcs12.load_key_and_certificates(base64.b64decode(one.value), None)[0].public_key() == request.public_key())
    client.begin_create_certificate("cancelled", waiting)
    does("cancel_certificate_operation", lambda: client.cancel_certificate_operation("cancelled"), lambda one: one.cancellation_requested)

    does("set_contacts", lambda: client.set_contacts([CertificateContact(email="a@contoso.com", name="Ada")]), lambda all: len(all) == 1)
    does("get_contacts", client.get_contacts, lambda all: all[0].email == "a@contoso.com")
    does("delete_contacts", client.delete_contacts, lambda all: len(all) == 1)
    refuses(404, "ContactsNotFound", "get_contacts", client.get_contacts)
    admin = [AdministratorContact(first_name="Ada", email="a@contoso.com")]
    does("create_issuer", lambda: client.create_issuer("ca", "DigiCert", account_id="a", password="p", admin_contacts=admin), lambda one: one.provider == "DigiCert")
    does("get_issuer", lambda: client.get_issuer("ca"), lambda one: one.account_id == "a" and one.password is None)
    does("update_issuer", lambda: client.update_issuer("ca", account_id="b"), lambda one: one.account_id == "b")
    does("list_properties_of_issuers", lambda: [one.name for one in client.list_properties_of_issuers()], lambda all: all == ["ca"])
    does("begin_create_certificate by an issuer", lambda: client.begin_create_certificate("ordered", CertificatePolicy(issuer_name="ca", subject="CN=ordered.example")).result(),
         lambda one: x509.load_der_x509_certificate(bytes(one.cer)).issuer != x509.load_der_x509_certificate(bytes(one.cer)).subject)
    does("delete_issuer", lambda: client.delete_issuer("ca"))
    refuses(400, "not set up", "begin_create_certificate", lambda: client.begin_create_certificate("x", CertificatePolicy(issuer_name="ca", subject="CN=x")))

    backup = does("backup_certificate", lambda: client.backup_certificate("pfx"))
    does("begin_delete_certificate", lambda: client.begin_delete_certificate("pfx").result(), lambda one: one.recovery_id and one.scheduled_purge_date)
    does("get_deleted_certificate", lambda: client.get_deleted_certificate("pfx"), lambda one: one.deleted_on)
    does("list_deleted_certificates", lambda: [one.name for one in client.list_deleted_certificates()], lambda all: all == ["pfx"])
    refuses(409, "ObjectIsDeletedButRecoverable", "import_certificate", lambda: client.import_certificate("pfx", pfx, password="word"))
    does("begin_recover_deleted_certificate", lambda: client.begin_recover_deleted_certificate("pfx").result())
    does("begin_delete_certificate", lambda: client.begin_delete_certificate("pfx").result())
    does("purge_deleted_certificate", lambda: client.purge_deleted_certificate("pfx"))
    refuses(404, "CertificateNotFound", "get_deleted_certificate", lambda: client.get_deleted_certificate("pfx"))
    does("restore_certificate_backup", lambda: client.restore_certificate_backup(backup), lambda one: bytes(one.properties.x509_thumbprint) == x5t)
    refuses(409, "exists already", "restore_certificate_backup", lambda: client.restore_certificate_backup(backup))


def secrets(sdk):
    does, refuses = sdk.does, sdk.refuses
    sdk.group("sdk-secret")
    make(sdk, "sdk-secret", "kv-sdk-secret", policy(sdk, ["get", "list", "set", "delete"]))
    client = of(sdk, "kv-sdk-secret", "secrets")
    ends = datetime.datetime(2030, 1, 1, tzinfo=datetime.timezone.utc)
    does("set_secret", lambda: client.set_secret("a", "1", content_type="text/plain", tags={"x": "y"}, expires_on=ends),
         lambda one: one.value == "1" and one.properties.expires_on == ends and one.properties.tags == {"x": "y"})
    for number in range(2, 32):
        client.set_secret("a", str(number))
    versions = does("list_properties_of_secret_versions, two pages", lambda: list(client.list_properties_of_secret_versions("a")), lambda all: len(all) == 31)
    does("get_secret", lambda: client.get_secret("a"), lambda one: one.value == "31")
    does("get_secret of a version", lambda: client.get_secret("a", versions[0].version), lambda one: one.properties.version == versions[0].version)
    refuses(404, "SecretNotFound", "get_secret", lambda: client.get_secret("nobody"))
    refuses(404, "SecretNotFound", "get_secret of a version", lambda: client.get_secret("a", "0" * 32))
    does("list_properties_of_secrets", lambda: [one.name for one in client.list_properties_of_secrets()], lambda all: all == ["a"])
    does("update_secret_properties", lambda: client.update_secret_properties("a", enabled=False), lambda one: one.enabled is False)
    refuses(403, "SecretDisabled", "get_secret", lambda: client.get_secret("a"))
    does("update_secret_properties", lambda: client.update_secret_properties("a", enabled=True))
    refuses(403, "does not have secrets backup permission", "backup_secret", lambda: client.backup_secret("a"))
    manage = sdk.manage("azure.mgmt.keyvault", "KeyVaultManagementClient")
    manage.vaults.update_access_policy("sdk-secret", "kv-sdk-secret", "add", {"properties": {"accessPolicies": [policy(sdk)]}})
    backup = does("backup_secret", lambda: client.backup_secret("a"))
    does("begin_delete_secret", lambda: client.begin_delete_secret("a").result(), lambda one: one.recovery_id)
    does("get_deleted_secret", lambda: client.get_deleted_secret("a"), lambda one: one.deleted_date)
    does("list_deleted_secrets", lambda: [one.name for one in client.list_deleted_secrets()], lambda all: all == ["a"])
    refuses(409, "ObjectIsDeletedButRecoverable", "set_secret", lambda: client.set_secret("a", "again"))
    does("begin_recover_deleted_secret", lambda: client.begin_recover_deleted_secret("a").result())
    does("begin_delete_secret", lambda: client.begin_delete_secret("a").result())
    does("purge_deleted_secret", lambda: client.purge_deleted_secret("a"))
    does("restore_secret_backup", lambda: client.restore_secret_backup(backup), lambda one: one.name == "a")
    does("get_secret", lambda: client.get_secret("a"), lambda one: one.value == "31")
    closed = make(sdk, "sdk-secret", "kv-sdk-closed", policy(sdk), networkAcls={"defaultAction": "Deny", "bypass": "AzureServices"})
    refuses(403, "ForbiddenByFirewall", "get_secret behind a firewall", lambda: of(sdk, closed.name, "secrets").get_secret("a"))

