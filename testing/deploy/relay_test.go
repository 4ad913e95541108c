package deploy

import (
	"maps"
	"slices"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/validation"
)

// checkRelays checks that a rendering runs this many relays as they must be run.
func checkRelays(t *testing.T, all objects, relays int) {
	t.Helper()
	for kind, count := range map[string]int{"Deployment": len(all.deployments), "ServiceAccount": len(all.accounts),
		"ConfigMap": len(all.configMaps), "Service": len(all.services), "NetworkPolicy": len(all.policies)} {
		if count != relays {
			t.Errorf("%d objects of the kind %s, not %d", count, kind, relays)
		}
	}
	for _, deployment := range all.deployments {
		t.Run(deployment.Name, func(t *testing.T) { checkRelay(t, all, deployment) })
	}
}

func checkRelay(t *testing.T, all objects, deployment appsv1.Deployment) {
	if wrong := validation.IsDNS1035Label(deployment.Name); wrong != nil {
		t.Errorf("the name %q: %v", deployment.Name, wrong)
	}
	if deployment.Spec.Replicas == nil || *deployment.Spec.Replicas != 1 {
		t.Error("replicas is not written as 1")
	}
	if deployment.Spec.Strategy.Type != appsv1.RecreateDeploymentStrategyType || deployment.Spec.Strategy.RollingUpdate != nil {
		t.Errorf("the strategy is %+v", deployment.Spec.Strategy)
	}
	pod := deployment.Spec.Template.Spec
	if grace := pod.TerminationGracePeriodSeconds; grace == nil || *grace != 10 {
		t.Error("terminationGracePeriodSeconds is not 10")
	}
	checkPodSecurity(t, pod)
	if len(pod.InitContainers) != 1 || len(pod.Containers) != 1 {
		t.Fatalf("%d and %d containers", len(pod.InitContainers), len(pod.Containers))
	}
	const file = "/etc/headwater/headwater.yaml"
	initialise, relay := pod.InitContainers[0], pod.Containers[0]
	checkWords(t, initialise.Args, []string{"init", "-c", file})
	checkWords(t, relay.Args, []string{"run", "-c", file, "--log", "json", "--metrics", "0.0.0.0:9090"})
	for _, container := range []corev1.Container{initialise, relay} {
		checkContainer(t, pod, container)
	}
	checkProbe(t, "liveness", relay.LivenessProbe, "/livez")
	checkProbe(t, "readiness", relay.ReadinessProbe, "/readyz")
	if len(relay.Ports) != 1 || relay.Ports[0].Name != "metrics" || relay.Ports[0].ContainerPort != 9090 {
		t.Errorf("the ports are %+v", relay.Ports)
	}
	checkConfiguration(t, all, pod)
	checkSelectors(t, all, deployment)
}

func checkWords(t *testing.T, words, expected []string) {
	t.Helper()
	if !slices.Equal(words, expected) {
		t.Errorf("the arguments are %v", words)
	}
}

func checkPodSecurity(t *testing.T, pod corev1.PodSpec) {
	t.Helper()
	security := pod.SecurityContext
	if security == nil || security.RunAsNonRoot == nil || !*security.RunAsNonRoot || security.RunAsUser == nil ||
		*security.RunAsUser == 0 || security.FSGroup == nil || security.SeccompProfile == nil ||
		security.SeccompProfile.Type != corev1.SeccompProfileTypeRuntimeDefault {
		t.Errorf("the pod's security context is %+v", security)
	}
	if token := pod.AutomountServiceAccountToken; token == nil || *token {
		t.Error("the pod gets a token")
	}
	if pod.HostNetwork || pod.HostPID || pod.HostIPC {
		t.Error("the pod shares something with its node")
	}
}

func checkContainer(t *testing.T, pod corev1.PodSpec, container corev1.Container) {
	t.Helper()
	security := container.SecurityContext
	if security == nil || security.ReadOnlyRootFilesystem == nil || !*security.ReadOnlyRootFilesystem ||
		security.AllowPrivilegeEscalation == nil || *security.AllowPrivilegeEscalation || security.Capabilities == nil ||
		!slices.Equal(security.Capabilities.Drop, []corev1.Capability{"ALL"}) || len(security.Capabilities.Add) != 0 {
		t.Errorf("%s: the security context is %+v", container.Name, security)
	}
	if container.Resources.Requests.Cpu().IsZero() || container.Resources.Requests.Memory().IsZero() ||
		container.Resources.Limits.Memory().IsZero() {
		t.Errorf("%s: the resources are %+v", container.Name, container.Resources)
	}
	for _, variable := range container.Env {
		if variable.Value != "" || variable.ValueFrom == nil || variable.ValueFrom.SecretKeyRef == nil ||
			variable.ValueFrom.SecretKeyRef.Name == "" || variable.ValueFrom.SecretKeyRef.Key == "" {
			t.Errorf("%s: %s does not come from a Secret", container.Name, variable.Name)
		}
	}
	volumes := map[string]bool{}
	for _, volume := range pod.Volumes {
		if volumes[volume.Name] {
			t.Errorf("two volumes are named %s", volume.Name)
		}
		volumes[volume.Name] = true
	}
	paths := map[string]bool{}
	for _, mount := range container.VolumeMounts {
		if !volumes[mount.Name] {
			t.Errorf("%s: there is no volume %s", container.Name, mount.Name)
		}
		if paths[mount.MountPath] {
			t.Errorf("%s: two volumes at %s", container.Name, mount.MountPath)
		}
		paths[mount.MountPath] = true
		delete(volumes, mount.Name)
	}
	if len(volumes) != 0 {
		t.Errorf("%s does not mount %v", container.Name, slices.Collect(maps.Keys(volumes)))
	}
	if !paths["/tmp"] || !paths["/etc/headwater"] {
		t.Errorf("%s mounts only %v", container.Name, paths)
	}
}

func checkProbe(t *testing.T, name string, probe *corev1.Probe, path string) {
	t.Helper()
	if probe == nil || probe.HTTPGet == nil || probe.HTTPGet.Path != path || probe.HTTPGet.Port.String() != "metrics" {
		t.Errorf("the %s probe is %+v", name, probe)
	}
}

// checkConfiguration checks that the volume `config` is a ConfigMap of this rendering, which holds the file.
func checkConfiguration(t *testing.T, all objects, pod corev1.PodSpec) {
	t.Helper()
	for _, volume := range pod.Volumes {
		if volume.Name != "config" || volume.ConfigMap == nil {
			continue
		}
		for _, found := range all.configMaps {
			if found.Name == volume.ConfigMap.Name && found.Data["headwater.yaml"] != "" {
				return
			}
		}
	}
	t.Error("no ConfigMap of the rendering is the configuration")
}

// checkSelectors checks that everything that selects pods selects those of this Deployment, and of no other.
func checkSelectors(t *testing.T, all objects, deployment appsv1.Deployment) {
	t.Helper()
	checkSelector(t, all, deployment, "Deployment", deployment.Spec.Selector.MatchLabels)
	named := func(object metav1.ObjectMeta) bool {
		return object.Name == deployment.Name && object.Namespace == deployment.Namespace
	}
	service := one(t, all.services, func(object corev1.Service) bool { return named(object.ObjectMeta) })
	checkSelector(t, all, deployment, "Service", service.Spec.Selector)
	if len(service.Spec.Ports) != 1 || service.Spec.Ports[0].Name != "metrics" || service.Spec.Ports[0].TargetPort.String() != "metrics" {
		t.Errorf("the Service's ports are %+v", service.Spec.Ports)
	}
	policy := one(t, all.policies, func(object networkingv1.NetworkPolicy) bool { return named(object.ObjectMeta) })
	checkSelector(t, all, deployment, "NetworkPolicy", policy.Spec.PodSelector.MatchLabels)
	if len(policy.Spec.PolicyTypes) != 2 || len(policy.Spec.Egress) == 0 || len(policy.Spec.Ingress) != 1 ||
		len(policy.Spec.Ingress[0].Ports) != 1 || policy.Spec.Ingress[0].Ports[0].Port.String() != "metrics" {
		t.Errorf("the NetworkPolicy is %+v", policy.Spec)
	}
	account := one(t, all.accounts, func(object corev1.ServiceAccount) bool {
		return object.Name == deployment.Spec.Template.Spec.ServiceAccountName && object.Namespace == deployment.Namespace
	})
	if token := account.AutomountServiceAccountToken; token == nil || *token {
		t.Error("the ServiceAccount gives a token")
	}
	for _, monitor := range all.monitors {
		if !named(monitor.ObjectMeta) {
			continue
		}
		for _, other := range all.services {
			selects := labels.SelectorFromSet(monitor.Spec.Selector.MatchLabels).Matches(labels.Set(other.Labels))
			if selects != named(other.ObjectMeta) {
				t.Errorf("whether the ServiceMonitor selects the Service %s: %v", other.Name, selects)
			}
		}
	}
}

func checkSelector(t *testing.T, all objects, deployment appsv1.Deployment, kind string, selector map[string]string) {
	t.Helper()
	if len(selector) == 0 {
		t.Errorf("the %s selects every pod", kind)
	}
	for _, other := range all.deployments {
		selects := labels.SelectorFromSet(selector).Matches(labels.Set(other.Spec.Template.Labels))
		if selects != (other.Name == deployment.Name) {
			t.Errorf("whether the %s selects the pods of %s: %v", kind, other.Name, selects)
		}
	}
}

// one returns the only object of a list that fits.
func one[Object any](t *testing.T, list []Object, fits func(Object) bool) Object {
	t.Helper()
	var found []Object
	for _, object := range list {
		if fits(object) {
			found = append(found, object)
		}
	}
	if len(found) != 1 {
		t.Fatalf("%d objects of the type %T, not one", len(found), *new(Object))
	}
	return found[0]
}
