package deploy

import (
	"fmt"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/engine"
	"helm.sh/helm/v3/pkg/releaseutil"
	"sigs.k8s.io/yaml"
)

const chartFolder = "../../deploy/helm/headwater"

// render does what `helm template RELEASE deploy/helm/headwater -f VALUES` does. Returns the manifests and the notes.
func render(release, values string) (manifests, notes string, err error) {
	chart, err := loader.Load(chartFolder)
	if err != nil {
		return "", "", err
	}
	var parsed map[string]any
	if err := yaml.Unmarshal([]byte(values), &parsed); err != nil {
		return "", "", err
	}
	capabilities := chartutil.DefaultCapabilities.Copy()
	capabilities.KubeVersion = chartutil.KubeVersion{Version: "v1.34.0", Major: "1", Minor: "34"}
	if err := chart.Validate(); err != nil {
		return "", "", err
	}
	options := chartutil.ReleaseOptions{Name: release, Namespace: "shop", Revision: 1, IsInstall: true}
	all, err := chartutil.ToRenderValues(chart, parsed, options, capabilities)
	if err != nil {
		return "", "", err
	}
	files, err := engine.Render(chart, all)
	if err != nil {
		return "", "", err
	}
	for name, text := range files {
		if filepath.Base(name) == "NOTES.txt" {
			notes = text
		} else if filepath.Ext(name) == ".yaml" {
			// Helm trims each document.
			for _, document := range releaseutil.SplitManifests(text) {
				manifests += "\n---\n" + document
			}
		}
	}
	return manifests, notes, nil
}

// rendered fails the test if the chart cannot be rendered.
func rendered(t *testing.T, values string) objects {
	t.Helper()
	manifests, _, err := render("shop", values)
	if err != nil {
		t.Fatal(err)
	}
	return decoded(t, manifests)
}

func TestOneRelay(t *testing.T) {
	all := rendered(t, file(t, "one"))
	checkRelays(t, all, 1)
	deployment := all.deployments[0]
	if deployment.Name != "shop-orders" || deployment.Namespace != "shop" {
		t.Errorf("it is %s/%s", deployment.Namespace, deployment.Name)
	}
	if image := deployment.Spec.Template.Spec.Containers[0].Image; image != "headwater:0.1.0" {
		t.Errorf("the image is %s", image)
	}
	environment := deployment.Spec.Template.Spec.InitContainers[0].Env
	if len(environment) != 2 || environment[0].Name != "KAFKA_PASSWORD" || environment[0].ValueFrom.SecretKeyRef.Key != "password" ||
		environment[1].Name != "MONGODB_URI" || environment[1].ValueFrom.SecretKeyRef.Name != "shop-mongodb" ||
		environment[1].ValueFrom.SecretKeyRef.Key != "MONGODB_URI" {
		t.Errorf("the environment is %+v", environment)
	}
	if len(all.monitors) != 0 {
		t.Error("there is a ServiceMonitor although none is asked for")
	}
	checkSameConfiguration(t, all, "one")
}

func TestTwoRelays(t *testing.T) {
	all := rendered(t, file(t, "two"))
	checkRelays(t, all, 2)
	if len(all.monitors) != 2 {
		t.Errorf("%d ServiceMonitors", len(all.monitors))
	}
	checkSameConfiguration(t, all, "two")
	pod := all.deployments[slices.IndexFunc(all.deployments, nameIs("shop-stock"))].Spec.Template.Spec
	if limit := pod.Containers[0].Resources.Limits.Memory().String(); limit != "256Mi" {
		t.Errorf("the relay's own limit is %s", limit)
	}
	if pod.NodeSelector["disk"] != "ssd" || len(pod.Tolerations) != 1 || pod.ImagePullSecrets[0].Name != "registry" {
		t.Errorf("the pod is %+v", pod)
	}
	if pod.Containers[0].Image != "registry.example.com/headwater:2026" {
		t.Errorf("the image is %s", pod.Containers[0].Image)
	}
}

func TestFilesAndClaims(t *testing.T) {
	all := rendered(t, file(t, "files"))
	checkRelays(t, all, 1)
	paths := map[string]string{}
	pod := all.deployments[0].Spec.Template.Spec
	for _, mount := range pod.Containers[0].VolumeMounts {
		paths[mount.MountPath] = mount.Name
		if writable := strings.HasPrefix(mount.Name, "claim-") || mount.Name == "tmp"; writable == mount.ReadOnly {
			t.Errorf("whether %s is read-only: %v", mount.MountPath, mount.ReadOnly)
		}
	}
	for path, name := range map[string]string{"/tls/nats": "secret-0", "/tls/mongodb": "secret-1", "/authorities": "config-map-0",
		"/shop": "claim-0", "/events": "claim-1"} {
		if paths[path] != name {
			t.Errorf("%s is %q", path, paths[path])
		}
	}
	if egress := all.policies[0].Spec.Egress; len(egress) != 2 || egress[0].Ports[0].Port.IntValue() != 53 || egress[1].Ports[0].Port.IntValue() != 4222 {
		t.Errorf("it may connect to %+v", egress)
	}
}

// What a configuration holds must arrive byte for byte, whatever it looks like.
func TestHostileTexts(t *testing.T) {
	relay := "relay: orders\nsource: { sqlite: { path: /shop/shop.db, tables: all } }\nstream: { embedded: { path: /events/e.db } }\n"
	for name, text := range map[string]string{
		"templates":         "# {{ .Values.image }} {{ fail \"no\" }} $(HOME)\n" + relay,
		"indented first":    "   # a comment\n\n" + relay + "\n\n\n",
		"documents":         relay + "#\n# ---\n#---\n# ...\n",
		"no line end":       strings.TrimSpace(relay),
		"windows":           strings.ReplaceAll(relay, "\n", "\r\n"),
		"other scripts":     "# Größe 数据库 🖖 \u00a0\n" + relay,
		"quotes":            "# it's \"quoted\" \\ `so` 'so'\n" + relay + "# trailing  \n",
		"long":              "# " + strings.Repeat("long ", 5000) + "\n" + relay,
		"looks like a list": "# - a\n# ? b\n# %YAML 1.1\n" + relay,
	} {
		t.Run(name, func(t *testing.T) {
			values, _ := yaml.Marshal(map[string]any{"relays": map[string]any{"orders": map[string]any{"config": text}}})
			all := rendered(t, string(values))
			checkRelays(t, all, 1)
			if got := all.configMaps[0].Data["headwater.yaml"]; got != text {
				t.Errorf("the configuration is\n%q\nnot\n%q", got, text)
			}
		})
	}
}

// A value cannot end a quoted text and add keys of its own.
func TestHostileNames(t *testing.T) {
	hostile := "a\"\n  hostPID: true # '{{ 1 }}"
	values, _ := yaml.Marshal(map[string]any{
		"relays": map[string]any{"orders": map[string]any{
			"config":      configuration,
			"env":         map[string]any{"A": map[string]any{"secret": hostile, "key": hostile}},
			"secrets":     []any{map[string]any{"secret": hostile, "path": "/" + strings.ReplaceAll(hostile, ":", "")}},
			"claims":      []any{map[string]any{"claim": hostile, "path": "/c"}},
			"annotations": map[string]any{"a": hostile}}},
		"imagePullSecrets": []any{hostile},
		"image":            map[string]any{"repository": hostile, "tag": hostile},
	})
	all := rendered(t, string(values))
	checkRelays(t, all, 1)
	template := all.deployments[0].Spec.Template
	for what, got := range map[string]string{
		"a Secret": template.Spec.Containers[0].Env[0].ValueFrom.SecretKeyRef.Name, "a claim": template.Spec.Volumes[3].PersistentVolumeClaim.ClaimName,
		"a pull Secret": template.Spec.ImagePullSecrets[0].Name, "an annotation": template.Annotations["a"],
		"the image": strings.SplitN(template.Spec.Containers[0].Image, "true # '{{ 1 }}", 2)[0] + "true # '{{ 1 }}",
	} {
		if got != hostile {
			t.Errorf("%s is %q", what, got)
		}
	}
}

func TestAChangedConfigurationRestartsTheRelay(t *testing.T) {
	checksum := func(watch string) string {
		all := rendered(t, strings.Replace(file(t, "one"), "watch: shop.orders", "watch: "+watch, 1))
		return all.deployments[0].Spec.Template.Annotations["checksum/config"]
	}
	if checksum("shop.orders") == checksum("shop.customers") || len(checksum("shop.orders")) != 64 {
		t.Error("the annotation does not change with the configuration")
	}
	if checksum("shop.orders") != checksum("shop.orders") {
		t.Error("the annotation changes by itself")
	}
}

func TestWithoutANetworkPolicy(t *testing.T) {
	if all := rendered(t, file(t, "one")+"networkPolicy: { enabled: false }\n"); len(all.policies) != 0 {
		t.Error("there is one")
	}
}

func TestNotesNameEveryDeployment(t *testing.T) {
	_, notes, err := render("shop", file(t, "two"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"shop-orders", "shop-stock"} {
		for _, command := range []string{"rollout status deployment/%s\n", "logs -f deployment/%s\n", "exec deployment/%s -c relay -- headwater tail"} {
			if words := fmt.Sprintf("kubectl -n shop "+command, name); !strings.Contains(notes, words) {
				t.Errorf("the notes have no %q:\n%s", words, notes)
			}
		}
	}
}

// checkSameConfiguration compares the ConfigMaps with the values from which they were made.
func checkSameConfiguration(t *testing.T, all objects, name string) {
	t.Helper()
	var values struct {
		Relays map[string]struct{ Config any }
	}
	if err := yaml.Unmarshal([]byte(file(t, name)), &values); err != nil {
		t.Fatal(err)
	}
	for _, found := range all.configMaps {
		var got any
		if err := yaml.Unmarshal([]byte(found.Data["headwater.yaml"]), &got); err != nil {
			t.Error(err)
		}
		if expected := values.Relays[strings.TrimPrefix(found.Name, "shop-")].Config; !reflect.DeepEqual(got, expected) {
			t.Errorf("the configuration is %v, not %v", got, expected)
		}
	}
}
