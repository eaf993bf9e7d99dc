#!/bin/sh
# Builds when it starts, and then every day at KVALREG_AT (universal time), until it is told to end.
# A build that fails is told and tried again the next day; what it made before stays.
set -u
umask 077
at="${KVALREG_AT:-02:15}"
child=""
stop() {
    trap - TERM INT
    if [ -n "$child" ]; then
        kill -TERM "$child" 2>/dev/null
        wait "$child"
    fi
    exit 0
}
trap stop TERM INT
if ! date -u -d "$at" +%s >/dev/null 2>&1; then
    echo "KVALREG_AT is '$at', and no time of day such as 02:15." >&2
    exit 2
fi
while true; do
    kvalreg build --due --wait 3600 --quiet &
    child=$!
    code=0
    wait "$child" || code=$?
    echo "$(date -u +%Y-%m-%dT%H:%M:%SZ) The build ended with code $code."
    now=$(date -u +%s)
    next=$(date -u -d "$at" +%s)
    if [ "$next" -le "$now" ]; then
        next=$((next + 86400))
    fi
    sleep "$((next - now))" &
    child=$!
    wait "$child"
done
