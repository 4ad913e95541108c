# Two nats-servers, for the tests. Sourced by tools/packages.sh.
# shellcheck shell=bash

servers+=(nats)

# The first version with atomic batches that work on replicated streams.
newer_nats=v2.12.9

need_nats() {
  unpack nats-server
  need_newer_nats
}

# Debian's is older. Without Go, the tests that need this one are skipped by name.
need_newer_nats() {
  local bin=$root/build/servers/usr/bin
  [[ ! -x $bin/nats-server-newer ]] && command -v go >/dev/null || return 0
  say "Building nats-server $newer_nats into build/servers"
  mkdir -p "$bin"
  thrice timeout 300 env CGO_ENABLED=0 GOFLAGS= GOBIN="$bin/newer" go install "github.com/nats-io/nats-server/v2@$newer_nats" || {
    say "That failed (see above); the tests that need it are skipped"
    return 0
  }
  mv "$bin/newer/nats-server" "$bin/nats-server-newer" && rmdir "$bin/newer"
}
