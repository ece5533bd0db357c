#!/usr/bin/env bash
# See that a Chromium is there for the browser tests: install Debian's where this is root, else say what to do.
# Without one, tests in the browser are skipped; with CI set, that is an error. scripts/lab.py looks for the same names.
set -euo pipefail

if [[ -n ${CHROMIUM:-} ]]; then
  command -v "$CHROMIUM" >/dev/null && exit 0
  echo "error: CHROMIUM=$CHROMIUM is not a program that can be run" >&2
  exit 1
fi
found() { command -v chromium || command -v chromium-browser || command -v google-chrome || command -v google-chrome-stable; }
found >/dev/null && exit 0

if [[ $(id -u) == 0 ]] && command -v apt-get >/dev/null; then
  echo "installing chromium with apt-get"
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core >/dev/null
  found >/dev/null && exit 0
fi

echo "no Chromium found: install the package chromium (Debian: sudo apt-get install chromium) or Google Chrome," >&2
echo "or set CHROMIUM=/path/to/chromium" >&2
if [[ -n ${CI:-} ]]; then
  exit 1
fi
echo "the tests in a browser will be skipped" >&2
