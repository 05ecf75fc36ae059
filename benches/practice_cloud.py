#!/usr/bin/env python3
"""What the practice cloud costs: start, memory, a fleet, Resource Graph.

    cargo build --release
    benches/practice_cloud.py [start] [fleet]

Needs nothing but Python's standard library. Times are from the start of the process to the answer to the first request
for certificates, the token's request before it included. Memory is the most that the process ever had (VmHWM).
"""

import concurrent.futures
import http.client
import json
import os
import pathlib
import shutil
import ssl
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tests" / "clients"))
import practice  # noqa: E402 (its place is known only now)

RUNS = 10
FLEET = "apps=20000,certificates=100000,subscriptions=500,seed=1"
VERSION = "api-version=2023-12-01"
GRAPH = "/providers/Microsoft.ResourceGraph/resources?api-version=2024-04-01"
CERTIFICATES = (
    "resources | where type =~ 'microsoft.web/certificates' | project id, name, location, resourceGroup, subscriptionId, tags, "
    "thumbprint = properties.thumbprint, hosts = properties.hostNames, issuer = properties.issuer, "
    "issued = properties.issueDate, ends = properties.expirationDate, webspace = properties.webSpace, "
    "vault = properties.keyVaultId, secret = properties.keyVaultSecretName, status = properties.keyVaultSecretStatus, "
    "canonical = properties.canonicalName | order by id asc"
)
SITES = (
    "resources | where type =~ 'microsoft.web/sites' | project id, name, kind, location, plan = properties.serverFarmId, "
    "webspace = properties.webSpace, states = properties.hostNameSslStates, https = properties.httpsOnly, "
    "host = properties.defaultHostName | order by id asc"
)


class Cloud:
    """A process, from its start on."""

    def __init__(self, home, *arguments):
        self.began = time.monotonic()
        command = [practice.program(), "emulator", "--pace", "instant", "--data-dir", str(home), *arguments]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.connection = json.loads(self.process.stdout.readline())
        self.host = self.connection["arm"].removeprefix("https://")
        self.trust = ssl.create_default_context(cafile=self.connection["ca_pem"])
        self.client = self.connect()
        form = {
            "grant_type": "client_credentials",
            "client_id": self.connection["client_id"],
            "client_secret": self.connection["client_secret"],
            "scope": "https://management.azure.com/.default",
        }
        path = f"/{self.connection['tenant_id']}/oauth2/v2.0/token"
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        self.token = json.loads(ask(self.client, "POST", path, urllib.parse.urlencode(form), kind))["access_token"]
        self.headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        subscription = self.connection["subscription_ids"][0]
        ask(self.client, "GET", f"/subscriptions/{subscription}/providers/Microsoft.Web/certificates?{VERSION}", None, self.headers)
        self.started = time.monotonic() - self.began

    def connect(self):
        return http.client.HTTPSConnection(self.host, context=self.trust)

    def graph(self, client, query, **options):
        body = json.dumps({"query": query, "options": {"$top": 1000, **options}})
        return json.loads(ask(client, "POST", GRAPH, body, self.headers))

    def pages(self, query, subscriptions):
        """Every page of a query about some subscriptions; how many rows there were."""
        client, rows, token = self.connect(), 0, None
        while True:
            options = {"$skipToken": token} if token else {}
            body = json.dumps({"query": query, "subscriptions": subscriptions, "options": {"$top": 1000, **options}})
            page = json.loads(ask(client, "POST", GRAPH, body, self.headers))
            rows, token = rows + page["count"], page.get("$skipToken")
            if not token:
                return rows

    def memory(self, member="VmHWM"):
        """In MiB."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.split(f"{member}:")[1].split()[0]) / 1024

    def cpu(self):
        """Seconds, in the process and for it in the system."""
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def close(self):
        self.process.terminate()
        self.process.wait(30)


def ask(client, method, path, body, headers):
    client.request(method, path, body, headers)
    answer = client.getresponse()
    text = answer.read()
    if answer.status >= 300:
        sys.exit(f"{method} {path}: {answer.status} {text[:500]}")
    return text


def milliseconds(times):
    times = [1000 * time for time in times]
    return f"median {statistics.median(times):.0f} ms, most {max(times):.0f} ms"


def start(home):
    fresh, kept, most, cpu = [], [], 0, []
    for run in range(RUNS):
        place = home / f"start-{run}"
        for times in (fresh, kept):
            cloud = Cloud(place)
            times.append(cloud.started)
            if times is fresh:
                cpu.append(cloud.cpu())
            most = max(most, cloud.memory())
            cloud.close()
        shutil.rmtree(place)
    print(f"start, fresh directory   {milliseconds(fresh)}; CPU {milliseconds(cpu)}")
    print(f"start, kept directory    {milliseconds(kept)}")
    print(f"memory, default estate   {most:.0f} MiB")


def fleet(home):
    cloud = Cloud(home / "fleet", "--fleet", FLEET, "--latency", "50")
    print(f"fleet {FLEET}")
    print(f"  start                  {cloud.started:.1f} s; CPU {cloud.cpu():.1f} s; memory {cloud.memory():.0f} MiB")
    every = cloud.connection["subscription_ids"]
    for name, query in (("certificates", CERTIFICATES), ("apps", SITES)):
        began, cpu = time.monotonic(), cloud.cpu()
        parts = [every[part::8] for part in range(8)]
        with concurrent.futures.ThreadPoolExecutor(8) as clients:
            rows = sum(clients.map(lambda part: cloud.pages(query, part), parts))
        took, cpu = time.monotonic() - began, cloud.cpu() - cpu
        print(f"  all {rows} {name}, 8 clients: {took:.1f} s; CPU {cpu:.1f} s, {1e6 * cpu / rows:.0f} ms a page of 1000")
    for query in (
        "resources | summarize count() by type",
        "resources | where type =~ 'microsoft.web/certificates' | summarize count(), min(tostring(properties.expirationDate)) by subscriptionId",
        "resources | where type =~ 'microsoft.web/certificates' and todatetime(properties.expirationDate) < now() + 30d | count",
        "resources | where type =~ 'microsoft.web/certificates' | order by name desc",
    ):
        began = time.monotonic()
        cloud.graph(cloud.client, query)
        print(f"  {1000 * (time.monotonic() - began):.0f} ms: {query}")
    print(f"  memory after that      {cloud.memory():.0f} MiB at most, {cloud.memory('VmRSS'):.0f} MiB now")
    cloud.close()
    began = time.monotonic()
    cloud = Cloud(home / "fleet", "--latency", "50")
    print(f"  start, kept directory  {time.monotonic() - began:.1f} s; memory {cloud.memory():.0f} MiB")
    cloud.close()


def main():
    home = pathlib.Path(tempfile.mkdtemp(prefix="certdeck-bench-"))
    try:
        for part in sys.argv[1:] or ["start", "fleet"]:
            {"start": start, "fleet": fleet}[part](home)
    finally:
        shutil.rmtree(home, ignore_errors=True)


if __name__ == "__main__":
    main()
