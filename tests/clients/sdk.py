#!/usr/bin/env python3
"""The Azure SDK for Python against the practice cloud: every operation that touches certificates.

    python3 -m venv /tmp/sdk && /tmp/sdk/bin/pip install azure-identity azure-mgmt-web azure-mgmt-certificateregistration \\
        azure-mgmt-domainregistration azure-mgmt-keyvault azure-mgmt-resource azure-mgmt-resource-locks \\
        azure-mgmt-resource-subscriptions azure-mgmt-authorization azure-mgmt-dns azure-mgmt-resourcegraph azure-keyvault-certificates azure-keyvault-secrets \\
        aiohttp cryptography
    cargo build
    /tmp/sdk/bin/python tests/clients/sdk.py [PART …]

Without names of parts (see PARTS at the end) all of them run. Prints `N passed, N failed`. The packages are as Microsoft
ships them; the process trusts the practice cloud's CA alone (REQUESTS_CA_BUNDLE, SSL_CERT_FILE) and resolves *.localhost to loopback, as
RFC 6761 has it and not every system does. A package that is not installed is said to be skipped.
"""

import importlib
import logging
import os
import socket
import sys

import practice
import sdk_more
import sdk_vault
import sdk_web


def loopback():
    """Leads every name below `localhost` to this machine."""
    ask = socket.getaddrinfo

    def resolve(host, *more, **words):
        named = host.decode() if isinstance(host, bytes) else host
        return ask("127.0.0.1" if named and named.endswith(".localhost") else host, *more, **words)

    socket.getaddrinfo = resolve


class Sdk:
    """Every client that is installed, signed in as the practice cloud's service principal."""

    def __init__(self, cloud, checks):
        from azure.identity import ClientSecretCredential

        connection = cloud.connection
        self.cloud, self.checks, self.connection = cloud, checks, connection
        self.subscription = cloud.subscription
        self.credential = ClientSecretCredential(connection["tenant_id"], connection["client_id"], connection["client_secret"],
                                                 authority=connection["authority"], disable_instance_discovery=True)
        self.quick = {"retry_total": 0, "polling_interval": 0}

    def manage(self, module, name):
        """A management client, or a part that ends here because its package is missing."""
        return self.client(module, name, self.subscription)

    def manage_all(self, module, name):
        """A management client that belongs to no subscription."""
        return self.client(module, name)

    def client(self, module, name, *about):
        try:
            client = getattr(importlib.import_module(module), name)
        except ImportError:
            raise practice.Skipped(f"{module} is not installed") from None
        return client(self.credential, *about, base_url=self.cloud.arm, credential_scopes=[f"{self.cloud.arm}/.default"], **self.quick)

    def group(self, name):
        manage = self.manage("azure.mgmt.resource.resources", "ResourceManagementClient")
        manage.resource_groups.create_or_update(name, {"location": "westeurope"})

    def does(self, name, work, check=lambda _: True):
        """Work that must succeed; `check` looks at what came of it."""
        try:
            answer = work()
            self.checks.check(name, check(answer), answer)
            return answer
        except Exception as error:  # noqa: BLE001
            self.checks.check(name, False, f"{type(error).__name__}: {error}")
            return None

    def refuses(self, status, because, name, work):
        """Work that must be refused with this status and these words."""
        from azure.core.exceptions import HttpResponseError

        try:
            answer = work()
            self.checks.check(f"{name}: refused, {because}", False, f"it was done: {answer}")
        except HttpResponseError as error:
            held = error.status_code == status and because.lower() in str(error).lower()
            self.checks.check(f"{name}: refused, {because}", held, f"{error.status_code}: {error}")


PARTS = {
    "sign-in": sdk_web.sign_in,
    "web": sdk_web.web,
    "orders": sdk_web.orders,
    "domains": sdk_web.domains,
    "around": sdk_web.around,
    "vaults": sdk_vault.vaults,
    "certificates": sdk_vault.certificates,
    "secrets": sdk_vault.secrets,
    "versions": sdk_more.versions,
    "refused": sdk_more.refused,
    "graph": sdk_more.graph,
    "async": sdk_more.asynchronous,
}


def main():
    for name in list(os.environ):
        if name.lower().endswith("_proxy"):
            del os.environ[name]
    # The packages say aloud what they were refused, which here is the point.
    logging.disable(logging.ERROR)
    loopback()
    checks = practice.Checks()
    with practice.Cloud() as cloud:
        # requests asks for the one; aiohttp asks, when it is loaded, what the system trusts, which is the other.
        os.environ["REQUESTS_CA_BUNDLE"] = os.environ["SSL_CERT_FILE"] = cloud.ca
        sdk = Sdk(cloud, checks)
        for name in sys.argv[1:] or PARTS:
            with checks.part(name):
                PARTS[name](sdk)
    checks.end()


if __name__ == "__main__":
    main()
