package compute

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"qabot/store"
)

// wish is what a role's task definition must become for one environment.
type wish struct {
	family  string
	image   string // of the commit
	plain   map[string]string
	secret  map[string]string // references, by name
	port    int
	useName string // container that is meant; empty: found by the port
}

// family names the task definitions of an environment's role.
func (a App) family(id store.ID, role string) string {
	const longest = 255
	name := fmt.Sprintf("qabot-%s-%s-%s", a.Installation, id, role)
	return name[:min(len(name), longest)]
}

// derive makes the task definition from staging's: everything stays as it is there, but for the image and the variables
// that are ours. Other containers keep their images, unless they run the application's own, and keep none of the values
// that point to staging's data under a name that is ours.
func derive(staging ecstypes.TaskDefinition, w wish) (*ecs.RegisterTaskDefinitionInput, string, error) {
	main := mainContainer(staging.ContainerDefinitions, w.useName, w.port)
	if main < 0 {
		return nil, "", fmt.Errorf("task definition %s has no container %q", deref(staging.TaskDefinitionArn), w.useName)
	}
	containers := slices.Clone(staging.ContainerDefinitions)
	application := imageName(deref(containers[main].Image))
	for i := range containers {
		c := &containers[i]
		if i == main || imageName(deref(c.Image)) == application {
			c.Image = &w.image
		}
		plain, secret := w.plain, w.secret
		if i == main {
			if w.port != 0 && slices.ContainsFunc(c.Environment, func(e ecstypes.KeyValuePair) bool { return deref(e.Name) == "PORT" }) {
				plain = maps.Clone(plain)
				plain["PORT"] = fmt.Sprint(w.port)
			}
			if w.port != 0 && !slices.ContainsFunc(c.PortMappings, func(p ecstypes.PortMapping) bool { return int(deref(p.ContainerPort)) == w.port }) {
				c.PortMappings = append(slices.Clone(c.PortMappings), ecstypes.PortMapping{ContainerPort: new(int32(w.port)), Protocol: ecstypes.TransportProtocolTcp})
			}
		} else {
			names := namesIn(*c)
			plain, secret = only(plain, names), only(secret, names)
		}
		setVariables(c, plain, secret)
	}
	return &ecs.RegisterTaskDefinitionInput{
		Family: &w.family, ContainerDefinitions: containers, Cpu: staging.Cpu, Memory: staging.Memory,
		NetworkMode: staging.NetworkMode, ExecutionRoleArn: staging.ExecutionRoleArn, TaskRoleArn: staging.TaskRoleArn,
		RequiresCompatibilities: staging.RequiresCompatibilities, RuntimePlatform: staging.RuntimePlatform,
		Volumes: staging.Volumes, EphemeralStorage: staging.EphemeralStorage, IpcMode: staging.IpcMode, PidMode: staging.PidMode,
		PlacementConstraints: staging.PlacementConstraints, ProxyConfiguration: staging.ProxyConfiguration,
		EnableFaultInjection: staging.EnableFaultInjection,
	}, deref(containers[main].Name), nil
}

// mainContainer finds the container that serves: the one of that name, or with that port, or the first essential one. It
// is -1 when there is none.
func mainContainer(containers []ecstypes.ContainerDefinition, name string, port int) int {
	if name != "" {
		return slices.IndexFunc(containers, func(c ecstypes.ContainerDefinition) bool { return deref(c.Name) == name })
	}
	if i := slices.IndexFunc(containers, func(c ecstypes.ContainerDefinition) bool {
		return port != 0 && slices.ContainsFunc(c.PortMappings, func(p ecstypes.PortMapping) bool { return int(deref(p.ContainerPort)) == port })
	}); i >= 0 {
		return i
	}
	return slices.IndexFunc(containers, func(c ecstypes.ContainerDefinition) bool { return c.Essential == nil || *c.Essential })
}

// imageName is an image's reference without tag and digest.
func imageName(ref string) string {
	ref, _, _ = strings.Cut(ref, "@")
	if i := strings.LastIndex(ref, ":"); i > strings.LastIndex(ref, "/") {
		return ref[:i]
	}
	return ref
}

func namesIn(c ecstypes.ContainerDefinition) map[string]bool {
	names := map[string]bool{}
	for _, e := range c.Environment {
		names[deref(e.Name)] = true
	}
	for _, s := range c.Secrets {
		names[deref(s.Name)] = true
	}
	return names
}

func only(m map[string]string, names map[string]bool) map[string]string {
	kept := maps.Clone(m)
	maps.DeleteFunc(kept, func(k, _ string) bool { return !names[k] })
	return kept
}

// setVariables sets names of ours in a container. Each is first taken out of both lists: a secret would win over a plain
// value, and a name in both is refused.
func setVariables(c *ecstypes.ContainerDefinition, plain, secret map[string]string) {
	ours := func(name *string) bool {
		_, p := plain[deref(name)]
		_, s := secret[deref(name)]
		return p || s
	}
	environment := slices.DeleteFunc(slices.Clone(c.Environment), func(e ecstypes.KeyValuePair) bool { return ours(e.Name) })
	secrets := slices.DeleteFunc(slices.Clone(c.Secrets), func(s ecstypes.Secret) bool { return ours(s.Name) })
	for k, v := range sorted(plain) {
		environment = append(environment, ecstypes.KeyValuePair{Name: &k, Value: &v})
	}
	for k, v := range sorted(secret) {
		secrets = append(secrets, ecstypes.Secret{Name: &k, ValueFrom: &v})
	}
	slices.SortStableFunc(environment, func(a, b ecstypes.KeyValuePair) int { return cmp.Compare(deref(a.Name), deref(b.Name)) })
	slices.SortStableFunc(secrets, func(a, b ecstypes.Secret) int { return cmp.Compare(deref(a.Name), deref(b.Name)) })
	c.Environment, c.Secrets = environment, secrets
}

// hashOf names what a task definition is made from, its tags apart.
func hashOf(in *ecs.RegisterTaskDefinitionInput) (string, error) {
	bare := *in
	bare.Tags = nil
	text, err := json.Marshal(bare)
	if err != nil {
		return "", fmt.Errorf("hash task definition %s: %w", deref(in.Family), err)
	}
	return digest(string(text)), nil
}
