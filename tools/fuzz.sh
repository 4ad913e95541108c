# Lets libFuzzer break what decodes bytes from outside. Sourced by ./dev.
# shellcheck shell=bash

# For so long each.
fuzz_s=60

# bytes_of HEX: prints the bytes.
bytes_of() {
  local hex=$1 all="" at
  for ((at = 0; at < ${#hex}; at += 2)); do all+="\\x${hex:at:2}"; done
  # shellcheck disable=SC2059
  printf "$all"
}

# run_fuzzer NAME MAX_LENGTH: what fails is left in the folder build/fuzz/NAME, which has the inputs to begin with.
run_fuzzer() {
  local name=$1 folder=$root/build/fuzz/$1
  CXX=clang++-14 configure asan -DHEADWATER_TESTS=ON
  compile asan "${name}_fuzz"
  "build/asan/${name}_fuzz" -max_total_time="$fuzz_s" -max_len="$2" -print_final_stats=1 \
    -artifact_prefix="$folder/failed-" "$folder" 2>"$folder.log" || {
    tail -n 60 "$folder.log" >&2
    die "the decoder fails: repeat it with build/asan/${name}_fuzz $folder/failed-*"
  }
  sed -n "s/^stat::number_of_executed_units: */$name: runs without a failure: /p" "$folder.log"
}

# fuzz_pgoutput: begins with what a server has sent.
fuzz_pgoutput() {
  local folder=$root/build/fuzz/pgoutput line number=0
  mkdir -p "$folder"
  while read -r line; do
    bytes_of "$line" >"$folder/recorded-$((++number))"
  done <src/pgoutput/corpus/recorded.hex
  run_fuzzer pgoutput 65536
}

# fuzz_rethinkdb: begins with what a server may send.
fuzz_rethinkdb() {
  mkdir -p "$root/build/fuzz/rethinkdb"
  cp src/rethinkdb/corpus/* "$root/build/fuzz/rethinkdb"
  run_fuzzer rethinkdb 4096
}
