#!/usr/bin/env bash
# Make a virtual environment at $1 with the first Python >= 3.10 found, or say what is missing.
set -euo pipefail
target=$1

new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null; }

python=
for name in ${PYTHON:-} python3 python3.13 python3.12 python3.11 python3.10 python; do
  if command -v "$name" >/dev/null && new_enough "$name"; then
    python=$(command -v "$name")
    break
  fi
done
if [[ -z $python ]]; then
  echo "error: no Python >= 3.10 in PATH (python3 is $(python3 --version 2>&1 || true)); install one, or set PYTHON=/path/to/python" >&2
  exit 1
fi

# Debian keeps ensurepip in a package of its own; without it a venv has no pip.
if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
  version=$("$python" -c 'import sys; print("python%d.%d" % sys.version_info[:2])')
  if [[ $(id -u) == 0 ]] && command -v apt-get >/dev/null; then
    echo "installing $version-venv with apt-get" >&2
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "$version-venv" >/dev/null
  else
    echo "error: $python has no ensurepip; on Debian or Ubuntu: sudo apt-get install $version-venv" >&2
    exit 1
  fi
fi

echo "making $target with $("$python" --version) ($python)"
"$python" -m venv --clear "$target"
