#!/usr/bin/env bash
# Builds the image by Dockerfile with Debian's buildah, on a base made of Debian's packages: no registry of images is asked.
#
#   packaging/build-here.sh [EXTRAS]      EXTRAS: server (by default), or server,aws for moto behind the front door
#
# It prints the compressed sizes of the layers, and leaves the image as localhost/halfday (localhost/halfday:aws).
# It wants root, buildah and mmdebstrap (apt-get install buildah mmdebstrap). The base is kept for the next time.
set -euo pipefail
cd "$(dirname "$0")/.."

extras=${1:-server}
case $extras in
  server) tag=localhost/halfday:latest ;;
  server,aws) tag=localhost/halfday:aws ;;
  *) echo "build-here.sh: EXTRAS is server or server,aws, not $extras" >&2; exit 2 ;;
esac
suite=bookworm
base=localhost/halfday-base:$suite
kept=${XDG_CACHE_HOME:-$HOME/.cache}/halfday
rootfs=$kept/base-$suite.tar
certificates=/etc/ssl/certs/ca-certificates.crt
# Chroot isolation needs no runtime and no cgroups; the steps are the same.
export BUILDAH_ISOLATION=${BUILDAH_ISOLATION:-chroot}

make_base() {
  mkdir -p "$kept"
  if [ ! -f "$rootfs" ]; then
    mmdebstrap --quiet --format=tar --variant=minbase --include=python3,python3-venv,ca-certificates \
      --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/doc/*' \
      --dpkgopt='path-exclude=/usr/share/locale/*' "$suite" "$rootfs.part"
    mv "$rootfs.part" "$rootfs"
  fi
  container=$(buildah from scratch)
  buildah add --quiet "$container" "$rootfs" / >/dev/null
  buildah commit --quiet --rm "$container" "$base" >/dev/null
}

build() {
  # The machine's own certificates, while pip speaks to its index. They do not become part of the image.
  local trust=()
  [ -f "$certificates" ] && trust=(--volume "$certificates:$certificates:ro")
  buildah build --layers --format docker --network host "${trust[@]}" \
    --build-arg BASE="$base" --build-arg EXTRAS="$extras" --tag "$tag" .
}

measure() {
  local folder compression
  for compression in gzip zstd; do
    folder=$(mktemp -d)
    buildah push --quiet --compression-format "$compression" --format oci "$tag" "dir:$folder"
    python3 packaging/sizes.py "$folder" "$tag" "$compression"
    rm -rf "$folder"
  done
}

buildah inspect --type image "$base" >/dev/null 2>&1 || make_base
build
measure
