# The checks of `./dev lint`. Sourced by ./dev.
# shellcheck shell=bash

tracked_sources() { git ls-files -- '*.h' '*.cpp'; }
tracked_scripts() { git ls-files | xargs -r -d '\n' grep -lE -m1 '^#!.*\bbash$|^# shellcheck shell=bash$'; }

lint_format() {
  tracked_sources | xargs -r -d '\n' -n 40 -P "$cores" clang-format-14 --dry-run -Werror ||
    { echo "fix it with: ./dev fmt"; return 1; }
}

lint_scripts() {
  local script status=0
  while read -r script; do
    bash -n "$script" || status=1
  done < <(tracked_scripts)
  return "$status"
}

# Checks that every relative link in a Markdown file leads to an existing file.
lint_links() {
  local document link target status=0
  while IFS=$'\t' read -r document link; do
    target=${link%%#*}
    [[ -z $target || $target =~ ^[a-z]+: ]] && continue
    [[ $target == /* ]] && target=$root$target || target=$(dirname "$document")/$target
    [[ -e $target ]] || { echo "$document: the link to $link leads nowhere; correct it"; status=1; }
  done < <(git ls-files -- '*.md' | xargs -r -d '\n' awk '
    /^ *```/ { code = !code }
    !code { line = $0; gsub(/`[^`]*`/, "", line)
      while (match(line, /\]\([^) ]+/)) {
        print FILENAME "\t" substr(line, RSTART + 2, RLENGTH - 2)
        line = substr(line, RSTART + RLENGTH) } }')
  return "$status"
}

# These rooms must not know an adapter: their code neither includes one nor contains its name (src/adapters gets the names
# from CMake). `sqlite` is also the library (src/sqlite), which a room may use for its own files. Tests may use any name.
lint_walls() {
  local rooms=(src/ports src/event src/shape src/relay src/verify src/adapters) names found
  names=$(git ls-files -- src/sources src/streams | awk -F/ 'NF > 3 && $3 != "shared" { print $3 }' | sort -u | paste -sd'|')
  [[ -n $names ]] || return 0
  found=$(git ls-files -- "${rooms[@]}" | grep -E '(\.h|\.cpp|CMakeLists\.txt)$' | grep -v '_test\.cpp$' | xargs -r -d '\n' grep -nH '' |
    sed -E 's|//.*||; s/src\/sqlite\/|sqlite::|namespace sqlite|headwater_sqlite//g' |
    grep -iE "(\b|_)($names)\b|src/(sources|streams)/") || return 0
  echo "$found"
  echo "these rooms must not name a source or stream (${rooms[*]}); move that code to the adapter"
  return 1
}

# A header that costs every including file seconds of compile time is only included in one room.
lint_headers() {
  local found
  found=$(git ls-files -- '*.h' '*.cpp' | grep -v '^src/json/json\.cpp$' | xargs -r -d '\n' grep -nH '#include <nlohmann/') || return 0
  echo "$found"
  echo "only src/json/json.cpp may include nlohmann/json.hpp; include src/json/json.h instead"
  return 1
}

# tidy_one FOLDER CHECKS NUMBER PATH: checks one file, as it is compiled in build/FOLDER.
tidy_one() {
  local output
  # g++ handles compiler warnings. Without this, -Werror would report clang's, too.
  if output=$(clang-tidy-14 -p "build/$1" --quiet --extra-arg=-Wno-error --checks="$2" "$4" 2>&1); then
    echo "[$3/$tidy_total] $4"
  else
    printf '[%s/%s] %s FAILED\n%s\n' "$3" "$tidy_total" "$4" "$output"
    return 1
  fi
}

# tidy FOLDER CHECKS: checks each file that stdin names. CHECKS add to those of .clang-tidy, or remove from them.
tidy() {
  local todo
  todo=$(cat)
  [[ -n $todo ]] || return 0
  tidy_total=$(wc -l <<<"$todo")
  export tidy_total
  export -f tidy_one
  nl -w1 -s' ' <<<"$todo" | xargs -P "$cores" -L1 bash -c 'tidy_one "$@"' tidy_one "$1" "$2"
}

# changed_in COMMITS: the program's sources that the last COMMITS commits or uncommitted work changed; for a header, the
# sources that include it. Tests would double the time, mostly for GoogleTest's headers, so they are left to
# `./dev lint --all`.
changed_in() {
  local since
  since=$(git rev-list --max-count=$(($1 + 1)) HEAD | tail -n 1)
  { git diff --name-only "$since"; git ls-files --others --exclude-standard; } | sort -u |
    while read -r path; do
      [[ -e $path ]] || continue
      case $path in
        *.cpp) echo "$path" ;;
        *.h) git grep -lF "#include \"$path\"" -- '*.cpp' | first_of_pair "$path" ;;
      esac
    done | sort -u | grep -vE '_test\.cpp$|^testing/|_(child|rig)\.cpp$|^$' || true
}

# Of the sources that include a header, prints the header's own source, or the first if it has none.
first_of_pair() { awk -v own="${1%.h}.cpp" '$0 == own { found = $0 } NR == 1 { first = $0 } END { print found != "" ? found : first }'; }

# For the sources that stdin names, prints what build/lint-rooms compiles: the files of a room together.
in_rooms() {
  local path room
  while read -r path; do
    room=$(grep -rlF --include='*.cxx' "\"$root/$path\"" build/lint-rooms) || room=$path
    echo "$room"
  done | sort -u
}

# Compiles every source alone, without precompiled headers: a file must include what it uses.
configure_alone() {
  local path status=0
  configure release -B build/lint -DHEADWATER_TESTS=ON -DHEADWATER_UNITY=OFF -DCMAKE_DISABLE_PRECOMPILE_HEADERS=ON
  while read -r path; do
    grep -qF "\"$root/$path\"" build/lint/compile_commands.json && continue
    echo "$path is in no target of the build; add it to its CMakeLists.txt"
    status=1
  done < <(git ls-files -- '*.cpp')
  return "$status"
}

# clang-tidy checks all files of a room in little more time than one file, because most of the time goes into shared
# headers. Two checks only see the file that is compiled, so they run on the newest files one by one, which also compiles
# each alone. The analyzer takes twice as long as everything else, so it is left to `./dev lint --all`, too.
lint_tidy() {
  local status=0
  configure_alone || status=1
  if [[ ${lint_all:-} ]]; then
    say "clang-tidy: everything"
    git ls-files -- '*.cpp' | tidy lint '' || status=1
    return "$status"
  fi
  configure release -B build/lint-rooms -DHEADWATER_TESTS=ON -DHEADWATER_UNITY=ON -DCMAKE_DISABLE_PRECOMPILE_HEADERS=ON
  say "clang-tidy: rooms that the last fifty commits changed"
  changed_in 50 | in_rooms | tidy lint-rooms '-clang-analyzer-*,-bugprone-suspicious-include' || status=1
  say "clang-tidy: files that the last twenty changed, each alone"
  changed_in 20 | tidy lint '-*,misc-unused-using-decls,misc-unused-alias-decls' || status=1
  return "$status"
}

lint() {
  local check failed=()
  for check in format scripts links walls headers tidy; do
    say "lint: $check"
    "lint_$check" || failed+=("$check")
  done
  [[ ${#failed[@]} -eq 0 ]] || die "lint failed: ${failed[*]}"
  say "lint: clean"
}
