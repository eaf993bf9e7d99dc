#!/bin/sh
# The tests of valid HTML run html-validate, from the npm registry, in a folder of the environment: $1.
# As root on Debian, Node.js is installed; otherwise those tests say why they skip.
set -e
[ -x "$1/html-validate/node_modules/.bin/html-validate" ] && exit 0
if ! command -v npm >/dev/null 2>&1 && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends nodejs npm >/dev/null
fi
if command -v npm >/dev/null 2>&1; then
    mkdir -p "$1/html-validate"
    npm install --prefix "$1/html-validate" --no-package-lock --no-audit --no-fund --silent html-validate@10.17.0
else
    echo "No npm found: install Node.js, or the tests of valid HTML are skipped."
fi
