"""A person who signs in to az by a device code: changes want a second factor, and the command that certdeck prints gives it."""

import re
import shlex
import subprocess
import threading

import practice


def login(az, *more):
    """`az login --use-device-code`, the code typed by the practice cloud itself. What az says, and how it ended."""
    command = ["az", "login", "--use-device-code", *more]
    running = subprocess.Popen(command, env=az.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    # One that nothing approves would wait for a quarter of an hour.
    late = threading.Timer(120, running.kill)
    late.start()
    said = ""
    for line in running.stderr:
        said += line
        if code := re.search(r"enter the code (\S+)", line):
            az.cloud.control("entra/device-code", {"approve": True, "userCode": code[1]})
    running.wait()
    late.cancel()
    return running.returncode, said + running.stdout.read()


def certdeck(az, *arguments):
    """certdeck, signed in as whoever az is."""
    environment = {name: value for name, value in az.environment.items() if not name.startswith("AZURE_CLIENT")}
    connection = az.cloud.connection
    environment.update(CERTDECK_ARM_ENDPOINT=connection["arm"], CERTDECK_AUTHORITY=connection["authority"], CERTDECK_CA_FILE=connection["ca_pem"])
    environment.update(HOME=str(az.cloud.home), AZURE_TENANT_ID=connection["tenant_id"])
    return subprocess.run([practice.program(), *arguments], env=environment, capture_output=True, text=True, timeout=120)


def person(az, _):
    """Leaves az signed in as the person, so this part comes last."""
    az.run("logout")
    tenant = az.cloud.connection["tenant_id"]
    # az says where the code is to be typed as a warning.
    az.environment.pop("AZURE_CORE_ONLY_SHOW_ERRORS", None)
    ended, said = login(az, "--tenant", tenant)
    az.checks.check("az login --use-device-code", ended == 0, said)
    az.does("group list", check=lambda all: any(one["name"] == "rg-shop" for one in all))
    az.refuses("claims-challenge", "group create -n az-person -l westeurope")

    bind = ["run", "unbind", "--yes", "--set", f"subscription={az.cloud.subscription}", "--set", "resource-group=rg-shop",
            "--set", "app=contoso-blog", "--set", "hostname=blog.contoso.com"]
    asked = certdeck(az, *bind)
    printed = re.search(r"az (login .*--claims-challenge .*)", asked.stderr)
    az.checks.check("certdeck names the command for az", asked.returncode != 0 and printed, asked.stderr)
    if printed:
        ended, said = login(az, *shlex.split(printed[1])[1:])
        az.checks.check("az takes that command as it is printed", ended == 0, f"{printed[0]}\n{said}")
        done = certdeck(az, *bind)
        az.checks.check("certdeck changes what the person may change now", done.returncode == 0, done.stderr + done.stdout)
        az.does("group create -n az-person -l westeurope")
