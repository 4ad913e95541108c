# An etcd and its etcdctl, for the tests. Sourced by tools/packages.sh.
# shellcheck shell=bash

servers+=(etcd)

# Programs of the packages etcd-server and etcd-client.
need_etcd() {
  local programs=$PATH:$root/build/servers/usr/bin
  PATH=$programs command -v etcd >/dev/null || unpack etcd-server
  PATH=$programs command -v etcdctl >/dev/null || unpack etcd-client
}
