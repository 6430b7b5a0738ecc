package awssim

// Seed fills a region with what a stand-alone simulator needs: cluster "staging", load balancer "qa", repository
// "app", projects "app-build" and "app-migrate", and the log group "/ecs/staging". Services are created through the API.
func (r *Region) Seed() {
	r.AddCluster("staging")
	r.AddLoadBalancer("qa", "qa.localhost")
	uri := r.AddRepository("app")
	r.AddProject("app-build", ProjectOptions{Env: map[string]string{"IMAGE_REPOSITORY": uri}})
	r.AddProject("app-migrate", ProjectOptions{})
	r.AddLogGroup("/ecs/staging")
}
