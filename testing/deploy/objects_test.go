package deploy

import (
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"
)

// serviceMonitor has the fields of monitoring.coreos.com/v1 that a manifest here may use.
type serviceMonitor struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              struct {
		Selector  metav1.LabelSelector `json:"selector"`
		Endpoints []struct {
			Port     string `json:"port"`
			Interval string `json:"interval"`
		} `json:"endpoints"`
	} `json:"spec"`
}

// objects are what one rendering consists of, by kind.
type objects struct {
	accounts    []corev1.ServiceAccount
	configMaps  []corev1.ConfigMap
	services    []corev1.Service
	deployments []appsv1.Deployment
	policies    []networkingv1.NetworkPolicy
	monitors    []serviceMonitor
}

// decoded reads every document of a text. A field that the API does not know, or a key that comes twice, is an error.
func decoded(t *testing.T, text string) objects {
	t.Helper()
	var all objects
	for _, document := range strings.Split("\n"+text, "\n---\n") {
		if strings.TrimSpace(document) == "" {
			continue
		}
		var kind metav1.TypeMeta
		if err := yaml.Unmarshal([]byte(document), &kind); err != nil {
			t.Fatalf("%v in:\n%s", err, document)
		}
		switch kind.APIVersion + " " + kind.Kind {
		case "v1 ServiceAccount":
			add(t, document, &all.accounts)
		case "v1 ConfigMap":
			add(t, document, &all.configMaps)
		case "v1 Service":
			add(t, document, &all.services)
		case "apps/v1 Deployment":
			add(t, document, &all.deployments)
		case "networking.k8s.io/v1 NetworkPolicy":
			add(t, document, &all.policies)
		case "monitoring.coreos.com/v1 ServiceMonitor":
			add(t, document, &all.monitors)
		default:
			t.Errorf("unexpected %s %s", kind.APIVersion, kind.Kind)
		}
	}
	return all
}

func add[Object any](t *testing.T, document string, list *[]Object) {
	t.Helper()
	var object Object
	if err := yaml.UnmarshalStrict([]byte(document), &object); err != nil {
		t.Errorf("%v in:\n%s", err, document)
	}
	*list = append(*list, object)
}
