# A redis-server, for the tests. Sourced by tools/packages.sh.
# shellcheck shell=bash

server_packages+=(redis-tools)
servers+=(redis)

# In its package it is another name of a program in redis-tools, which starts nothing and is installed.
need_redis() {
  unpack redis-server
  local program=$root/build/servers/usr/bin/redis-server
  [[ ! -L $program || -e $program ]] || ln -sfn "$(command -v "$(readlink "$program")")" "$program"
}
