# Measures how long each step takes, and prints the slowest files and tests. Sourced by ./dev.
# shellcheck shell=bash

# The measurements: one line "name wall_s processor_s" for each step. .ci/run collects those of all
# its commands in one file.
times_file=${HEADWATER_TIMES:-$root/build/times}

# Seconds that each step took on two cores without caches (docs/times.md), for steps that this
# machine has not run yet.
declare -A usual_s=([program]=93 [rest]=241 [test]=726 [lint]=181
  [asan-build]=352 [asan-test]=470 [tsan-build]=114 [tsan-test]=141)
measured_s=${XDG_CACHE_HOME:-${HOME:-$root/build}/.cache}/headwater/steps

# about SECONDS: "40 s" or "5 min".
about() { [[ $1 -lt 90 ]] && echo "$1 s" || echo "$((($1 + 30) / 60)) min"; }

# expected STEP: prints how long it may take, if known.
expected() {
  local seconds
  seconds=$(awk -v step="$1" '$1 == step { s = $2 } END { if (s != "") printf "%d", s + 0.5 }' "$measured_s" 2>/dev/null)
  [[ -n $seconds ]] && echo "last time here: $(about "$seconds")" && return
  [[ -z ${usual_s[$1]:-} ]] || echo "about $(about "${usual_s[$1]}") on two cores"
}

# step NAME WORDS COMMAND...: prints WORDS and how long the step will take, runs COMMAND, and records
# how long it took.
step() {
  local name=$1 words=$2 status=0 spent=$root/build/spent.$BASHPID wall user system how_long
  shift 2
  how_long=$(expected "$name")
  say "$words${how_long:+ ($how_long)}"
  mkdir -p build "$(dirname "$measured_s")"
  local TIMEFORMAT='%R %U %S'
  { time "$@" 2>&3; } 3>&2 2>"$spent" || status=$?
  read -r wall user system <"$spent" || true
  rm -f "$spent"
  awk -v n="$name" -v w="$wall" -v u="$user" -v s="$system" \
    'BEGIN { printf "%s %.1f %.1f\n", n, w, u + s }' >>"$times_file"
  { grep -v "^$name " "$measured_s" 2>/dev/null || true; echo "$name $wall"; } >"$measured_s.new"
  mv "$measured_s.new" "$measured_s"
  return "$status"
}

# Prints the table of the steps so far.
print_steps() {
  [[ -s $times_file ]] || return 0
  awk 'BEGIN { printf "%-12s %9s %13s\n", "step", "wall s", "processor s" }
    { printf "%-12s %9.1f %13.1f\n", $1, $2, $3; wall += $2; cpu += $3 }
    END { printf "%-12s %9.1f %13.1f\n", "all", wall, cpu }' "$times_file"
}

# slowest_files PRESET: prints the files that compiled longest, from ninja's log (wall time).
slowest_files() {
  local log=$root/build/$1/.ninja_log
  [[ -s $log ]] || return 0
  echo "Slowest to build in build/$1:"
  awk -F'\t' 'NR > 1 { took[$4] = ($2 - $1) / 1000 } END { for (f in took) printf "%8.1f s  %s\n", took[f], f }' "$log" |
    sort -rn | sed -n '1,10s|CMakeFiles/[^/]*\.dir/||; 1,10p'
}

# slowest_tests PRESET: prints the slowest tests, from ctest's report.
slowest_tests() {
  local report=$root/build/$1/tests.xml
  [[ -s $report ]] || return 0
  echo "Slowest tests in build/$1:"
  sed -n 's/.*<testcase name="\([^"]*\)".* time="\([0-9.]*\)".*/\2 \1/p' "$report" | sort -rn |
    awk 'NR <= 10 { printf "%8.1f s  %s\n", $1, $2 }'
}
