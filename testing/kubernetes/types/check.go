package main

import (
	"errors"
	"fmt"
	"path"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	metavalidation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

func fault(where string, words []string) error {
	if len(words) == 0 {
		return nil
	}
	return fmt.Errorf("%s: %v", where, words)
}

func checkMeta(kind string, object metav1.Object) error {
	name := object.GetName()
	rule := validation.IsDNS1123Label
	if kind == "Service" {
		rule = validation.IsDNS1035Label
	}
	if err := fault(kind+" "+name, rule(name)); err != nil {
		return err
	}
	if space := object.GetNamespace(); space != "" {
		if err := fault("namespace "+space, validation.IsDNS1123Label(space)); err != nil {
			return err
		}
	}
	at := field.NewPath("metadata")
	all := metavalidation.ValidateLabels(object.GetLabels(), at.Child("labels"))
	all = append(all, apivalidation.ValidateAnnotations(object.GetAnnotations(), at.Child("annotations"))...)
	return all.ToAggregate()
}

func (m *manifest) check() error {
	if len(m.deployments) == 0 {
		return errors.New("there is no Deployment")
	}
	for _, deployment := range m.deployments {
		if err := m.checkDeployment(deployment); err != nil {
			return fmt.Errorf("Deployment %s: %w", deployment.Name, err)
		}
		if err := m.checkAround(deployment); err != nil {
			return fmt.Errorf("Deployment %s: %w", deployment.Name, err)
		}
	}
	return nil
}

func (m *manifest) checkDeployment(deployment *appsv1.Deployment) error {
	spec := deployment.Spec
	if spec.Replicas == nil || *spec.Replicas != 1 || spec.Strategy.Type != appsv1.RecreateDeploymentStrategyType {
		return errors.New("it is not one replica with Recreate")
	}
	if err := selects(spec.Selector, spec.Template.Labels); err != nil {
		return err
	}
	all := metavalidation.ValidateLabels(spec.Template.Labels, field.NewPath("template"))
	all = append(all, apivalidation.ValidateAnnotations(spec.Template.Annotations, field.NewPath("template"))...)
	if err := all.ToAggregate(); err != nil {
		return err
	}
	pod := spec.Template.Spec
	if !m.names["ServiceAccount "+pod.ServiceAccountName] {
		return fmt.Errorf("there is no ServiceAccount %s", pod.ServiceAccountName)
	}
	volumes, err := m.volumes(pod)
	if err != nil {
		return err
	}
	for _, container := range append(append([]corev1.Container{}, pod.InitContainers...), pod.Containers...) {
		if err := checkContainer(container, volumes); err != nil {
			return fmt.Errorf("container %s: %w", container.Name, err)
		}
	}
	return checkProbes(pod.Containers[0])
}

// volumes returns the files of each volume, which a subPath may name; nil for one whose content is unknown.
func (m *manifest) volumes(pod corev1.PodSpec) (map[string][]string, error) {
	volumes := map[string][]string{}
	for _, volume := range pod.Volumes {
		if err := fault("volume "+volume.Name, validation.IsDNS1123Label(volume.Name)); err != nil {
			return nil, err
		}
		if _, twice := volumes[volume.Name]; twice {
			return nil, fmt.Errorf("volume %s is there twice", volume.Name)
		}
		volumes[volume.Name] = nil
		switch {
		case volume.ConfigMap != nil:
			for _, configuration := range m.maps {
				if configuration.Name != volume.ConfigMap.Name {
					continue
				}
				for key := range configuration.Data {
					volumes[volume.Name] = append(volumes[volume.Name], key)
				}
			}
			if volumes[volume.Name] == nil {
				return nil, fmt.Errorf("there is no ConfigMap %s", volume.ConfigMap.Name)
			}
		case volume.Secret != nil:
			for _, item := range volume.Secret.Items {
				if err := fault("key "+item.Key, validation.IsConfigMapKey(item.Key)); err != nil {
					return nil, err
				}
				volumes[volume.Name] = append(volumes[volume.Name], item.Path)
			}
		case volume.PersistentVolumeClaim != nil:
			name := volume.PersistentVolumeClaim.ClaimName
			if err := fault("claim "+name, validation.IsDNS1123Label(name)); err != nil {
				return nil, err
			}
		case volume.EmptyDir == nil:
			return nil, fmt.Errorf("volume %s is nothing", volume.Name)
		}
	}
	return volumes, nil
}

func checkContainer(container corev1.Container, volumes map[string][]string) error {
	paths := map[string]bool{}
	for _, mount := range container.VolumeMounts {
		keys, known := volumes[mount.Name]
		if !known {
			return fmt.Errorf("there is no volume %s", mount.Name)
		}
		if !path.IsAbs(mount.MountPath) || paths[mount.MountPath] {
			return fmt.Errorf("mountPath %s is relative or there twice", mount.MountPath)
		}
		paths[mount.MountPath] = true
		if keys != nil && !contains(keys, mount.SubPath) {
			return fmt.Errorf("volume %s has no file %s", mount.Name, mount.SubPath)
		}
	}
	for _, variable := range container.Env {
		if err := fault("variable "+variable.Name, validation.IsEnvVarName(variable.Name)); err != nil {
			return err
		}
		if variable.Value != "" || variable.ValueFrom == nil || variable.ValueFrom.SecretKeyRef == nil {
			return fmt.Errorf("variable %s is not from a Secret", variable.Name)
		}
	}
	security := container.SecurityContext
	if security == nil || security.ReadOnlyRootFilesystem == nil || !*security.ReadOnlyRootFilesystem {
		return errors.New("its root is writable")
	}
	if container.Resources.Limits.Memory().IsZero() || container.Resources.Requests.Cpu().IsZero() {
		return errors.New("it has no resources")
	}
	return nil
}

func contains(words []string, word string) bool {
	for _, one := range words {
		if one == word {
			return true
		}
	}
	return false
}

func checkProbes(container corev1.Container) error {
	for name, probe := range map[string]*corev1.Probe{"liveness": container.LivenessProbe, "readiness": container.ReadinessProbe} {
		if probe == nil || probe.HTTPGet == nil || !hasPort(container, probe.HTTPGet.Port.StrVal) {
			return fmt.Errorf("the %s probe has no port of the container", name)
		}
	}
	return nil
}

func hasPort(container corev1.Container, name string) bool {
	for _, port := range container.Ports {
		if port.Name == name && len(validation.IsValidPortName(name)) == 0 {
			return true
		}
	}
	return false
}

// checkAround checks that Service, NetworkPolicy and ServiceMonitor are about this Deployment's pod.
func (m *manifest) checkAround(deployment *appsv1.Deployment) error {
	pod := deployment.Spec.Template
	found := 0
	for _, service := range m.services {
		if !labels.SelectorFromSet(service.Spec.Selector).Matches(labels.Set(pod.Labels)) {
			continue
		}
		found++
		for _, port := range service.Spec.Ports {
			if !hasPort(pod.Spec.Containers[0], port.TargetPort.StrVal) {
				return fmt.Errorf("the Service's port %s is none of the pod", port.Name)
			}
		}
		if err := m.checkMonitor(service); err != nil {
			return err
		}
	}
	for _, policy := range m.policies {
		if selects(&policy.Spec.PodSelector, pod.Labels) != nil {
			continue
		}
		found++
		if port := policy.Spec.Ingress[0].Ports[0].Port.StrVal; !hasPort(pod.Spec.Containers[0], port) {
			return fmt.Errorf("the NetworkPolicy's port %s is none of the pod", port)
		}
	}
	if found != 2 {
		return fmt.Errorf("%d Services and NetworkPolicies are about its pod, not one each", found)
	}
	return nil
}

func (m *manifest) checkMonitor(service *corev1.Service) error {
	found := 0
	for _, monitor := range m.monitors {
		if selects(&monitor.Spec.Selector, service.Labels) != nil {
			continue
		}
		found++
		if len(monitor.Spec.Endpoints) != 1 || monitor.Spec.Endpoints[0].Port != service.Spec.Ports[0].Name {
			return fmt.Errorf("the ServiceMonitor of %s names no port of it", service.Name)
		}
	}
	if found != 1 {
		return fmt.Errorf("%d ServiceMonitors are about Service %s", found, service.Name)
	}
	return nil
}

func selects(selector *metav1.LabelSelector, set map[string]string) error {
	if selector == nil || len(selector.MatchLabels) == 0 {
		return errors.New("its selector is empty")
	}
	chosen, err := metav1.LabelSelectorAsSelector(selector)
	if err != nil {
		return err
	}
	if !chosen.Matches(labels.Set(set)) {
		return errors.New("its selector does not match the labels")
	}
	return nil
}
