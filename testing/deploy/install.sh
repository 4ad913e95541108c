# The libraries of Helm and kustomize, for the tests of deploy/. Sourced by tools/packages.sh.
# shellcheck shell=bash

# Downloads the modules, as go.sum has them, and compiles the tests, so that ctest only links them. Without Go, they are
# skipped by name. As for nats-server, without cgo: both share what they compile of Go's own library.
need_deploy() {
  command -v go >/dev/null || return 0
  (cd testing/deploy && GOPROXY=off deploy_tests_compile >/dev/null 2>&1) && return
  say "Downloading and compiling the libraries of Helm and kustomize"
  (cd testing/deploy && thrice deploy_tests_compile) || say "That failed (see above); the tests of deploy/ are skipped"
}

deploy_tests_compile() { timeout 900 env CGO_ENABLED=0 GOFLAGS=-mod=readonly go test -vet=off -c -o /dev/null .; }
