#!/bin/sh
# Type-checks and lints what only a Mac compiles, against the real bindings to Metal. Where rustup cannot give the standard
# library for macOS, as without a network, it says so and lets the rest go on.
set -eu
cd "$(dirname "$0")/.."

target=aarch64-apple-darwin
skip() {
    echo "WARNING: the Metal run time was NOT checked for macOS: $1" >&2
    exit 0
}

[ "$(uname -s)" = Darwin ] && [ "$(uname -m)" = arm64 ] && target=""
if [ -n "$target" ]; then
    command -v rustup >/dev/null 2>&1 || skip "there is no rustup to install the target $target with"
    if ! rustup target list --installed | grep -qx "$target"; then
        echo "installing the target $target"
        rustup target add "$target" >/dev/null 2>&1 || skip "\`rustup target add $target\` fails"
    fi
    # No Python of that target is here: its stable interface is enough for types.
    export PYO3_CROSS_PYTHON_VERSION=3.11
fi
cargo clippy --quiet ${target:+--target "$target"} -p enigma-runtime -p enigma-python -- -D warnings
