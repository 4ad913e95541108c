# A PostgreSQL server, for the tests and `./dev bench peers`. Sourced by tools/packages.sh.
# shellcheck shell=bash

servers+=(postgres)

# Prints the folder of PostgreSQL's programs, of the machine or in build/servers.
find_postgres() {
  local folder
  for folder in ${HEADWATER_POSTGRES:-} /usr/lib/postgresql/*/bin "$root"/build/servers/usr/lib/postgresql/*/bin; do
    [[ -x $folder/initdb && -x $folder/psql ]] && echo "$folder" && return
  done
  return 1
}

# Prints the version that the system's package lists have.
postgres_version() {
  { apt-cache depends postgresql 2>/dev/null || true; } | sed -n 's/.*Depends: postgresql-\([0-9]*\)$/\1/p'
}

# Unpacks PostgreSQL into build/servers if the machine has none: installing it would start a server.
need_postgres() {
  local version libraries
  if ! find_postgres >/dev/null; then
    version=$(postgres_version)
    [[ $version ]] || { as_root apt-get -q update && version=$(postgres_version); }
    [[ $version ]] || die "the package lists have no PostgreSQL; install it (its server need not run)"
    mapfile -t libraries < <(apt-cache depends "postgresql-$version" "postgresql-client-$version" |
      sed -n 's/.* Depends: \(lib[^ ]*\)$/\1/p' | sort -u)
    need "${libraries[@]}"
    unpack "postgresql-$version"
    unpack "postgresql-client-$version"
  fi
  HEADWATER_POSTGRES=$(find_postgres) ||
    die "there is no PostgreSQL; set HEADWATER_POSTGRES to the folder of its initdb, postgres and psql"
  export HEADWATER_POSTGRES
}
