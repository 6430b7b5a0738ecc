package awssim

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	tagapi "github.com/aws/aws-sdk-go-v2/service/resourcegroupstaggingapi"
	"github.com/aws/aws-sdk-go-v2/service/resourcegroupstaggingapi/types"
)

// tokenLife is how long a pagination token of the Tagging API is valid.
const tokenLife = 15 * time.Minute

func (r *Region) taggingRoutes(ops operations) {
	on(ops, tagAPI, r.getResources)
}

// getResources lags behind and goes on listing what is deleted, as the real one does: see Durations.TagLag, TagLinger.
func (r *Region) getResources(in *tagapi.GetResourcesInput) (*tagapi.GetResourcesOutput, error) {
	if n := in.ResourcesPerPage; n != nil && (*n < 1 || *n > 100) {
		return nil, fail("InvalidParameterException", "ResourcesPerPage must be between 1 and 100")
	}
	if len(in.ResourceARNList) > 0 && (len(in.TagFilters) > 0 || len(in.ResourceTypeFilters) > 0 || in.PaginationToken != nil) {
		return nil, fail("InvalidParameterException", "ResourceARNList cannot be combined with other filters")
	}
	var found []types.ResourceTagMapping
	for _, arn := range slices.Sorted(maps.Keys(r.tags.history)) {
		tags := r.tags.history[arn].seen(r.clock.now, r.opts.Durations)
		if tags == nil || !wanted(arn, tags, in) {
			continue
		}
		found = append(found, types.ResourceTagMapping{ResourceARN: &arn,
			Tags: tagsAs(tags, func(k, v string) types.Tag { return types.Tag{Key: &k, Value: &v} })})
	}
	token, err := r.openToken(deref(in.PaginationToken))
	if err != nil {
		return nil, err
	}
	items, next, ok := page(found, &token, pageSize(in.ResourcesPerPage, 50))
	if !ok {
		return nil, fail("InvalidParameterException", "PaginationToken is not valid")
	}
	out := &tagapi.GetResourcesOutput{ResourceTagMappingList: items, PaginationToken: new("")}
	if next != nil {
		out.PaginationToken = new(fmt.Sprintf("%d.%s", r.clock.now.Unix(), *next))
	}
	if out.ResourceTagMappingList == nil {
		out.ResourceTagMappingList = []types.ResourceTagMapping{}
	}
	return out, nil
}

// openToken takes the page out of a token, unless it is too old.
func (r *Region) openToken(token string) (string, error) {
	if token == "" {
		return "", nil
	}
	issued, rest, _ := strings.Cut(token, ".")
	seconds, err := strconv.ParseInt(issued, 10, 64)
	if err != nil {
		return "", fail("InvalidParameterException", "PaginationToken is not valid")
	}
	if r.clock.now.After(time.Unix(seconds, 0).Add(tokenLife)) {
		return "", fail("PaginationTokenExpiredException", "The pagination token has expired")
	}
	return rest, nil
}

func wanted(arn string, tags map[string]string, in *tagapi.GetResourcesInput) bool {
	if len(in.ResourceARNList) > 0 {
		return slices.Contains(in.ResourceARNList, arn)
	}
	for _, f := range in.TagFilters {
		value, has := tags[deref(f.Key)]
		if !has || len(f.Values) > 0 && !slices.Contains(f.Values, value) {
			return false
		}
	}
	return len(in.ResourceTypeFilters) == 0 || slices.ContainsFunc(in.ResourceTypeFilters, func(t string) bool { return ofType(arn, t) })
}

// ofType matches an ARN with "service" or "service:type".
func ofType(arn, filter string) bool {
	parts := strings.SplitN(arn, ":", 6)
	service, kind, narrow := strings.Cut(filter, ":")
	if len(parts) < 6 || parts[2] != service {
		return false
	}
	rest, ok := strings.CutPrefix(parts[5], kind)
	return !narrow || ok && (rest == "" || rest[0] == '/' || rest[0] == ':')
}
