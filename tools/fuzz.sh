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

# fuzz_pgoutput: begins with what a server has sent. What fails is left in the folder.
fuzz_pgoutput() {
  local folder=$root/build/fuzz/pgoutput line number=0
  mkdir -p "$folder"
  while read -r line; do
    bytes_of "$line" >"$folder/recorded-$((++number))"
  done <src/pgoutput/corpus/recorded.hex
  CXX=clang++-14 configure asan -DHEADWATER_TESTS=ON
  compile asan pgoutput_fuzz
  build/asan/pgoutput_fuzz -max_total_time="$fuzz_s" -max_len=65536 -print_final_stats=1 \
    -artifact_prefix="$folder/failed-" "$folder" 2>"$root/build/fuzz/pgoutput.log" || {
    tail -n 60 "$root/build/fuzz/pgoutput.log" >&2
    die "the decoder fails: repeat it with build/asan/pgoutput_fuzz $folder/failed-*"
  }
  sed -n 's/^stat::number_of_executed_units: */pgoutput: runs without a failure: /p' "$root/build/fuzz/pgoutput.log"
}
