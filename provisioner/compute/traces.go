package compute

import (
	"context"
	"fmt"
	"strings"

	tagapi "github.com/aws/aws-sdk-go-v2/service/resourcegroupstaggingapi"
	tagtypes "github.com/aws/aws-sdk-go-v2/service/resourcegroupstaggingapi/types"

	"qabot/store"
)

// Traces lists everything in AWS that bears this installation's tags and those of an environment: services, task definitions,
// target groups, listeners, parameters. AWS goes on listing for a while what is deleted. It changes nothing.
func Traces(ctx context.Context, clients *Clients, installation string) ([]store.Trace, error) {
	var traces []store.Trace
	pages := tagapi.NewGetResourcesPaginator(clients.Tags, &tagapi.GetResourcesInput{
		TagFilters: []tagtypes.TagFilter{{Key: new(tagInstallation), Values: []string{installation}}, {Key: new(tagEnvironment)}},
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fault(fmt.Errorf("list tagged resources: %w", err))
		}
		for _, r := range page.ResourceTagMappingList {
			tags := map[string]string{}
			for _, t := range r.Tags {
				tags[deref(t.Key)] = deref(t.Value)
			}
			t := store.Trace{
				Environment: store.ID(tags[tagEnvironment]), App: tags[tagApp], Branch: tags[tagBranch],
				What: store.Say(store.ThingTagged, nameOf(deref(r.ResourceARN))),
			}
			if !store.IsID(tags[tagEnvironment]) {
				t.Doubt = store.DoubtName
			}
			traces = append(traces, t)
		}
	}
	return traces, nil
}

// nameOf is the part of an ARN that people know a thing by: service and name.
func nameOf(arn string) string {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) < 6 {
		return arn
	}
	return parts[2] + " " + parts[5]
}
