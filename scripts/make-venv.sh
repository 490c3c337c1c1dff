#!/bin/sh
# Makes the project's own Python environment in .venv, with the packages that requirements-dev.txt locks.
set -eu
cd "$(dirname "$0")/.."

python="${PYTHON:-python3}"
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
    echo "error: Enigma needs Python 3.11 or later; say which with PYTHON=/path/to/python3 make ..." >&2
    exit 1
}
if ! "$python" -c 'import ensurepip' >/dev/null 2>&1; then
    echo "error: this Python cannot make environments; on Debian: apt-get install python3-venv" >&2
    [ "$(id -u)" -eq 0 ] || exit 1
    apt-get update -q && apt-get install -q -y --no-install-recommends python3-venv
fi
"$python" -m venv --clear .venv
.venv/bin/python -m pip install --quiet --require-hashes -r requirements-dev.txt
touch .venv/ready
