#!/bin/sh
# Installs Debian's oclgrind, which `make matrix` and `make bench` run beside the checker. Does nothing where it is
# installed.
set -eu

command -v oclgrind-kernel >/dev/null 2>&1 && exit 0

as_root=""
if [ "$(id -u)" -ne 0 ]; then
    as_root="sudo"
    command -v sudo >/dev/null 2>&1 || {
        echo "error: install this Debian package first, as root: apt-get install oclgrind" >&2
        exit 1
    }
fi
echo "installing oclgrind"
$as_root apt-get update -q
DEBIAN_FRONTEND=noninteractive $as_root apt-get install -q -y --no-install-recommends oclgrind
