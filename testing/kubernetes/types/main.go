// Decodes a manifest strictly into the Kubernetes API's own types, and checks what the API server, the
// kubelet and the Prometheus operator would find only later. Reads standard input; prints a line for
// each object, or the first fault and exits with 1.
package main

import (
	"bufio"
	"fmt"
	"io"
	"os"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/yaml"
)

// The part of https://prometheus-operator.dev/docs/api-reference/api/#monitoring.coreos.com/v1.ServiceMonitor
// that manifests use.
type serviceMonitor struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              struct {
		Selector  metav1.LabelSelector `json:"selector"`
		Endpoints []struct {
			Port string `json:"port"`
			Path string `json:"path"`
		} `json:"endpoints"`
	} `json:"spec"`
}

// The objects of one manifest.
type manifest struct {
	maps        []*corev1.ConfigMap
	deployments []*appsv1.Deployment
	policies    []*networkingv1.NetworkPolicy
	services    []*corev1.Service
	monitors    []*serviceMonitor
	names       map[string]bool // "Kind name"
}

func (m *manifest) add(document []byte) error {
	var meta metav1.TypeMeta
	if err := yaml.Unmarshal(document, &meta); err != nil {
		return err
	}
	var object metav1.Object
	switch meta.APIVersion + " " + meta.Kind {
	case "v1 ConfigMap":
		configuration := &corev1.ConfigMap{}
		m.maps, object = append(m.maps, configuration), configuration
	case "v1 PersistentVolumeClaim":
		object = &corev1.PersistentVolumeClaim{}
	case "v1 ServiceAccount":
		object = &corev1.ServiceAccount{}
	case "v1 Service":
		service := &corev1.Service{}
		m.services, object = append(m.services, service), service
	case "networking.k8s.io/v1 NetworkPolicy":
		policy := &networkingv1.NetworkPolicy{}
		m.policies, object = append(m.policies, policy), policy
	case "apps/v1 Deployment":
		deployment := &appsv1.Deployment{}
		m.deployments, object = append(m.deployments, deployment), deployment
	case "monitoring.coreos.com/v1 ServiceMonitor":
		monitor := &serviceMonitor{}
		m.monitors, object = append(m.monitors, monitor), monitor
	default:
		return fmt.Errorf("there is no %s %s", meta.APIVersion, meta.Kind)
	}
	if err := yaml.UnmarshalStrict(document, object); err != nil {
		return fmt.Errorf("%s: %w", meta.Kind, err)
	}
	name := meta.Kind + " " + object.GetName()
	if m.names[name] {
		return fmt.Errorf("%s is there twice", name)
	}
	m.names[name] = true
	fmt.Println(name)
	return checkMeta(meta.Kind, object)
}

func read(from io.Reader) (*manifest, error) {
	m := &manifest{names: map[string]bool{}}
	documents := utilyaml.NewYAMLReader(bufio.NewReader(from))
	for {
		document, err := documents.Read()
		if err == io.EOF {
			return m, nil
		}
		if err != nil {
			return nil, err
		}
		if err := m.add(document); err != nil {
			return nil, err
		}
	}
}

func main() {
	m, err := read(os.Stdin)
	if err == nil {
		err = m.check()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
