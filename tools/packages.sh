# The Debian and Ubuntu packages that each command needs, and their installation. Sourced by ./dev.
# shellcheck shell=bash

# Sources, streams, targets and inboxes list theirs in their folders.
mapfile -t libraries < <(cat src/{sources,streams,targets,inbox}/*/packages | sort -u)
libraries+=(libcli11-dev libspdlog-dev libyaml-cpp-dev nlohmann-json3-dev libexpected-dev
  libsqlite3-dev libcpp-httplib-dev libmimalloc-dev libssl-dev prometheus-cpp-dev libxxhash-dev)
# What `./dev demo` needs: the program and nothing else.
program_packages=(cmake ninja-build pkg-config libc6-dev mold "${libraries[@]}")
build_packages=("${program_packages[@]}" ccache libgtest-dev libgmock-dev)
# The tests' servers (servers) and the packages they need (server_packages). Each script defines need_NAME, which installs it.
server_packages=()
servers=()
for script in testing/*/servers.sh; do
  source "$script"
done
source testing/examples/install.sh
source testing/kubernetes/install.sh
source testing/deploy/install.sh
test_packages=("${build_packages[@]}" "${server_packages[@]}" sqlite3 openssl)
# clang compiles for the sanitizers in half of g++'s time, and its sanitizers find more.
sanitize_packages=("${test_packages[@]}" clang-14 libclang-rt-14-dev)
# With version numbers, because another version formats and warns differently.
format_packages=(clang-format-14 git)
lint_packages=("${build_packages[@]}" "${format_packages[@]}" clang-tidy-14)

# The oldest g++ that builds Headwater. Ubuntu 22.04's default is older; it also has g++-12.
oldest_gxx=12

gxx_version() { "$1" -dumpversion 2>/dev/null | cut -d. -f1; }

# Prints the first compiler that is new enough: the requested one, the system's default, or another one installed.
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

# missing PACKAGE...: prints those that are not installed. Reads dpkg's list once.
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

# thrice COMMAND...: runs it up to three times, with pauses, until it succeeds. For downloads.
thrice() {
  local pause
  for pause in 5 20; do
    ! "$@" || return 0
    say "That failed; trying again in $pause seconds"
    sleep "$pause"
  done
  "$@"
}

# need PACKAGE...: installs what is missing.
need() {
  local wanted
  if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
    say "This is neither Debian nor Ubuntu: continuing with the tools and libraries that are installed"
    return
  fi
  mapfile -t wanted < <(missing "$@")
  find_gxx >/dev/null || wanted+=("$(gxx_package)")
  [[ ${#wanted[@]} -eq 0 ]] && return
  say "Installing ${#wanted[@]} packages: ${wanted[*]}"
  if [[ $EUID -ne 0 ]] && ! command -v sudo >/dev/null; then
    die "installing packages needs root, and there is no sudo; have an administrator run:" \
      "apt-get install ${wanted[*]}"
  fi
  export DEBIAN_FRONTEND=noninteractive
  # sudo drops the environment, so env passes the setting.
  local apt=(env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300)
  as_root "${apt[@]}" update ||
    say "Some package lists could not be updated; continuing with the old ones"
  thrice as_root "${apt[@]}" install -y --no-install-recommends "${wanted[@]}" </dev/null ||
    die "the packages could not be installed (see above); to try by hand:" \
      "sudo apt-get update && sudo apt-get install ${wanted[*]}"
}

# Sets CXX, for systems whose default compiler is too old.
choose_compiler() {
  local found
  found=$(find_gxx) ||
    die "g++ $oldest_gxx or later is not installed; install it and set CXX to its name"
  export CXX=$found
}

# unpack SERVER: unpacks Debian's package of a server into build/servers, because installing it would start the server on
# this machine. A server that is already in the PATH is used as it is.
unpack() {
  local name=$1 folder=$root/build/servers
  ! PATH=$PATH:$folder/usr/bin:$folder/usr/sbin command -v "$name" >/dev/null || return 0
  say "Unpacking $name into build/servers"
  mkdir -p "$folder"
  (cd "$folder" && { apt-get download -qq "$name" || { as_root apt-get -q update &&
    thrice apt-get download -qq "$name"; }; } && dpkg -x "$name"_*.deb . && rm "$name"_*.deb) ||
    die "$name could not be downloaded (see above); install it so that it is in the PATH"
}

need_servers() {
  local server
  for server in "${servers[@]}"; do "need_$server"; done
}
