#!/usr/bin/env python3
"""The az CLI, as Microsoft ships it, against the practice cloud: every command that touches certificates.

    python3 -m venv /tmp/az && /tmp/az/bin/pip install azure-cli      # or any other installation of az
    cargo build
    PATH=/tmp/az/bin:$PATH tests/clients/az.py [PART …]

Without names of parts (see PARTS at the end) all of them run. Prints `N passed, N failed`. Nothing of az is changed and
nothing is left behind: its settings live in a directory of this run, it trusts the practice cloud's CA alone, and it
reaches vaults as https://NAME.vault.localhost:PORT through an HTTPS proxy that this script starts. openssl makes the
certificate files.
"""

import base64
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import urllib.request

import az_arm
import az_more
import az_orders
import az_person
import az_policies
import az_refused
import az_vault
import az_web
import practice


class Az:
    """One signed-in az."""

    def __init__(self, cloud, checks):
        self.cloud, self.checks = cloud, checks
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")},
            "AZURE_CONFIG_DIR": str(cloud.home / "az"),
            "AZURE_CORE_COLLECT_TELEMETRY": "0",
            "AZURE_CORE_NO_COLOR": "1",
            "AZURE_CORE_ONLY_SHOW_ERRORS": "1",
            "AZURE_CORE_INSTANCE_DISCOVERY": "0",
            "AZURE_CORE_LOGIN_EXPERIENCE_V2": "0",
            "AZURE_EXTENSION_USE_DYNAMIC_INSTALL": "no",
            "REQUESTS_CA_BUNDLE": cloud.ca,
            "HTTPS_PROXY": practice.proxy(),
            "NO_PROXY": "127.0.0.1",
        }

    def run(self, line, *more):
        """Runs az; words of `line` are split at blanks, `more` are whole arguments."""
        command = ["az", *line.split(), *more]
        return subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=300)

    def does(self, line, *more, check=None):
        """A command that must work; what it answers, as JSON. `check` looks at the answer."""
        done = self.run(line, *more)
        name = " ".join(["az", line]).split(" --", 1)[0]
        answer = None
        try:
            answer = json.loads(done.stdout) if done.stdout.strip() else None
            held = done.returncode == 0 and (check is None or bool(check(answer)))
        except (ValueError, LookupError, TypeError) as error:
            held, done.stderr = False, f"{type(error).__name__}: {error}\n{done.stderr}"
        self.checks.check(name, held, f"az {line} {' '.join(more)}\n{done.stderr.strip()}\n{done.stdout[:800]}")
        return answer

    def refuses(self, because, line, *more):
        """A command that must be refused, with these words in what az shows."""
        done = self.run(line, *more)
        name = " ".join(["az", line]).split(" --", 1)[0]
        held = done.returncode != 0 and because.lower() in (done.stderr + done.stdout).lower()
        self.checks.check(f"{name}: refused, {because}", held, f"az {line} {' '.join(more)}\n{done.returncode}: {done.stderr.strip()}{done.stdout[:500]}")

    def fingerprint(self, path, form="PEM"):
        """The thumbprint of the first certificate in a file."""
        shown = openssl("x509", "-in", str(path), "-inform", form, "-noout", "-fingerprint", "-sha1")
        return shown.split("=")[1].strip().replace(":", "")

    def text(self, path):
        """What openssl says of the first certificate in a PEM file."""
        return openssl("x509", "-in", str(path), "-noout", "-text")

    def of_pfx(self, path):
        """The thumbprint of the leaf in a PFX without a password."""
        leaf = self.cloud.home / "leaf.pem"
        leaf.write_text(openssl("pkcs12", "-in", str(path), "-passin", "pass:", "-nokeys", "-clcerts", "-legacy"))
        return self.fingerprint(leaf)

    def sign(self, request, path):
        """What a company's own CA does with a certificate request (base64 DER)."""
        ca = self.cloud.home / "company"
        pathlib.Path(f"{ca}.csr").write_bytes(base64.b64decode(request))
        openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "900", "-subj", "/CN=Company CA", "-keyout", f"{ca}.key", "-out", f"{ca}.crt")
        openssl("x509", "-req", "-inform", "DER", "-in", f"{ca}.csr", "-CA", f"{ca}.crt", "-CAkey", f"{ca}.key", "-days", "90", "-out", str(path))

    def revoked(self):
        """The serial numbers in the list of the CA of orders, fetched as whoever checks a certificate does."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.cloud.port}/crl/go-daddy.crl") as answer:
            path = self.cloud.home / "list.crl"
            path.write_bytes(answer.read())
        shown = openssl("crl", "-inform", "DER", "-in", str(path), "-noout", "-text")
        return re.findall(r"Serial Number: ([0-9A-F]+)", shown)


def openssl(*arguments):
    return subprocess.run(["openssl", *arguments], check=True, capture_output=True, text=True).stdout


def file(cloud, name, hosts, *, key="rsa:2048"):
    """A self-made certificate for hosts, as PFX with the password `test` and as PEM; the thumbprint goes with it."""
    base = cloud.home / name
    names = ",".join(f"DNS:{host}" for host in hosts)
    openssl("req", "-x509", "-newkey", *key.split(), "-nodes", "-days", "90", "-subj", f"/CN={hosts[0]}",
                    "-addext", f"subjectAltName={names}", "-keyout", f"{base}.key", "-out", f"{base}.crt")
    openssl("pkcs12", "-export", "-inkey", f"{base}.key", "-in", f"{base}.crt", "-out", f"{base}.pfx",
                    "-passout", "pass:test")
    pathlib.Path(f"{base}.pem").write_text(pathlib.Path(f"{base}.key").read_text() + pathlib.Path(f"{base}.crt").read_text())
    shown = openssl("x509", "-in", f"{base}.crt", "-noout", "-fingerprint", "-sha1")
    return str(base), shown.split("=")[1].strip().replace(":", "")


def sign_in(az):
    cloud, connection = az.cloud, az.cloud.connection
    az.does("cloud register -n practice --endpoint-resource-manager", cloud.arm)
    az.does("cloud set -n practice")
    az.does("cloud show -n practice", check=lambda shown: shown["suffixes"]["keyvaultDns"].endswith(f".vault.localhost:{cloud.port}"))
    az.refuses("AADSTS7000215", "login --service-principal", "-u", connection["client_id"], "-p", "wrong", "--tenant", connection["tenant_id"])
    az.does("login --service-principal", "-u", connection["client_id"], "-p", connection["client_secret"], "--tenant", connection["tenant_id"],
            check=lambda all: len(all) == len(connection["subscription_ids"]))
    az.does("account set --subscription", cloud.subscription)
    az.does("account show", check=lambda one: one["id"] == cloud.subscription)
    az.does("account list", check=lambda all: len(all) == 2)
    az.does("account list-locations", check=lambda all: any(one["name"] == "westeurope" for one in all))
    az.does("account get-access-token", check=lambda token: token["accessToken"].count(".") == 2)
    az.does("provider list", check=lambda all: any(one["namespace"] == "Microsoft.Web" for one in all))
    az.does("provider show -n Microsoft.Web", check=lambda one: one["registrationState"] == "Registered")
    az.does("provider register -n Microsoft.KeyVault --wait")


PARTS = {
    "web": az_web.web,
    "free": az_web.free,
    "vaults": az_vault.vaults,
    "certificates": az_vault.certificates,
    "secrets": az_vault.secrets,
    "locks": az_arm.locks,
    "resources": az_arm.resources,
    "roles": az_arm.roles,
    "zones": az_arm.zones,
    "orders": az_orders.orders,
    "others": az_orders.others,
    "outputs": az_more.outputs,
    "moves": az_more.moves,
    "curves": az_more.curves,
    "lists": az_more.lists,
    "policies": az_policies.policies,
    "rules": az_policies.rules,
    "refused": az_refused.refused,
    "purchases": az_refused.purchases,
    "graph": az_refused.graph,
    "person": az_person.person,
}


def main():
    if not shutil.which("az"):
        sys.exit("az is not on the PATH; the head of this file says how to install it.")
    wanted = sys.argv[1:] or list(PARTS)
    checks = practice.Checks()
    with practice.Cloud() as cloud:
        az = Az(cloud, checks)
        with checks.part("sign-in"):
            sign_in(az)
        for name in wanted:
            with checks.part(name):
                PARTS[name](az, lambda *more, **how: file(cloud, *more, **how))
    checks.end()


if __name__ == "__main__":
    main()
