"""az webapp and az appservice: plans, apps, hostnames, certificates and their bindings."""

import json


def web(az, make_file):
    """An app from nothing to a bound certificate, and back."""
    cloud, does, refuses = az.cloud, az.does, az.refuses
    does("group create -n az-web -l westeurope")
    does("appservice plan create -g az-web -n az-plan --sku S1 --is-linux false", check=lambda plan: plan["sku"]["tier"] == "Standard")
    does("appservice plan show -g az-web -n az-plan", check=lambda plan: plan["properties"]["numberOfSites"] == 0)
    does("appservice plan list -g az-web", check=lambda all: len(all) == 1)
    does("appservice plan update -g az-web -n az-plan --sku P1v3", check=lambda plan: plan["sku"]["name"].lower() == "p1v3")
    does("webapp create -g az-web -p az-plan -n az-shop", check=lambda app: app["defaultHostName"] == "az-shop.azurewebsites.net")
    refuses("exists in resource group", "webapp create -g rg-shop -p plan-shop -n az-shop")
    does("webapp list -g az-web", check=lambda all: [app["name"] for app in all] == ["az-shop"])
    does("webapp show -g az-web -n az-shop", check=lambda app: app["state"] == "Running")
    does("webapp update -g az-web -n az-shop --https-only true", check=lambda app: app["httpsOnly"] is True)
    does("webapp update -g az-web -n az-shop --client-affinity-enabled false", check=lambda app: app["clientAffinityEnabled"] is False)
    does("webapp update -g az-web -n az-shop --set tags.owner=ada", check=lambda app: app["tags"]["owner"] == "ada")
    does("webapp config show -g az-web -n az-shop", check=lambda web: web["minTlsVersion"] == "1.2")
    does("webapp config set -g az-web -n az-shop --min-tls-version 1.3", check=lambda web: web["minTlsVersion"] == "1.3")
    does("webapp config appsettings set -g az-web -n az-shop --settings WEBSITE_LOAD_CERTIFICATES=* SECOND=2")
    does("webapp config appsettings list -g az-web -n az-shop", check=lambda all: {one["name"] for one in all} >= {"WEBSITE_LOAD_CERTIFICATES", "SECOND"})
    does("webapp config appsettings delete -g az-web -n az-shop --setting-names SECOND")
    does("webapp config appsettings list -g az-web -n az-shop", 
         check=lambda all: {one["name"]: one["value"] for one in all}["WEBSITE_LOAD_CERTIFICATES"] == "*" and "SECOND" not in {one["name"] for one in all})
    does("webapp stop -g az-web -n az-shop")
    does("webapp show -g az-web -n az-shop", check=lambda app: app["state"] == "Stopped")
    does("webapp start -g az-web -n az-shop")
    does("webapp restart -g az-web -n az-shop")

    hostnames(az)
    certificates(az, make_file)
    slots(az, make_file)

    # az shows no more of the reason than this.
    refuses("Conflict", "appservice plan delete -g az-web -n az-plan -y")
    does("webapp delete -g az-web -n az-shop --keep-empty-plan")
    refuses("not found", "webapp show -g az-web -n az-shop")
    does("appservice plan delete -g az-web -n az-plan -y")
    does("group delete -n az-web -y")
    refuses("could not be found", "group show -n az-web")


def hostnames(az):
    """All of `webapp config hostname` but get-external-ip: that one asks this machine's resolver for the app's name."""
    cloud, does, refuses = az.cloud, az.does, az.refuses
    refuses("asuid.www.az-shop.example", "webapp config hostname add -g az-web --webapp-name az-shop --hostname www.az-shop.example")
    app = does("resource show -g az-web -n az-shop --resource-type Microsoft.Web/sites --query", "{ip:properties.inboundIpAddress,id:properties.customDomainVerificationId}")
    cloud.record("www.az-shop.example", "CNAME", "az-shop.azurewebsites.net")
    cloud.record("az-shop.example", "A", app["ip"])
    cloud.record("asuid.az-shop.example", "TXT", app["id"])
    does("webapp config hostname add -g az-web --webapp-name az-shop --hostname www.az-shop.example",
         check=lambda one: one["customHostNameDnsRecordType"] == "CName")
    does("webapp config hostname add -g az-web --webapp-name az-shop --hostname az-shop.example",
         check=lambda one: one["customHostNameDnsRecordType"] == "A")
    does("webapp config hostname list -g az-web --webapp-name az-shop", check=lambda all: len(all) == 3)
    does("webapp config hostname delete -g az-web --webapp-name az-shop --hostname az-shop.example")
    does("webapp config hostname list -g az-web --webapp-name az-shop", check=lambda all: len(all) == 2)
    does("webapp config hostname add -g az-web --webapp-name az-shop --hostname az-shop.example")


def certificates(az, make_file):
    cloud, does, refuses = az.cloud, az.does, az.refuses
    base, thumbprint = make_file("shop", ["www.az-shop.example", "az-shop.example"])
    other, foreign = make_file("foreign", ["www.elsewhere.example"])
    ssl = "-g az-web -n az-shop"
    refuses("password", f"webapp config ssl upload {ssl} --certificate-password test1 --certificate-file {base}.pfx")
    does(f"webapp config ssl upload {ssl} --certificate-password test --certificate-file {base}.pfx",
         check=lambda one: one["thumbprint"] == thumbprint and one["hostNames"] == ["www.az-shop.example", "az-shop.example"])
    named = does(f"webapp config ssl upload {ssl} --certificate-password test --certificate-name elsewhere --certificate-file {other}.pfx",
                 check=lambda one: one["name"] == "elsewhere")
    does("webapp config ssl list -g az-web", check=lambda all: len(all) == 2)
    does("webapp config ssl show -g az-web --certificate-name elsewhere", check=lambda one: one["thumbprint"] == foreign)
    refuses("not found", "webapp config ssl show -g az-web --certificate-name nobody")
    refuses("not found", f"webapp config ssl bind {ssl} --ssl-type SNI --certificate-thumbprint {'0' * 40}")
    does(f"webapp config ssl bind {ssl} --ssl-type SNI --certificate-thumbprint {thumbprint}",
         check=lambda app: {one["name"]: one["thumbprint"] for one in app["hostNameSslStates"]}["www.az-shop.example"] == thumbprint)
    does(f"webapp config ssl bind {ssl} --ssl-type SNI --certificate-thumbprint {thumbprint} --hostname az-shop.example")
    refuses("does not match", f"webapp config ssl bind {ssl} --ssl-type SNI --certificate-thumbprint {foreign} --hostname az-shop.example")
    refuses("because it is used for hostname", f"webapp config ssl delete -g az-web --certificate-thumbprint {thumbprint}")
    does(f"webapp config ssl bind {ssl} --ssl-type IP --certificate-thumbprint {thumbprint} --hostname az-shop.example",
         check=lambda app: any(one.get("virtualIp") or one.get("virtualIP") for one in app["hostNameSslStates"]))
    does(f"webapp config ssl unbind {ssl} --certificate-thumbprint {thumbprint}",
         check=lambda app: not any(one["thumbprint"] for one in app["hostNameSslStates"]))
    does(f"webapp config ssl delete -g az-web --certificate-thumbprint {thumbprint}")
    does("webapp config ssl delete -g az-web --certificate-thumbprint", foreign)
    does("webapp config ssl list -g az-web", check=lambda all: all == [])

    # Free managed ones.
    refuses("", f"webapp config ssl create {ssl} --hostname nobody.example")
    does(f"webapp config ssl create {ssl} --hostname www.az-shop.example", check=lambda one: len(one["properties"]["thumbprint"]) == 40)
    managed = does("webapp config ssl show -g az-web --certificate-name www.az-shop.example",
                   check=lambda one: one["canonicalName"] == "www.az-shop.example")
    does(f"webapp config ssl bind {ssl} --ssl-type SNI --certificate-thumbprint", managed["thumbprint"])
    does(f"webapp config ssl unbind {ssl} --certificate-thumbprint", managed["thumbprint"])
    does(f"webapp config ssl delete -g az-web --certificate-thumbprint", managed["thumbprint"])

    # From a vault.
    does("keyvault create -g az-web -n kv-az-web --enable-rbac-authorization false")
    does(f"keyvault certificate import --vault-name kv-az-web -n shop --password test -f {base}.pfx")
    refuses("does not have access", f"webapp config ssl import {ssl} --key-vault kv-az-web --key-vault-certificate-name shop")
    does("keyvault set-policy -g az-web -n kv-az-web --spn abfa0a7c-a6b6-4736-8310-5855508787cd --secret-permissions get")
    imported = does(f"webapp config ssl import {ssl} --key-vault kv-az-web --key-vault-certificate-name shop",
                    check=lambda one: one["thumbprint"] == thumbprint and one["keyVaultSecretName"] == "shop")
    vault = does("keyvault show -g az-web -n kv-az-web --query id")
    does(f"webapp config ssl import {ssl} --key-vault-certificate-name shop --key-vault", vault,
         check=lambda one: one["thumbprint"] == thumbprint)
    refuses("invalid value", f"webapp config ssl import {ssl} --key-vault kv-az-web --key-vault-certificate-name nobody")
    does(f"webapp config ssl bind {ssl} --ssl-type SNI --certificate-thumbprint {thumbprint}")
    # A newer version in the vault; the same import again is Sync.
    renewed, newer = make_file("renewed", ["www.az-shop.example", "az-shop.example"])
    does(f"keyvault certificate import --vault-name kv-az-web -n shop --password test -f {renewed}.pfx")
    does(f"webapp config ssl import {ssl} --key-vault kv-az-web --key-vault-certificate-name shop", check=lambda one: one["thumbprint"] == newer)
    does("webapp config hostname list -g az-web --webapp-name az-shop",
         check=lambda all: {one["thumbprint"] for one in all if "sslState" in one and one["thumbprint"]} == {newer})
    # Outside of the public cloud az takes no name of an order, only that of its secret.
    secret = does("resource show -g rg-intranet -n fabrikam --resource-type Microsoft.CertificateRegistration/certificateOrders --query",
                  "properties.certificates.fabrikam.keyVaultSecretName")
    does("webapp config ssl import -g rg-shop -n contoso-shop --key-vault kv-contoso-shop --key-vault-certificate-name", secret,
         check=lambda one: one["issuer"].startswith("Go Daddy"))
    does(f"webapp config ssl unbind {ssl} --certificate-thumbprint {newer}")


def slots(az, make_file):
    cloud, does, refuses = az.cloud, az.does, az.refuses
    does("webapp deployment slot create -g az-web -n az-shop -s staging", check=lambda one: one["name"] == "staging")
    does("webapp deployment slot list -g az-web -n az-shop", check=lambda all: len(all) == 1)
    does("webapp show -g az-web -n az-shop -s staging", check=lambda one: one["defaultHostName"].startswith("az-shop-staging."))
    cloud.record("staging.az-shop.example", "CNAME", "az-shop-staging.azurewebsites.net")
    does("webapp config hostname add -g az-web --webapp-name az-shop -s staging --hostname staging.az-shop.example")
    does("webapp config hostname list -g az-web --webapp-name az-shop -s staging", check=lambda all: len(all) == 2)
    base, thumbprint = make_file("staging", ["staging.az-shop.example"])
    does(f"webapp config ssl upload -g az-web -n az-shop -s staging --certificate-password test --certificate-file {base}.pfx")
    does(f"webapp config ssl bind -g az-web -n az-shop -s staging --ssl-type SNI --certificate-thumbprint {thumbprint}")
    does(f"webapp config ssl unbind -g az-web -n az-shop -s staging --certificate-thumbprint {thumbprint}")
    does(f"webapp config ssl delete -g az-web --certificate-thumbprint {thumbprint}")
    does("webapp config appsettings list -g az-web -n az-shop -s staging", check=lambda all: isinstance(all, list))
    does("webapp config appsettings set -g az-web -n az-shop -s staging --settings MOVES=1 --slot-settings STAYS=1")
    does("webapp deployment slot swap -g az-web -n az-shop -s staging")
    does("webapp config appsettings list -g az-web -n az-shop --query", "[].name", check=lambda all: "MOVES" in all and "STAYS" not in all)
    does("webapp config appsettings list -g az-web -n az-shop -s staging", check=lambda all: [one["name"] for one in all if one["slotSetting"]] == ["STAYS"])
    does("webapp config hostname list -g az-web --webapp-name az-shop -s staging", check=lambda all: len(all) == 2)
    does("webapp deployment slot delete -g az-web -n az-shop -s staging")


def free(az, make_file):
    """What a Free plan refuses."""
    does, refuses = az.does, az.refuses
    does("account set --subscription", az.cloud.connection["subscription_ids"][1])
    refuses("not supported", "webapp config ssl create -g rg-test -n contoso-sandbox --hostname contoso-sandbox.azurewebsites.net")
    base, thumbprint = make_file("sandbox", ["contoso-sandbox.azurewebsites.net"])
    does(f"webapp config ssl upload -g rg-test -n contoso-sandbox --certificate-password test --certificate-file {base}.pfx")
    refuses("not supported", f"webapp config ssl bind -g rg-test -n contoso-sandbox --ssl-type SNI --certificate-thumbprint {thumbprint}"
            " --hostname contoso-sandbox.azurewebsites.net")
    does("account set --subscription", az.cloud.subscription)
