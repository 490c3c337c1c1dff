#!/bin/sh
# Installs Debian's PoCL and, into .venv, pyopencl, which `make bench` runs beside the executor. Does nothing where they are
# installed.
set -eu
cd "$(dirname "$0")/.."

.venv/bin/python -m pip install --quiet -r benches/requirements.txt
[ -e /etc/OpenCL/vendors/pocl.icd ] && exit 0

as_root=""
if [ "$(id -u)" -ne 0 ]; then
    as_root="sudo"
    command -v sudo >/dev/null 2>&1 || {
        echo "error: install this Debian package first, as root: apt-get install pocl-opencl-icd" >&2
        exit 1
    }
fi
echo "installing pocl-opencl-icd"
$as_root apt-get update -q
DEBIAN_FRONTEND=noninteractive $as_root apt-get install -q -y --no-install-recommends pocl-opencl-icd
