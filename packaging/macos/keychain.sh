#!/usr/bin/env bash
# Puts the Developer ID certificate where codesign finds it. NOT run by us. Without a certificate the application is
# signed by nobody ("ad hoc"), and macOS refuses to open it where it was downloaded.
set -euo pipefail
[[ -n ${CERTIFICATE:-} ]] || { echo "no certificate: not signed"; exit 0; }
keychain=$RUNNER_TEMP/signing.keychain-db
password=$(openssl rand -hex 24)
base64 --decode <<<"$CERTIFICATE" >"$RUNNER_TEMP/certificate.p12"
security create-keychain -p "$password" "$keychain"
security set-keychain-settings -lut 3600 "$keychain"
security unlock-keychain -p "$password" "$keychain"
security import "$RUNNER_TEMP/certificate.p12" -P "$PASSWORD" -T /usr/bin/codesign -k "$keychain"
security set-key-partition-list -S apple-tool:,apple: -k "$password" "$keychain" >/dev/null
security list-keychains -d user -s "$keychain" login.keychain-db
rm "$RUNNER_TEMP/certificate.p12"
