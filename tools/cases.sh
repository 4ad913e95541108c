# Counts the GoogleTest cases of a run. ctest only knows the programs, each of which may run many cases.
# Sourced by ./dev.
# shellcheck shell=bash

# reports PRESET: prints all reports of a run.
reports() { find "$root/build/$1/cases" -name '*.xml' -exec cat {} + 2>/dev/null; }

# sum_of_cases PRESET: prints "tests failed disabled skipped".
sum_of_cases() {
  reports "$1" | awk '
    function number(name) {
      return match($0, " " name "=\"[0-9]+\"") ? substr($0, RSTART + length(name) + 3, RLENGTH - length(name) - 4) : 0
    }
    /^  <testsuite / { tests += number("tests"); failed += number("failures"); disabled += number("disabled") }
    /^    <testcase .* result="skipped"/ { skipped++ }
    END { print tests + 0, failed + 0, disabled + 0, skipped + 0 }'
}

# skipped_cases PRESET: prints the names of skipped cases, by reason.
skipped_cases() {
  reports "$1" | awk '
    function text(name,  value) {
      if (!match($0, " " name "=\"[^\"]*\"")) return ""
      value = substr($0, RSTART + length(name) + 3, RLENGTH - length(name) - 4)
      gsub(/&quot;/, "\"", value); gsub(/&apos;/, "\047", value); gsub(/&lt;/, "<", value); gsub(/&gt;/, ">", value)
      gsub(/&amp;/, "\\&", value)
      return value
    }
    /^    <testcase / { name = text("classname") "." text("name") }
    /^      <skipped / {
      why = text("message")
      sub(/^[^&]*&#x0A;/, "", why); gsub(/&#x0A;/, " ", why)
      count[why]++
      names[why] = names[why] "\n    " name
    }
    END { for (why in count) print "  " count[why] ": " why names[why] }'
}

# unexpected_skips: reads the output of skipped_cases and prints the reasons that no line of tools/expected-skips begins.
# A server that did not start, or a missing permission, must not count as a passed test.
unexpected_skips() {
  local count why expected
  while IFS=: read -r count why; do
    [[ $count =~ ^\ +[0-9]+$ ]] || continue
    while read -r expected; do
      [[ $why == " $expected"* ]] && continue 2
    done <"$root/tools/expected-skips"
    echo "$why"
  done
}

# odd_tests PRESET: prints the ctest tests that failed although none of their cases did, or that passed without a report:
# a crash, a hang, an early exit.
odd_tests() {
  local cases=$root/build/$1/cases name status
  sed -n 's/.*<testcase name="\([^"]*\)".* status="\([a-z]*\)".*/\1 \2/p' "$root/build/$1/tests.xml" |
    while read -r name status; do
      case $status in
        fail) grep -qs '<failure ' "$cases"/*/"$name".*xml || echo "$name" ;;
        run) ls "$cases"/*/"$name".*xml >/dev/null 2>&1 || echo "$name" ;;
      esac
    done
}

# print_cases PRESET: prints a summary of the cases. Fails if anything failed.
print_cases() {
  local tests failed disabled skipped odd unexpected=
  read -r tests failed disabled skipped < <(sum_of_cases "$1")
  mapfile -t odd < <(odd_tests "$1")
  if [[ $skipped -gt 0 ]]; then
    echo "$skipped skipped:"
    skipped_cases "$1" | tee "$root/build/$1/skipped"
    [[ -z ${CI:-} ]] || unexpected=$(unexpected_skips <"$root/build/$1/skipped")
  fi
  [[ -z $unexpected ]] || echo "skipped for a reason that tools/expected-skips does not list; provide what is missing, or add the reason:$unexpected"
  [[ $disabled -eq 0 ]] || echo "$disabled disabled"
  [[ ${#odd[@]} -eq 0 ]] || echo "failed although no case did (a crash, a hang, an early exit): ${odd[*]}"
  echo "$((tests - failed - skipped - disabled)) passed, $((failed + ${#odd[@]})) failed"
  [[ $((failed + ${#odd[@]})) -eq 0 && -z $unexpected ]]
}
