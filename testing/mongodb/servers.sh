# SecantusDB, for the tests on MongoDB. Sourced by tools/packages.sh.
# shellcheck shell=bash

server_packages+=(python3-venv python3-pip)
servers+=(secantus)

# The MongoDB-compatible server that tests and measurements run on. Its version and those of its
# dependencies are fixed, so that what passes here passes everywhere.
secantus=SecantusDB==0.7.0b3
secantus_constraints=testing/mongodb/secantus-constraints.txt

# Installs it in a virtual environment and gives the tests the path of its start script
# (secantusd.py). The venv's scripts contain its path, so it is created again if the folder has moved.
need_secantus() {
  [[ -z ${HEADWATER_SECANTUS:-} ]] || return 0
  local folder=$root/build/secantus
  export HEADWATER_SECANTUS=$folder/bin/secantusd
  get_secantus "$folder"
  { echo "#!$folder/bin/python3"; cat "$root/testing/mongodb/secantusd.py"; } >"$HEADWATER_SECANTUS.new"
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
    die "$secantus could not be installed (see above); if this machine cannot reach PyPI," \
      "install it elsewhere and set HEADWATER_SECANTUS to the path of its secantusd-py."
  echo "$made" >"$folder/made"
}
