#!/bin/sh
# Installs the Debian packages that the tests judge what is written with: clang compiles and runs the Metal source, LLVM 14
# verifies AIR and its bitcode, mlir-opt the MLIR text, chromium opens the timeline's page. Does nothing where they are
# installed.
set -eu

missing=""
command -v clang++-19 >/dev/null 2>&1 || missing="$missing clang-19"
command -v llvm-as-14 >/dev/null 2>&1 || missing="$missing llvm-14"
command -v mlir-opt-19 >/dev/null 2>&1 || missing="$missing mlir-19-tools"
command -v chromium >/dev/null 2>&1 || missing="$missing chromium"
[ -n "$missing" ] || exit 0

as_root=""
if [ "$(id -u)" -ne 0 ]; then
    as_root="sudo"
    command -v sudo >/dev/null 2>&1 || {
        echo "error: install these Debian packages first, as root: apt-get install$missing" >&2
        exit 1
    }
fi
echo "installing$missing"
$as_root apt-get update -q
# shellcheck disable=SC2086 # a list of packages
DEBIAN_FRONTEND=noninteractive $as_root apt-get install -q -y --no-install-recommends $missing
