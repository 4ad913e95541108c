# Which Debian and Ubuntu packages each command needs, and how they get installed. Sourced by ./dev.
# shellcheck shell=bash

# Those of the sources and streams stand in their folders.
mapfile -t libraries < <(cat src/sources/*/packages src/streams/*/packages)
libraries+=(libcli11-dev libspdlog-dev libyaml-cpp-dev nlohmann-json3-dev libexpected-dev
  libsqlite3-dev prometheus-cpp-dev libxxhash-dev)
# What `./dev demo` needs: the program and nothing else.
program_packages=(cmake ninja-build pkg-config libc6-dev mold "${libraries[@]}")
build_packages=("${program_packages[@]}" ccache libgtest-dev libgmock-dev)
# What the tests' servers need (server_packages), and which there are (servers): each brings need_NAME, which gets it.
server_packages=()
servers=()
for script in testing/*/servers.sh; do
  source "$script"
done
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

# unpack SERVER: Debian's packages of servers start one at once, which a person's own machine must be spared: they are
# unpacked into build/servers, not installed. One that is in the PATH already is taken as it is.
unpack() {
  local name=$1 folder=$root/build/servers
  ! PATH=$PATH:$folder/usr/bin:$folder/usr/sbin command -v "$name" >/dev/null || return 0
  say "Unpacking $name into build/servers"
  mkdir -p "$folder"
  (cd "$folder" && { apt-get download -qq "$name" || { as_root apt-get -q update &&
    thrice apt-get download -qq "$name"; }; } && dpkg -x "$name"_*.deb . && rm "$name"_*.deb) ||
    die "$name could not be had (see above). Install it yourself, so that it is in the PATH."
}

need_servers() {
  local server
  for server in "${servers[@]}"; do "need_$server"; done
}
