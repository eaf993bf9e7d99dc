#!/bin/sh
# Browser tests drive the system's Chromium. As root on Debian it is installed; otherwise those tests say why they skip.
command -v chromium >/dev/null 2>&1 || command -v google-chrome >/dev/null 2>&1 && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >/dev/null
else
    echo "No Chromium found: install it, or the browser tests are skipped."
fi
