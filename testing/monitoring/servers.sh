# promtool, for the tests of the alert rules. Sourced by tools/packages.sh.
# shellcheck shell=bash

servers+=(prometheus)

# promtool is a program in Prometheus' package.
need_prometheus() {
  PATH=$PATH:$root/build/servers/usr/bin command -v promtool >/dev/null || unpack prometheus
}
