# The Go modules of the tests of `headwater k8s manifest`. Sourced by tools/packages.sh.
# shellcheck shell=bash

# Without them, the tests are skipped by name.
need_kubernetes() {
  ! command -v go >/dev/null || (cd testing/kubernetes/types && thrice timeout 300 go mod download) ||
    say "The Kubernetes API's Go modules could not be downloaded (see above); tests that need them are skipped"
}
