package compute

import (
	"slices"
	"strings"

	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// definition derives what a job runs from the role's staging task: the same image, variables and rights as the role has, and
// the commands in place of the server.
func (t tasks) definition(staging ecstypes.TaskDefinition, j job) (plan, error) {
	in, name, err := derive(staging, wish{family: t.family(j.env.ID), image: j.image, plain: j.plain, secret: j.secret,
		port: t.from.role.Port, useName: t.from.role.Container})
	if err != nil {
		return plan{}, err
	}
	in.ContainerDefinitions = once(in.ContainerDefinitions, name, script(j.command, j.seed))
	in.ProxyConfiguration = nil // of a mesh in which the server takes part
	hash, err := hashOf(in)
	if err != nil {
		return plan{}, err
	}
	tags := t.app.marks(j.env)
	tags[tagHash], tags[tagCommit] = hash, j.env.Spec.Commit
	in.Tags = ecsTags(tags)
	return plan{definition: in, hash: hash}, nil
}

// script runs the command and, when that has succeeded, the seeds, each as a whole.
func script(command, seed string) string {
	if seed == "" {
		return command
	}
	return "(\n" + command + "\n) && (\n" + seed + "\n)"
}

// once makes containers of a server's that run a script to its end. The shell is the entry point, so that no entry point of
// the image can take the script for something else and end well without having run it. The container's end is the task's;
// those that it needs stay beside it, and the rest goes.
func once(containers []ecstypes.ContainerDefinition, main, script string) (kept []ecstypes.ContainerDefinition) {
	needed := needs(containers, main)
	for _, c := range containers {
		name := deref(c.Name)
		if !needed[name] {
			continue
		}
		c.Essential = new(name == main)
		if name == main {
			c.EntryPoint, c.Command = []string{"sh", "-c"}, []string{script}
			c.PortMappings, c.HealthCheck = nil, nil
			c.RestartPolicy = nil // it would run a migration that failed again and again
		}
		kept = append(kept, c)
	}
	return kept
}

// needs gives the containers that one cannot be without, itself among them.
func needs(containers []ecstypes.ContainerDefinition, main string) map[string]bool {
	needed := map[string]bool{}
	var add func(name string)
	add = func(name string) {
		i := slices.IndexFunc(containers, func(c ecstypes.ContainerDefinition) bool { return deref(c.Name) == name })
		if needed[name] || i < 0 {
			return
		}
		needed[name] = true
		c := containers[i]
		for _, d := range c.DependsOn {
			add(deref(d.ContainerName))
		}
		for _, v := range c.VolumesFrom {
			add(deref(v.SourceContainer))
		}
		for _, link := range c.Links {
			target, _, _ := strings.Cut(link, ":")
			add(target)
		}
		if c.LogConfiguration != nil && c.LogConfiguration.LogDriver == ecstypes.LogDriverAwsfirelens {
			for _, router := range containers {
				if router.FirelensConfiguration != nil {
					add(deref(router.Name))
				}
			}
		}
	}
	add(main)
	return needed
}
