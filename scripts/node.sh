#!/usr/bin/env bash
# Say clearly when Node.js >= 20 with npm is missing.
set -euo pipefail

if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
  echo "error: building the front end needs Node.js >= 20 with npm (https://nodejs.org); not found in PATH" >&2
  exit 1
fi
version=$(node --version)
major=${version#v}
major=${major%%.*}
if ((major < 20)); then
  echo "error: building the front end needs Node.js >= 20, found $version at $(command -v node)" >&2
  exit 1
fi
