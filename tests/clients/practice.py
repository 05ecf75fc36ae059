"""A practice cloud of its own for a script that drives it, and the count of what held.

Shared by az.py and sdk.py; needs nothing but Python's standard library and a built certdeck.
"""

import contextlib
import json
import os
import pathlib
import select
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]


def program():
    """The certdeck to run: the environment's CERTDECK, or what cargo built last."""
    named = os.environ.get("CERTDECK")
    built = [ROOT / "target" / profile / "certdeck" for profile in ("release", "debug")]
    there = [path for path in built if path.exists()]
    if not named and not there:
        sys.exit("Build certdeck first (cargo build), or name one in CERTDECK.")
    return named or str(max(there, key=lambda path: path.stat().st_mtime))


class Cloud:
    """A running practice cloud in a directory that goes with it."""

    def __init__(self, *arguments):
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="certdeck-clients-"))
        command = [program(), "emulator", "--pace", "instant", "--data-dir", str(self.home / "cloud"), *arguments]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        ready, _, _ = select.select([self.process.stdout], [], [], 60)
        line = self.process.stdout.readline() if ready else ""
        if not line:
            self.close()
            sys.exit("The practice cloud did not start.")
        self.connection = json.loads(line)
        self.arm = self.connection["arm"]
        self.port = int(self.arm.rsplit(":", 1)[1])
        self.subscription = self.connection["subscription_ids"][0]
        self.ca = self.connection["ca_pem"]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.process.terminate()
        self.process.wait(10)
        shutil.rmtree(self.home, ignore_errors=True)

    def vault(self, name):
        return f"https://{name}.vault.localhost:{self.port}"

    def control(self, path, body=None):
        """Asks the cloud itself for something that happens outside of Azure: `dns`, `clock`, `mail/approve` …"""
        trust = ssl.create_default_context(cafile=self.ca)
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.arm}/_emulator/{path}", data=data, headers={"Content-Type": "application/json"})
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=trust))
        with opener.open(request) as answer:
            text = answer.read()
        return json.loads(text) if text.startswith((b"{", b"[")) else text

    def record(self, name, kind, value):
        self.control("dns", {"add": {"name": name, "type": kind, "value": value}})

    def advance(self, span):
        self.control("clock", {"advance": span})


class Skipped(Exception):
    """What a part needs is not here."""


class Checks:
    """Counts what held and what did not, and says each."""

    def __init__(self):
        self.passed = 0
        self.failed = []
        self.began = time.monotonic()

    @contextlib.contextmanager
    def part(self, name):
        """A group of checks; what breaks it off is one failure and the next group goes on."""
        print(f"\n{name}", flush=True)
        try:
            yield
        except Skipped as reason:
            print(f"  skipped: {reason}", flush=True)
        except Exception as error:  # noqa: BLE001 (whatever it is, it is the answer to whether this part works)
            self.check(f"{name}, to its end", False, f"{type(error).__name__}: {error}")

    def check(self, name, held, detail=""):
        if held:
            self.passed += 1
            print(f"  ok    {name}", flush=True)
        else:
            self.failed.append(name)
            print(f"  FAIL  {name}\n        {str(detail)[:1500]}", flush=True)
        return held

    def end(self):
        for name in self.failed:
            print(f"failed: {name}")
        print(f"{self.passed} passed, {len(self.failed)} failed ({time.monotonic() - self.began:.0f} s)")
        sys.exit(1 if self.failed else 0)


def proxy():
    """An HTTPS proxy on a free port that leads every name below `localhost` to this machine, whatever the system's
    resolver thinks of such names. Returns its address."""
    listener = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=_accept, args=(listener,), daemon=True).start()
    return f"http://127.0.0.1:{listener.getsockname()[1]}"


def _accept(listener):
    while True:
        client, _ = listener.accept()
        threading.Thread(target=_tunnel, args=(client,), daemon=True).start()


def _tunnel(client):
    head = b""
    while b"\r\n\r\n" not in head:
        more = client.recv(4096)
        if not more:
            return client.close()
        head += more
    method, target, _ = head.split(b"\r\n", 1)[0].decode().split(" ", 2)
    host, _, port = target.rpartition(":")
    if method != "CONNECT" or not host.endswith("localhost"):
        client.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
        return client.close()
    server = socket.create_connection(("127.0.0.1", int(port)))
    client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
    back = threading.Thread(target=_copy, args=(server, client), daemon=True)
    back.start()
    _copy(client, server)
    back.join()
    client.close()
    server.close()


def _copy(source, sink):
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    with contextlib.suppress(OSError):
        sink.shutdown(socket.SHUT_WR)
