#!/usr/bin/env bash
# How long list and report take over a generated fleet, in how much memory and how many requests:
#   cargo build --release && benches/inventory.sh [apps=20000,certificates=100000,subscriptions=500,seed=1]
# The practice cloud runs beside it on the same machine, keeps Azure's quotas and answers 50 ms late. It wants curl, python3 and GNU time.
set -euo pipefail
fleet=${1:-apps=20000,certificates=100000,subscriptions=500,seed=1}
certdeck=${CERTDECK:-target/release/certdeck}
dir=$(mktemp -d)
"$certdeck" emulator --listen 127.0.0.1:0 --data-dir "$dir/cloud" --fleet "$fleet" --latency 50 >"$dir/ready" &
cloud=$!
trap 'kill $cloud; wait $cloud 2>/dev/null || true; rm -rf "$dir"' EXIT
until [ -s "$dir/ready" ]; do sleep 0.2; done
of() { python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))[sys.argv[2]])' "$dir/ready" "$1"; }
arm=$(of arm)
requests() { curl -sk "$arm/_emulator/requests?since=$1" | python3 -c 'import json, sys; print(json.load(sys.stdin)["last"])'; }
run() {
  sleep 5 # A new window of Resource Graph.
  local before; before=$(requests 0)
  env HOME="$dir" CERTDECK_ARM_ENDPOINT="$arm" CERTDECK_AUTHORITY="$(of authority)" CERTDECK_CA_FILE="$(of ca_pem)" \
    AZURE_TENANT_ID="$(of tenant_id)" AZURE_CLIENT_ID="$(of client_id)" AZURE_CLIENT_SECRET="$(of client_secret)" \
    /usr/bin/time -f '%e s, %U s of CPU, %M KiB' "$certdeck" "$@" -o tsv >"$dir/rows"
  # Signing in and finding the cloud are among them.
  echo "$*: $(($(wc -l <"$dir/rows") - 1)) rows, $(($(requests "$before") - before)) requests"
}
run list private # No policy of a vault is kept yet.
run report
run list private
run report
