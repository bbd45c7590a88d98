#!/bin/sh
# Test peers that PyPI does not carry: sipp (SIP load and scenarios), kamailio (the proxy before the fronts, a station's
# PBX), baresip and linphone (the other party of a station's calls), pulseaudio (a virtual headset), flite (voices of
# practice calls), postgresql (the store's other database), chromium (the agent's page), qemu with busybox and cpio
# (headsets as kernel devices in a small virtual machine).
# As root they are installed with apt; otherwise the tests that need them skip, saying so.
set -eu
missing=""
command -v sipp >/dev/null || missing="$missing sip-tester"
command -v pulseaudio >/dev/null || missing="$missing pulseaudio pulseaudio-utils"
[ -x /usr/sbin/kamailio ] || missing="$missing kamailio"
command -v flite >/dev/null || missing="$missing flite"
command -v pg_ctlcluster >/dev/null || missing="$missing postgresql"
ls /usr/lib/*/kamailio/modules/tls.so >/dev/null 2>&1 || missing="$missing kamailio-tls-modules"
command -v baresip >/dev/null || missing="$missing baresip-core"
command -v linphonec >/dev/null || missing="$missing linphone-cli"
command -v chromium >/dev/null || missing="$missing chromium"
command -v qemu-system-x86_64 >/dev/null || missing="$missing qemu-system-x86"
command -v busybox >/dev/null || missing="$missing busybox-static"
command -v cpio >/dev/null || missing="$missing cpio"
command -v tsc >/dev/null || command -v npm >/dev/null || missing="$missing npm"
types() { # the page's modules are checked by TypeScript's compiler; Debian's is older than the modules' language
    command -v tsc >/dev/null || npm install --global --silent --no-fund --no-audit typescript@5.9.3
}
if [ -z "$missing" ]; then
    [ "$(id -u)" -ne 0 ] || types
    exit 0
fi
if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
    echo "not root, or no apt: tests that need$missing will be skipped" >&2
    exit 0
fi
apt-get update -qq
# shellcheck disable=SC2086 # a list of package names
DEBIAN_FRONTEND=noninteractive apt-get install -qq --yes --no-install-recommends $missing >/dev/null
types
