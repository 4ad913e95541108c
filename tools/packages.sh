# Which Debian and Ubuntu packages each command needs, and how they get installed. Sourced by ./dev.
# shellcheck shell=bash

libraries=(libcli11-dev libspdlog-dev libyaml-cpp-dev nlohmann-json3-dev libexpected-dev
  libsqlite3-dev libmongoc-dev libnats-dev librdkafka-dev libhiredis-dev libssl-dev prometheus-cpp-dev libxxhash-dev)
# What `./dev demo` needs: the program and nothing else.
program_packages=(cmake ninja-build pkg-config libc6-dev mold "${libraries[@]}")
build_packages=("${program_packages[@]}" ccache libgtest-dev libgmock-dev)
# What `./dev servers` needs.
server_packages=(python3-venv python3-pip redis-tools default-jre-headless maven)
test_packages=("${build_packages[@]}" "${server_packages[@]}" sqlite3 openssl)
# g++'s sanitizers take twice as long to compile, and clang's see more.
sanitize_packages=("${test_packages[@]}" clang-14 libclang-rt-14-dev)
# Named with their version: another one formats and warns differently.
format_packages=(clang-format-14 git)
lint_packages=("${build_packages[@]}" "${format_packages[@]}" clang-tidy-14)

# The oldest g++ that builds Headwater. Ubuntu 22.04's own is older; it has g++-12 besides.
oldest_gxx=12

gxx_version() { "$1" -dumpversion 2>/dev/null | cut -d. -f1; }

# The first compiler that is new enough: the one asked for, the system's own, or one beside it.
find_gxx() {
  local candidate version
  for candidate in ${CXX:-} g++ g++-12 g++-13 g++-14; do
    [[ $candidate == *clang* ]] && echo "$candidate" && return
    version=$(gxx_version "$candidate") || true
    [[ ${version:-0} -ge $oldest_gxx ]] && echo "$candidate" && return
  done
  return 1
}

gxx_package() {
  local id version
  id=$(. /etc/os-release 2>/dev/null && echo "${ID:-}")
  version=$(. /etc/os-release 2>/dev/null && echo "${VERSION_ID:-}")
  [[ $id == ubuntu && $version == 22.* ]] && echo g++-12 || echo g++
}

# missing PACKAGE...: those of them that are not installed. One look at dpkg's list.
missing() {
  local installed name
  installed=$'\n'$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "$@" 2>/dev/null || true)$'\n'
  for name in "$@"; do
    [[ $installed == *$'\n'"installed $name"$'\n'* ]] || echo "$name"
  done
}

as_root() {
  if [[ $EUID -eq 0 ]]; then
    "$@"
  elif [[ -t 0 ]]; then
    sudo "$@"
  else
    sudo -n "$@"
  fi
}

# thrice COMMAND...: runs it up to three times, with a pause between, until it succeeds. For what
# comes over the network.
thrice() {
  local pause
  for pause in 5 20; do
    ! "$@" || return 0
    say "That failed; once more in $pause seconds"
    sleep "$pause"
  done
  "$@"
}

# need PACKAGE...: installs what is not there; does nothing if all is.
need() {
  local wanted
  if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
    say "This is neither Debian nor Ubuntu: going on with the tools and libraries that are here."
    return
  fi
  mapfile -t wanted < <(missing "$@")
  find_gxx >/dev/null || wanted+=("$(gxx_package)")
  [[ ${#wanted[@]} -eq 0 ]] && return
  say "Installing ${#wanted[@]} packages: ${wanted[*]}"
  if [[ $EUID -ne 0 ]] && ! command -v sudo >/dev/null; then
    die "Installing needs root, and there is no sudo. Have an administrator run:" \
      "apt-get install ${wanted[*]}"
  fi
  export DEBIAN_FRONTEND=noninteractive
  # sudo drops the environment, so the setting is handed over by env.
  local apt=(env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300)
  as_root "${apt[@]}" update ||
    say "The package lists could not all be brought up to date; trying with those that are here."
  thrice as_root "${apt[@]}" install -y --no-install-recommends "${wanted[@]}" </dev/null ||
    die "The packages could not be installed (see above). To try by hand:" \
      "sudo apt-get update && sudo apt-get install ${wanted[*]}"
}

# Sets CXX for a first configuration where the system's own compiler is too old.
choose_compiler() {
  local found
  found=$(find_gxx) ||
    die "No g++ of version $oldest_gxx or later is here." "Install one and set CXX to its name."
  export CXX=$found
}

# The MongoDB-compatible server that tests and measurements run on. One version of it and of all it
# stands on, so that what passes here passes everywhere.
secantus=SecantusDB==0.7.0b3
secantus_constraints=tools/secantus-constraints.txt

# Puts it into a virtual environment, unless it is there, and tells the tests the path of what starts
# it (tools/secantusd.py). The venv's scripts hold its path, so a folder that was moved is made anew.
need_secantus() {
  [[ -z ${HEADWATER_SECANTUS:-} ]] || return 0
  local folder=$root/build/secantus
  export HEADWATER_SECANTUS=$folder/bin/secantusd
  get_secantus "$folder"
  { echo "#!$folder/bin/python3"; cat "$root/tools/secantusd.py"; } >"$HEADWATER_SECANTUS.new"
  chmod +x "$HEADWATER_SECANTUS.new"
  mv "$HEADWATER_SECANTUS.new" "$HEADWATER_SECANTUS"
}

# get_secantus FOLDER
get_secantus() {
  local folder=$1 constraints=$root/$secantus_constraints made
  made="$secantus $folder $(sha256sum <"$constraints")"
  [[ $(cat "$folder/made" 2>/dev/null) == "$made" ]] &&
    "$folder/bin/python3" -c 'import secantus' 2>/dev/null && return
  say "Installing $secantus into build/secantus"
  rm -rf "$folder"
  python3 -m venv "$folder" &&
    thrice "$folder/bin/pip" install -q --prefer-binary -c "$constraints" "$secantus" </dev/null ||
    die "$secantus could not be installed (see above). If this machine has no way to PyPI," \
      "install it elsewhere and set HEADWATER_SECANTUS to the path of its secantusd-py."
  echo "$made" >"$folder/made"
}

# A Kafka broker: the jars it needs, of one version. Each program of tests starts its own.
need_kafka() {
  [[ -z ${HEADWATER_KAFKA:-} ]] || return 0
  local folder=$root/build/kafka list=$root/tools/kafka-pom.xml
  export HEADWATER_KAFKA=$folder
  cmp -s "$list" "$folder/made" || get_kafka "$folder" "$list"
  archive_kafka "$(realpath "$folder")"
}

# get_kafka FOLDER LIST
get_kafka() {
  say "Getting Kafka's jars into build/kafka"
  rm -rf "$1"
  thrice mvn -q -B --strict-checksums -f "$2" \
    org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies \
    -DoutputDirectory="$1" </dev/null ||
    die "Kafka's jars could not be had (see above). If this machine has no way to Maven Central," \
      "put the jars of tools/kafka-pom.xml into a folder and set HEADWATER_KAFKA to its path."
  cp "$2" "$1/made"
}

# archive_kafka FOLDER: what brokers start faster with, unless it is there. Only this Java and these jars, in this
# folder, can use it.
archive_kafka() {
  local made
  made="$1 $(cksum <"$1/made") $(cksum <tools/kafka-archive) $(java -version 2>&1)"
  [[ $(cat "$1/kafka.jsa.made" 2>/dev/null) == "$made" ]] && return
  say "Archiving the classes of a Kafka broker in build/kafka/kafka.jsa"
  rm -f "$1/kafka.jsa"
  if tools/kafka-archive "$1"; then
    echo "$made" >"$1/kafka.jsa.made"
  else
    say "That failed (see above). Brokers will start without it, and take longer."
  fi
}

# Debian's packages of servers start one at once, which a person's own machine must be spared: they
# are unpacked, not installed. What is in the PATH already is taken as it is.
unpacked_servers=(nats-server redis-server)

need_servers() {
  need_secantus
  need_kafka
  local folder=$root/build/servers name program
  for name in "${unpacked_servers[@]}"; do
    ! PATH=$PATH:$folder/usr/bin:$folder/usr/sbin command -v "$name" >/dev/null || continue
    say "Unpacking $name into build/servers"
    mkdir -p "$folder"
    (cd "$folder" && { apt-get download -qq "$name" || { as_root apt-get -q update &&
      thrice apt-get download -qq "$name"; }; } && dpkg -x "$name"_*.deb . && rm "$name"_*.deb) ||
      die "$name could not be had (see above). Install it yourself, so that it is in the PATH."
    # redis-server is another name of a program in redis-tools, which starts nothing and is
    # installed.
    program=$folder/usr/bin/$name
    [[ ! -L $program || -e $program ]] || ln -sfn "$(command -v "$(readlink "$program")")" "$program"
  done
}
