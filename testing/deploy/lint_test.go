package deploy

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// lint runs `headwater k8s lint -` with a rendering as its input, and returns what it says.
func lint(t *testing.T, manifests string) (string, error) {
	t.Helper()
	program := os.Getenv("HEADWATER")
	if _, err := os.Stat(program); err != nil {
		t.Skip("HEADWATER does not name the program: ", err)
	}
	// A program that does not know the command prints the help of all.
	if help, err := exec.Command(program, "k8s", "lint", "--help").Output(); err != nil || !strings.Contains(string(help), "headwater k8s lint") {
		t.Skip("this headwater has no `k8s lint`")
	}
	command := exec.Command(program, "k8s", "lint", "-")
	command.Stdin = strings.NewReader(manifests)
	output, err := command.CombinedOutput()
	return string(output), err
}

func TestLintFindsNothingInTheChart(t *testing.T) {
	for _, name := range []string{"one", "two", "files"} {
		manifests, _, err := render("shop", file(t, name))
		if err != nil {
			t.Fatal(err)
		}
		if output, err := lint(t, manifests); err != nil {
			t.Errorf("%s: %v\n%s", name, err, output)
		}
	}
}

func TestLintFindsNothingInTheKustomizations(t *testing.T) {
	for _, folder := range []string{"/base", "/overlays/example"} {
		if output, err := lint(t, built(t, kustomizeFolder+folder)); err != nil {
			t.Errorf("%s: %v\n%s", folder, err, output)
		}
	}
}

// Otherwise the tests above could not fail.
func TestLintFindsAChangedRendering(t *testing.T) {
	manifests := built(t, kustomizeFolder+"/base")
	output, err := lint(t, strings.Replace(manifests, "replicas: 1", "replicas: 2", 1))
	if err == nil || !strings.Contains(output, "replicas") {
		t.Errorf("%v\n%s", err, output)
	}
}
