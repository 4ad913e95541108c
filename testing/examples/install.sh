# What the tests of examples/ need. Sourced by tools/packages.sh.
# shellcheck shell=bash

examples_folder=$root/build/examples
examples_python=$examples_folder/venv/bin/python3

# The tests of what cannot be installed are skipped by name.
need_examples() {
  need_examples_python || say "PyPI's packages for the examples could not be installed; tests that need them are skipped"
  need_node_packages typescript examples/consumers/typescript
  need_node_packages page testing/examples
  need_chromium
  ! command -v go >/dev/null || (cd examples/consumers/go && thrice timeout 300 go mod download) ||
    say "The example's Go modules could not be downloaded (see above)"
}

need_examples_python() {
  local made
  made="$examples_folder $(cat testing/examples/requirements.txt examples/consumers/python/requirements.txt | sha256sum)"
  [[ $(cat "$examples_folder/made" 2>/dev/null) == "$made" && -x $examples_python ]] && return
  say "Installing the databases' drivers for Python into build/examples"
  rm -rf "$examples_folder/venv"
  mkdir -p "$examples_folder"
  python3 -m venv "$examples_folder/venv" &&
    thrice "$examples_python" -m pip install -q --prefer-binary -r testing/examples/requirements.txt </dev/null &&
    echo "$made" >"$examples_folder/made"
}

# need_node_packages NAME FOLDER: installs what FOLDER/package-lock.json lists into build/examples/NAME.
need_node_packages() {
  local folder=$examples_folder/$1 list=$2/package-lock.json
  command -v npm >/dev/null || return 0
  cmp -s "$list" "$folder/made" && return
  say "Installing the packages of $list into build/examples/$1"
  mkdir -p "$folder"
  cp "$2/package.json" "$list" "$folder/"
  if (cd "$folder" && thrice npm ci --no-audit --no-fund --loglevel=error </dev/null >&2); then
    cp "$list" "$folder/made"
  else
    say "That failed (see above); the tests that need them are skipped"
  fi
}

# Ubuntu's package is only a pointer to its shop for snaps.
need_chromium() {
  ! command -v chromium >/dev/null && grep -qsx 'ID=debian' /etc/os-release || return 0
  say "Installing chromium, in which the example's page is tested"
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300 \
    install -y --no-install-recommends chromium </dev/null ||
    say "That failed (see above); the page is not tested"
}
