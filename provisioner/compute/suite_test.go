package compute

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ecr"
	ecrtypes "github.com/aws/aws-sdk-go-v2/service/ecr/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"

	"qabot/provisioner/resourcetest"
	"qabot/store"
)

// subject makes the common part of a suite's subject.
func (w *world) subject(kind store.Kind) resourcetest.Subject {
	return resourcetest.Subject{
		Resource: w.resource(kind), Store: w.store, ID: w.id,
		Spec:    store.Spec{App: "shop", Repo: "acme/shop", Branch: "feature/login", Commit: first},
		Advance: func(*testing.T) { w.region.Advance(20 * time.Second) },
		Changes: func() int { return w.changed() },
	}
}

// zombie starts a run once the environment is unwanted, as a worker may that does not know it yet.
func (w *world) zombie(r builds) func(*testing.T, *store.Claim) {
	r.clients = w.hand
	there := false
	return func(t *testing.T, c *store.Claim) {
		if c.Spec.Released && !there {
			there = true
			if _, err := r.start(t.Context(), job{env: c.Environment, token: "late", plain: map[string]string{"COMMIT": first}}); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func (w *world) removeImage(commit string) {
	w.Helper()
	if _, err := w.hand.ECR.BatchDeleteImage(w.Context(), &ecr.BatchDeleteImageInput{RepositoryName: new("shop"),
		ImageIds: []ecrtypes.ImageIdentifier{{ImageTag: new(imageTag(commit))}}}); err != nil {
		w.Fatal(err)
	}
}

func TestImageSuite(t *testing.T) {
	resourcetest.Run(t, func(t *testing.T) resourcetest.Subject {
		w := newWorld(t)
		s := w.subject(ImageKind)
		s.Made, s.Left = 1, 1
		s.Count = func(t *testing.T) int {
			if w.images() == 0 {
				return s.Left // taken back before it was pushed
			}
			return w.images()
		}
		s.Drift = func(t *testing.T) {
			w.removeImage(first)
			w.want(func(s *store.Spec) { s.Commit = first }) // a retry: the build itself had succeeded
		}
		s.Prepare = w.zombie(w.resource(ImageKind).(*image).runs.(builds))
		return s
	})
}

func TestRouteSuite(t *testing.T) {
	resourcetest.Run(t, func(t *testing.T) resourcetest.Subject {
		w := newWorld(t)
		s := w.subject("route/app")
		s.Made = 2
		s.Count = func(*testing.T) int { return w.routed() }
		s.Drift = func(t *testing.T) {
			groups, err := w.hand.ELB.DescribeTargetGroups(t.Context(), &elb.DescribeTargetGroupsInput{Names: []string{string(w.id) + "-app"}})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := w.hand.ELB.ModifyTargetGroup(t.Context(), &elb.ModifyTargetGroupInput{
				TargetGroupArn: groups.TargetGroups[0].TargetGroupArn, HealthCheckPath: new("/elsewhere")}); err != nil {
				t.Fatal(err)
			}
		}
		return s
	})
}

func TestMigrationSuite(t *testing.T) {
	resourcetest.Run(t, func(t *testing.T) resourcetest.Subject {
		w := newWorld(t)
		s := w.subject(MigrationKind)
		s.Prepare = w.zombie(w.resource(MigrationKind).(*migration).runs.(builds))
		return s
	})
}

func TestServiceSuite(t *testing.T) {
	resourcetest.Run(t, func(t *testing.T) resourcetest.Subject {
		w := newWorld(t)
		if err := w.region.PushImage("shop", imageTag(first)); err != nil {
			t.Fatal(err)
		}
		s := w.subject("service/app")
		s.Made = 2
		s.Count = func(*testing.T) int { return w.serves("app") }
		s.Prepare = func(t *testing.T, c *store.Claim) {
			if err := w.store.Note(t.Context(), c, MigrationKind, store.Fact{Passed: first}); err != nil {
				t.Fatal(err)
			}
			if err := w.resource("route/app").Apply(t.Context(), c, store.Observation{State: store.Absent}); err != nil {
				t.Fatal(err)
			}
		}
		s.Drift = func(t *testing.T) {
			if _, err := w.hand.ECS.UpdateService(t.Context(), &ecs.UpdateServiceInput{Cluster: new("staging"),
				Service: new(string(w.id) + "-app"), DesiredCount: new(int32(3))}); err != nil {
				t.Fatal(err)
			}
		}
		return s
	})
}
