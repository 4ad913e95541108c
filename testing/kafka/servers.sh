# A Kafka broker, for the tests. Sourced by tools/packages.sh.
# shellcheck shell=bash

server_packages+=(default-jre-headless maven)
servers+=(kafka)

# Installs the jars it needs, of a fixed version. Each test program starts its own broker.
need_kafka() {
  [[ -z ${HEADWATER_KAFKA:-} ]] || return 0
  local folder=$root/build/kafka list=$root/testing/kafka/pom.xml
  export HEADWATER_KAFKA=$folder
  cmp -s "$list" "$folder/made" || get_kafka "$folder" "$list"
  archive_kafka "$(realpath "$folder")"
}

# get_kafka FOLDER LIST
get_kafka() {
  say "Downloading Kafka's jars into build/kafka"
  rm -rf "$1"
  thrice mvn -q -B --strict-checksums -f "$2" \
    org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies \
    -DoutputDirectory="$1" </dev/null ||
    die "Kafka's jars could not be downloaded (see above); if this machine cannot reach Maven Central," \
      "put the jars of testing/kafka/pom.xml into a folder and set HEADWATER_KAFKA to its path."
  cp "$2" "$1/made"
}

# archive_kafka FOLDER: creates the class archive that makes brokers start faster. Only this Java and these jars, in this
# folder, can use it.
archive_kafka() {
  local made
  made="$1 $(cksum <"$1/made") $(cksum <testing/kafka/archive) $(java -version 2>&1)"
  [[ $(cat "$1/kafka.jsa.made" 2>/dev/null) == "$made" ]] && return
  say "Archiving the classes of a Kafka broker in build/kafka/kafka.jsa"
  rm -f "$1/kafka.jsa"
  if testing/kafka/archive "$1"; then
    echo "$made" >"$1/kafka.jsa.made"
  else
    say "That failed (see above); brokers will start without it, and take longer"
  fi
}
