# A nats-server, for the tests. Sourced by tools/packages.sh.
# shellcheck shell=bash

servers+=(nats)

need_nats() { unpack nats-server; }
