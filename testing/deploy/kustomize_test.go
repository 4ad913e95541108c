package deploy

import (
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/api/types"
	"sigs.k8s.io/kustomize/kyaml/filesys"
)

const kustomizeFolder = "../../deploy/kustomize"

func nameIs(name string) func(appsv1.Deployment) bool {
	return func(object appsv1.Deployment) bool { return object.Name == name }
}

// built does what `kubectl kustomize FOLDER` does.
func built(t *testing.T, folder string) string {
	t.Helper()
	options := krusty.MakeDefaultOptions()
	// A file outside its folder is refused, as kubectl does.
	options.LoadRestrictions = types.LoadRestrictionsRootOnly
	resources, err := krusty.MakeKustomizer(options).Run(filesys.MakeFsOnDisk(), folder)
	if err != nil {
		t.Fatal(err)
	}
	text, err := resources.AsYaml()
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func configurationFile(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(kustomizeFolder, path, "headwater.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// Every folder with a kustomization, except components, which are built as a part of an overlay.
func TestEveryKustomizationRunsOneRelay(t *testing.T) {
	var folders []string
	err := filepath.WalkDir(kustomizeFolder, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.Name() == "kustomization.yaml" && !strings.Contains(path, "/components/") {
			folders = append(folders, filepath.Dir(path))
		}
		return err
	})
	if err != nil || !slices.Contains(folders, kustomizeFolder+"/base") || !slices.Contains(folders, kustomizeFolder+"/overlays/example") {
		t.Fatalf("%v, %v", folders, err)
	}
	for _, folder := range folders {
		t.Run(filepath.Base(folder), func(t *testing.T) { checkRelays(t, decoded(t, built(t, folder)), 1) })
	}
}

func TestTheBase(t *testing.T) {
	all := decoded(t, built(t, kustomizeFolder+"/base"))
	if len(all.monitors) != 0 || all.configMaps[0].Data["headwater.yaml"] != configurationFile(t, "base") {
		t.Errorf("%+v", all.configMaps[0])
	}
}

func TestTheOverlay(t *testing.T) {
	all := decoded(t, built(t, kustomizeFolder+"/overlays/example"))
	if len(all.deployments) != 1 || len(all.monitors) != 1 {
		t.Fatalf("%+v", all)
	}
	deployment := all.deployments[0]
	if deployment.Name != "stock-headwater" || deployment.Namespace != "shop" || all.monitors[0].Name != "stock-headwater" ||
		all.monitors[0].Namespace != "shop" {
		t.Errorf("the names are %s/%s and %s/%s", deployment.Namespace, deployment.Name, all.monitors[0].Namespace, all.monitors[0].Name)
	}
	if all.configMaps[0].Data["headwater.yaml"] != configurationFile(t, "overlays/example") {
		t.Errorf("the configuration is %s", all.configMaps[0].Data)
	}
	// Another overlay in the same namespace must not be selected.
	instance := map[string]string{"app.kubernetes.io/name": "headwater", "app.kubernetes.io/instance": "stock"}
	for what, selector := range map[string]map[string]string{"Deployment": deployment.Spec.Selector.MatchLabels,
		"Service": all.services[0].Spec.Selector, "NetworkPolicy": all.policies[0].Spec.PodSelector.MatchLabels,
		"ServiceMonitor": all.monitors[0].Spec.Selector.MatchLabels} {
		if !reflect.DeepEqual(selector, instance) {
			t.Errorf("the %s selects %v", what, selector)
		}
	}
	pod := deployment.Spec.Template.Spec
	for _, container := range append(pod.InitContainers, pod.Containers...) {
		if container.Image != "registry.example.com/headwater:0.1.0" {
			t.Errorf("the image is %s", container.Image)
		}
		if len(container.Env) != 1 || container.Env[0].ValueFrom.SecretKeyRef.Name != "stock-secrets" || container.Env[0].ValueFrom.SecretKeyRef.Key != "uri" {
			t.Errorf("the environment is %+v", container.Env)
		}
		if len(container.VolumeMounts) != 3 {
			t.Errorf("the mounts are %+v", container.VolumeMounts)
		}
	}
	if egress := all.policies[0].Spec.Egress; len(egress) != 2 || egress[1].Ports[1].Port.IntValue() != 4222 {
		t.Errorf("it may connect to %+v", egress)
	}
}

func TestAChangedConfigurationGetsAnotherName(t *testing.T) {
	base := decoded(t, built(t, kustomizeFolder+"/base")).configMaps[0].Name
	overlay := decoded(t, built(t, kustomizeFolder+"/overlays/example")).configMaps[0].Name
	if strings.TrimPrefix(overlay, "stock-") == base || !strings.HasPrefix(base, "headwater-") {
		t.Errorf("the ConfigMaps are %s and %s", base, overlay)
	}
}
