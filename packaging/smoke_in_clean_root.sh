#!/usr/bin/env bash
# The smoke test where nothing is: a root made by debootstrap, without Python or Qt, with the documented system
# packages only: those that the .deb names itself, or those that README names beside an unpacked tar.
#
#   packaging/smoke_in_clean_root.sh dist/mindfolio_*.deb
#   packaging/smoke_in_clean_root.sh dist/mindfolio-*.tar.zst
#
# Needs root, debootstrap, and some 700 MB in KEEP_IN (default: a folder that is removed at the end). SUITE and MIRROR
# say which system; without them they are what this machine's own apt sources say.
set -euo pipefail

archive=$(realpath "$1")
sources=$(cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources 2>/dev/null || true)
SUITE=${SUITE:-$(. /etc/os-release && echo "$VERSION_CODENAME")}
MIRROR=${MIRROR:-$(grep -oE 'https?://[^ ]+' <<<"$(grep -E '^(URIs:|deb )' <<<"$sources")" | head -1)}
kept=${KEEP_IN:-}
folder=${kept:-$(mktemp -d)}
root=$folder/root
mounted=()
clean_up() {
  for place in "${mounted[@]}"; do umount "$place" || true; done
  [[ -n $kept ]] || rm -rf --one-file-system "$folder"
}
trap clean_up EXIT

# What README tells people to install, read from there, so that it is tried as it is written.
readme=$(dirname "$(realpath "$0")")/../README.md
mapfile -t documented < <(sed -n '/^apt-get install libegl1/,/^```/p' "$readme" | grep -oE 'lib[a-z0-9.+-]+')

if [[ ! -d $folder/base ]]; then
  debootstrap --variant=minbase "$SUITE" "$folder/base.part" "$MIRROR" >"$folder/debootstrap.log"
  mv "$folder/base.part" "$folder/base"
fi
rm -rf --one-file-system "$root" && cp -a "$folder/base" "$root"
# How this machine reaches its packages: certificates, proxies and the like.
cp /etc/resolv.conf "$root/etc/resolv.conf"
[[ ! -f /etc/apt/apt.conf ]] || cp /etc/apt/apt.conf "$root/etc/apt/"
mount -t proc proc "$root/proc" && mounted+=("$root/proc")
# A root may not be allowed to mount: then what the program asks of /dev is there from debootstrap.
run() { chroot "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 HOME=/home/trader "$@"; }
mkdir -p "$root/home/trader"

echo "== in a root of $SUITE: $(run sh -c 'command -v python3 || echo no python') $(run sh -c 'ls /usr/lib/*/libQt* 2>/dev/null || echo no Qt')"
case $archive in
*.deb)
  echo "== what the package says where its libraries are missing"
  cp "$archive" "$root/mindfolio.deb"
  run dpkg --unpack /mindfolio.deb >/dev/null 2>&1 || true
  run mindfolio --smoke-test && exit 1 # it must say what is missing
  run apt-get install -y -qq --no-install-recommends --fix-broken >"$folder/apt.log" 2>&1
  program=mindfolio
  ;;
*.tar.zst)
  run apt-get install -y -qq --no-install-recommends "${documented[@]}" >"$folder/apt.log" 2>&1
  mkdir "$root/opt/unpacked" && tar --zstd -xf "$archive" -C "$root/opt/unpacked" --strip-components=1
  program=/opt/unpacked/mindfolio
  ;;
esac
echo "== $program --version: $(run "$program" --version)"
echo "== smoke test"
run "$program" --smoke-test
echo "== what its libraries, the window's too, do not find here:"
inside=$(run sh -c "dirname \"\$(readlink -f \"\$(command -v $program)\")\"")/_internal
missing=$(run sh -c "find $inside -name '*.so*' -type f -exec env LD_LIBRARY_PATH=$inside ldd {} + 2>/dev/null" | grep 'not found' || true)
[[ -z $missing ]] && echo nothing || { echo "$missing" && exit 1; }
echo "== commands"
run "$program" run --headless --days 1 --symbols KO,XLE --template aggressive-growth >/dev/null 2>"$folder/run.log"
run "$program" verify
run "$program" stop
echo "passed in a clean root of $SUITE"
