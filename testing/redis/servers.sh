# A redis-server, for the tests. Sourced by tools/packages.sh.
# shellcheck shell=bash

server_packages+=(redis-tools)
servers+=(redis)

# In its package, redis-server is a link to a program in redis-tools. That package starts no server, so it is installed.
need_redis() {
  unpack redis-server
  local program=$root/build/servers/usr/bin/redis-server
  [[ ! -L $program || -e $program ]] || ln -sfn "$(command -v "$(readlink "$program")")" "$program"
}
