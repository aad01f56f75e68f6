#!/usr/bin/env bash
# Has Apple look at the application, staples its word to it, and packs it anew with its checksum. NOT run by us.
set -euo pipefail
cd "$(dirname "$0")/../../dist"
[[ -n ${APPLE_ID:-} ]] || { echo "no Apple ID: not notarised"; exit 0; }
archive=$(ls mindfolio-*.zip)
codesign --verify --deep --strict --verbose=2 Mindfolio.app
xcrun notarytool submit "$archive" --apple-id "$APPLE_ID" --team-id "$APPLE_TEAM" --password "$APPLE_PASSWORD" --wait
xcrun stapler staple Mindfolio.app
rm "$archive" && ditto -c -k --keepParent Mindfolio.app "$archive"
spctl --assess --type execute --verbose Mindfolio.app
shasum -a 256 "$archive" ./*.cdx.json >SHA256SUMS
