# What `./dev lint` looks at. Sourced by ./dev.
# shellcheck shell=bash

tracked_sources() { git ls-files -- '*.h' '*.cpp'; }
tracked_scripts() { git ls-files | xargs -r -d '\n' grep -lE -m1 '^#!.*\bbash$|^# shellcheck shell=bash$'; }

lint_format() {
  tracked_sources | xargs -r -d '\n' -n 40 -P "$cores" clang-format-14 --dry-run -Werror ||
    { echo "Mend it with: ./dev fmt"; return 1; }
}

lint_scripts() {
  local script status=0
  while read -r script; do
    bash -n "$script" || status=1
  done < <(tracked_scripts)
  return "$status"
}

# Every relative link in a Markdown file leads to something that is there.
lint_links() {
  local document link target status=0
  while IFS=$'\t' read -r document link; do
    target=${link%%#*}
    [[ -z $target || $target =~ ^[a-z]+: ]] && continue
    [[ $target == /* ]] && target=$root$target || target=$(dirname "$document")/$target
    [[ -e $target ]] || { echo "$document: the link to $link leads nowhere"; status=1; }
  done < <(git ls-files -- '*.md' | xargs -r -d '\n' awk '
    /^ *```/ { code = !code }
    !code { line = $0; gsub(/`[^`]*`/, "", line)
      while (match(line, /\]\([^) ]+/)) {
        print FILENAME "\t" substr(line, RSTART + 2, RLENGTH - 2)
        line = substr(line, RSTART + RLENGTH) } }')
  return "$status"
}

# The rooms that know no adapter: their code neither includes one nor has its name. `sqlite` is also
# the library (src/sqlite), which a room may use for files of its own; tests make up events of any.
lint_walls() {
  local rooms=(src/ports src/event src/shape src/relay src/verify) names found
  names=$(git ls-files -- src/sources src/streams | awk -F/ 'NF > 3 { print $3 }' | sort -u | paste -sd'|')
  [[ -n $names ]] || return 0
  found=$(git ls-files -- "${rooms[@]}" | grep -E '(\.h|\.cpp|CMakeLists\.txt)$' | grep -v '_test\.cpp$' | xargs -r -d '\n' grep -nH '' |
    sed -E 's|//.*||; s/src\/sqlite\/|sqlite::|namespace sqlite|headwater_sqlite//g' |
    grep -iE "(\b|_)($names)\b|src/(sources|streams)/") || return 0
  echo "$found"
  echo "These rooms may name no source or stream: ${rooms[*]}"
  return 1
}

# A header that costs each file that includes it seconds of compile time stays behind one room.
lint_headers() {
  local found
  found=$(git ls-files -- '*.h' '*.cpp' | grep -v '^src/json/json\.cpp$' | xargs -r -d '\n' grep -nH '#include <nlohmann/') || return 0
  echo "$found"
  echo "Only src/json/json.cpp may include nlohmann/json.hpp: include src/json/json.h"
  return 1
}

# One relay, and Recreate: deploy/README.md.
lint_manifests() { deploy/lint; }

# What clang-tidy's verdict on each file depends on: the file, the headers of this project it
# includes however deeply, the checks, the way it is compiled, the tools and the libraries.
# Writes one text per file into $1; its hash names the verdict in the cache.
tidy_keys() {
  local common
  common=$(clang-tidy-14 --version
    echo "$tidy_less"
    sha256sum .clang-tidy CMakeLists.txt cmake/rooms.cmake
    dpkg-query -W "${lint_packages[@]}" 2>/dev/null || true)
  tracked_sources | xargs -r -d '\n' sha256sum |
    COMMON=$common awk -v folder="$1" '
      { path = $2; hash[path] = $1; paths[++count] = path
        while ((getline line < path) > 0)
          if (match(line, /^#include "[^"]+"/))
            includes[path] = includes[path] " " substr(line, 11, RLENGTH - 11)
        close(path) }
      function visit(path, file,    i, n, next_paths) {
        if (path in seen) return
        seen[path] = 1
        print hash[path], path > file
        n = split(includes[path], next_paths, " ")
        for (i = 1; i <= n; i++) if (next_paths[i] in hash) visit(next_paths[i], file) }
      END { for (i = 1; i <= count; i++) if (paths[i] ~ /\.cpp$/) {
        file = paths[i]; gsub("/", "%", file); file = folder "/" file
        print ENVIRON["COMMON"] > file
        split("", seen); visit(paths[i], file); close(file) } }'
}

# The analyzer takes twice as long as everything else: it too is left to `./dev lint --all`.
tidy_less='-clang-analyzer-*'

# Looks at one file and remembers it if it is clean. Arguments: number, key's hash, path.
tidy_one() {
  local output
  # clang's own warnings are g++'s matter; as errors they would be told nevertheless.
  if output=$(clang-tidy-14 -p build/release --quiet --extra-arg=-Wno-error --checks="$tidy_less" "$3" 2>&1); then
    touch "$tidy_cache/$2"
    echo "[$1/$tidy_total] $3"
  else
    printf '[%s/%s] %s FAILED\n%s\n' "$1" "$tidy_total" "$3" "$output"
    return 1
  fi
}

# What clang-tidy looks at. Tests take it as long again as the product, and GoogleTest's headers most of
# that: they are left to `./dev lint --all`, so that CI on two cores ends within half an hour.
tidied() {
  if [[ ${lint_all:-} ]]; then cat; else grep -vE '_test\.cpp$| testing/|_(child|rig)\.cpp$'; fi
}

lint_tidy() {
  local keys hash path status=0
  [[ ! ${lint_all:-} ]] || tidy_less=
  export tidy_less tidy_cache=${XDG_CACHE_HOME:-${HOME:-$root/build}/.cache}/headwater/lint tidy_total
  mkdir -p build/release "$tidy_cache"
  find "$tidy_cache" -type f -mtime +30 -delete
  cmake --preset release >build/configure-release.log 2>&1 || { cat build/configure-release.log; return 1; }
  keys=$(mktemp -d)
  tidy_keys "$keys"
  (cd "$keys" && sha256sum -- *.cpp) 2>/dev/null | tr % / | tidied | while read -r hash path; do
    [[ -e $tidy_cache/$hash ]] && touch "$tidy_cache/$hash" || echo "$hash $path"
  done >"$keys/todo"
  while read -r path; do
    grep -qF "\"$root/$path\"" build/release/compile_commands.json && continue
    echo "$path is in no target of the build"
    status=1
  done < <(git ls-files -- '*.cpp')
  tidy_total=$(wc -l <"$keys/todo")
  say "clang-tidy: $tidy_total files to look at, the others have not changed since they were clean"
  export -f tidy_one
  nl -w1 -s' ' "$keys/todo" | xargs -r -P "$cores" -L1 bash -c 'tidy_one "$@"' tidy_one || status=1
  rm -rf "$keys"
  return "$status"
}

lint() {
  local check failed=()
  for check in format scripts links walls headers manifests tidy; do
    say "lint: $check"
    "lint_$check" || failed+=("$check")
  done
  [[ ${#failed[@]} -eq 0 ]] || die "lint failed: ${failed[*]}"
  say "lint: clean"
}
