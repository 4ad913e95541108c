# What `./dev bench peers` measures Headwater against: Debezium Server. The PostgreSQL that it reads is in
# testing/postgresql/servers.sh. Sourced by ./dev.
# shellcheck shell=bash

# Debezium's classes are for this Java or a newer one.
oldest_java=21
debezium=3.6.1.Final
# Maven Central's mirrors do not all have checksums of archives.
debezium_sha256=f95567c7107e5ae0a778dce850c36e86487b2c49e131dfc9bbb72c7ac2feb944

# Without Java, the measurement says that it cannot be made.
need_peers() {
  HEADWATER_DEBEZIUM_JAVA=$(find_java) || return 0
  export HEADWATER_DEBEZIUM_JAVA
  need_debezium
}

# Prints the first Java that is new enough.
find_java() {
  local candidate version
  for candidate in "${JAVA_HOME:-}/bin/java" "$(command -v java)" /usr/lib/jvm/*/bin/java; do
    [[ -x $candidate ]] || continue
    version=$("$candidate" -version 2>&1 | sed -n '1s/.*version "\([0-9]*\).*/\1/p')
    [[ ${version:-0} -ge $oldest_java ]] && echo "$candidate" && return
  done
  return 1
}

# 780 MB to download and 880 MB to keep, so every checkout uses the same.
need_debezium() {
  [[ -z ${HEADWATER_DEBEZIUM:-} ]] || return 0
  local cache=${XDG_CACHE_HOME:-$HOME/.cache}/headwater
  export HEADWATER_DEBEZIUM=$cache/debezium-server-$debezium
  [[ -d $HEADWATER_DEBEZIUM ]] || get_debezium "$cache"
}

# get_debezium CACHE
get_debezium() {
  local folder archive
  say "Downloading Debezium Server $debezium (780 MB) into $HEADWATER_DEBEZIUM"
  mkdir -p "$1"
  folder=$(mktemp -d "$1/download-XXXXXX")
  archive=$folder/debezium-server-dist-$debezium.tar.gz
  # A repository of its own: ~/.m2 would keep the archive.
  thrice mvn -q -B -Dmaven.repo.local="$folder/repository" \
    org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy \
    -Dartifact="io.debezium:debezium-server-dist:$debezium:tar.gz" -DoutputDirectory="$folder" </dev/null ||
    die "Debezium Server could not be downloaded (see above); if this machine cannot reach Maven Central," \
      "unpack debezium-server-dist-$debezium.tar.gz and set HEADWATER_DEBEZIUM to its folder debezium-server."
  sha256sum --quiet -c <<<"$debezium_sha256  $archive" ||
    die "$archive is not what Debezium published; remove it, and try again"
  tar -xzf "$archive" -C "$folder"
  mv "$folder/debezium-server" "$HEADWATER_DEBEZIUM"
  rm -rf "$folder"
}
