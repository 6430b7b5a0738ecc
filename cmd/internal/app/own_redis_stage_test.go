package app_test

import (
	"fmt"
	"net/url"
	"strings"

	"qabot/store"
)

// order buys the first product in the app, and waits until the worker has it: the two meet in Redis alone.
func (s *stage) order(branch string) {
	s.t.Helper()
	s.submit("app", branch, "/order", url.Values{"product": {"1"}})
	s.eventually(func() string {
		if page := s.page("admin", branch); !strings.Contains(page, "<b>1</b> orders") {
			return "no order has come:\n" + page
		}
		return ""
	})
}

// redisDies stops the task of a branch's own Redis, as AWS does with tasks now and then.
func (s *stage) redisDies(branch string) {
	s.t.Helper()
	name := string(store.NewID(s.world.Config.Installation, "shop", branch)) + "-redis"
	for _, task := range s.world.AWS.State().Tasks {
		if strings.Contains(fmt.Sprintf("%+v", task), name) {
			if err := s.aws("AmazonEC2ContainerServiceV20141113.StopTask", map[string]any{"cluster": "staging", "task": task.ARN}); err != nil {
				s.t.Fatal(err)
			}
			return
		}
	}
	s.t.Fatalf("no task of %s runs", name)
}
