package awssim

import (
	"encoding/base64"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"
)

type parameter struct {
	name, arn, value string
	kind             types.ParameterType
	description      *string
	keyID            *string
	version          int64
	modified         time.Time
}

func (r *Region) ssmRoutes(ops operations) {
	on(ops, ssmAPI, r.putParameter)
	on(ops, ssmAPI, r.getParameter)
	on(ops, ssmAPI, r.getParameters)
	on(ops, ssmAPI, r.getParametersByPath)
	on(ops, ssmAPI, r.deleteParameter)
	on(ops, ssmAPI, r.describeParameters)
	on(ops, ssmAPI, r.addTagsToParameter)
	on(ops, ssmAPI, r.listTagsForParameter)
}

var parameterName = regexp.MustCompile(`^/?[a-zA-Z0-9_.-]+(/[a-zA-Z0-9_.-]+)*$`)

// parameter finds one by name or ARN.
func (r *Region) parameter(nameOrARN string) *parameter {
	if rest, ok := strings.CutPrefix(nameOrARN, r.arn("ssm", "parameter")); ok {
		if p := r.parameters[rest]; p != nil {
			return p
		}
		return r.parameters[strings.TrimPrefix(rest, "/")]
	}
	return r.parameters[nameOrARN]
}

func parameterNotFound(name string) error {
	return fail("ParameterNotFound", "Parameter %s not found.", name)
}

func (r *Region) putParameter(in *ssm.PutParameterInput) (*ssm.PutParameterOutput, error) {
	name, old := deref(in.Name), r.parameters[deref(in.Name)]
	switch {
	case !parameterName.MatchString(name) || len(name) > 1011:
		return nil, fail("ValidationException", "Parameter name: %s is not valid", name)
	case deref(in.Value) == "":
		return nil, fail("ValidationException", "Value must not be empty")
	case len(*in.Value) > 4096 && in.Tier != types.ParameterTierAdvanced:
		return nil, fail("ValidationException", "Standard tier parameters support a maximum parameter value of 4096 characters.")
	case old != nil && !deref(in.Overwrite):
		return nil, fail("ParameterAlreadyExists", "The parameter already exists. To overwrite this value, set the overwrite option in the request to true.")
	case deref(in.Overwrite) && len(in.Tags) > 0:
		return nil, fail("ValidationException", "Invalid request: tags and overwrite can't be used together.")
	case old == nil && in.Type == "":
		return nil, fail("ValidationException", "A parameter type is required when you create a parameter.")
	case old == nil && len(r.parameters) >= r.opts.Quotas.Parameters:
		return nil, fail("ParameterLimitExceeded", "You have exceeded the number of parameters for this account.")
	}
	p := old
	if p == nil {
		p = &parameter{name: name, arn: r.arn("ssm", "parameter/"+strings.TrimPrefix(name, "/"))}
		r.parameters[name] = p
	}
	p.value, p.modified = *in.Value, r.clock.now
	p.version++
	if in.Type != "" {
		p.kind = in.Type
	}
	if in.Description != nil {
		p.description = in.Description
	}
	if p.keyID = in.KeyId; p.kind == types.ParameterTypeSecureString && p.keyID == nil {
		p.keyID = new("alias/aws/ssm")
	}
	r.tag(p.arn, tagMap(in.Tags, func(t types.Tag) (k, v *string) { return t.Key, t.Value }))
	return &ssm.PutParameterOutput{Version: p.version, Tier: types.ParameterTierStandard}, nil
}

func (p *parameter) output(decrypt *bool) types.Parameter {
	value := p.value
	if p.kind == types.ParameterTypeSecureString && !deref(decrypt) {
		value = base64.StdEncoding.EncodeToString([]byte("sealed " + strconv.FormatInt(p.version, 10) + " " + p.name))
	}
	return types.Parameter{Name: &p.name, ARN: &p.arn, Type: p.kind, Value: &value, Version: p.version,
		LastModifiedDate: &p.modified, DataType: new("text")}
}

func (r *Region) getParameter(in *ssm.GetParameterInput) (*ssm.GetParameterOutput, error) {
	p := r.parameter(deref(in.Name))
	if p == nil {
		return nil, parameterNotFound(deref(in.Name))
	}
	out := p.output(in.WithDecryption)
	return &ssm.GetParameterOutput{Parameter: &out}, nil
}

func (r *Region) getParameters(in *ssm.GetParametersInput) (*ssm.GetParametersOutput, error) {
	if len(in.Names) == 0 || len(in.Names) > 10 {
		return nil, fail("ValidationException", "Member must have length less than or equal to 10 and at least 1")
	}
	out := &ssm.GetParametersOutput{Parameters: []types.Parameter{}, InvalidParameters: []string{}}
	for _, name := range in.Names {
		if p := r.parameter(name); p != nil {
			out.Parameters = append(out.Parameters, p.output(in.WithDecryption))
		} else {
			out.InvalidParameters = append(out.InvalidParameters, name)
		}
	}
	return out, nil
}

// sortedParameters are those that keep lets through, by name.
func (r *Region) sortedParameters(keep func(*parameter) bool) []*parameter {
	var list []*parameter
	for _, name := range slices.Sorted(maps.Keys(r.parameters)) {
		if p := r.parameters[name]; keep(p) {
			list = append(list, p)
		}
	}
	return list
}

// under reports whether the parameter lies below a path.
func (p *parameter) under(path string, recursive bool) bool {
	rest, ok := strings.CutPrefix(p.name, strings.TrimSuffix(path, "/")+"/")
	return ok && (recursive || !strings.Contains(rest, "/"))
}

func (r *Region) getParametersByPath(in *ssm.GetParametersByPathInput) (*ssm.GetParametersByPathOutput, error) {
	if !strings.HasPrefix(deref(in.Path), "/") {
		return nil, fail("ValidationException", "The parameter path must begin with /")
	}
	if deref(in.MaxResults) > 10 {
		return nil, fail("ValidationException", "MaxResults must be at most 10")
	}
	found := r.sortedParameters(func(p *parameter) bool { return p.under(*in.Path, deref(in.Recursive)) })
	items, next, ok := page(found, in.NextToken, pageSize(in.MaxResults, 10))
	if !ok {
		return nil, fail("InvalidNextToken", "The specified token isn't valid.")
	}
	out := &ssm.GetParametersByPathOutput{Parameters: []types.Parameter{}, NextToken: next}
	for _, p := range items {
		out.Parameters = append(out.Parameters, p.output(in.WithDecryption))
	}
	return out, nil
}

func (r *Region) deleteParameter(in *ssm.DeleteParameterInput) (*ssm.DeleteParameterOutput, error) {
	p := r.parameters[deref(in.Name)]
	if p == nil {
		return nil, parameterNotFound(deref(in.Name))
	}
	delete(r.parameters, p.name)
	r.untag(p.arn)
	return &ssm.DeleteParameterOutput{}, nil
}

func (r *Region) describeParameters(in *ssm.DescribeParametersInput) (*ssm.DescribeParametersOutput, error) {
	if deref(in.MaxResults) > 50 {
		return nil, fail("ValidationException", "MaxResults must be at most 50")
	}
	for _, f := range in.ParameterFilters {
		if k := deref(f.Key); k != "Name" && k != "Path" && k != "Type" && !strings.HasPrefix(k, "tag:") {
			return nil, fail("InvalidFilterKey", "The filter key %s is not valid", k)
		}
	}
	found := r.sortedParameters(func(p *parameter) bool {
		return !slices.ContainsFunc(in.ParameterFilters, func(f types.ParameterStringFilter) bool { return !r.filterMatches(p, f) })
	})
	items, next, ok := page(found, in.NextToken, pageSize(in.MaxResults, 50))
	if !ok {
		return nil, fail("InvalidNextToken", "The specified token isn't valid.")
	}
	out := &ssm.DescribeParametersOutput{Parameters: []types.ParameterMetadata{}, NextToken: next}
	for _, p := range items {
		out.Parameters = append(out.Parameters, types.ParameterMetadata{Name: &p.name, ARN: &p.arn, Type: p.kind, Version: p.version,
			LastModifiedDate: &p.modified, KeyId: p.keyID, Description: p.description, Tier: types.ParameterTierStandard, DataType: new("text")})
	}
	return out, nil
}

func (r *Region) filterMatches(p *parameter, f types.ParameterStringFilter) bool {
	key, option := deref(f.Key), deref(f.Option)
	if tag, ok := strings.CutPrefix(key, "tag:"); ok {
		value, has := r.tags.live[p.arn][tag]
		return has && (len(f.Values) == 0 || slices.Contains(f.Values, value))
	}
	return slices.ContainsFunc(f.Values, func(want string) bool {
		switch {
		case key == "Path":
			return p.under(want, option == "Recursive")
		case key == "Type":
			return string(p.kind) == want
		case option == "BeginsWith":
			return strings.HasPrefix(p.name, want)
		case option == "Contains":
			return strings.Contains(p.name, want)
		}
		return p.name == want
	})
}

func (r *Region) addTagsToParameter(in *ssm.AddTagsToResourceInput) (*ssm.AddTagsToResourceOutput, error) {
	p := r.parameters[deref(in.ResourceId)]
	if p == nil || in.ResourceType != types.ResourceTypeForTaggingParameter {
		return nil, fail("InvalidResourceId", "The resource ID %s is not valid.", deref(in.ResourceId))
	}
	r.tag(p.arn, tagMap(in.Tags, func(t types.Tag) (k, v *string) { return t.Key, t.Value }))
	return &ssm.AddTagsToResourceOutput{}, nil
}

func (r *Region) listTagsForParameter(in *ssm.ListTagsForResourceInput) (*ssm.ListTagsForResourceOutput, error) {
	p := r.parameters[deref(in.ResourceId)]
	if p == nil || in.ResourceType != types.ResourceTypeForTaggingParameter {
		return nil, fail("InvalidResourceId", "The resource ID %s is not valid.", deref(in.ResourceId))
	}
	return &ssm.ListTagsForResourceOutput{TagList: tagsAs(r.tags.live[p.arn],
		func(k, v string) types.Tag { return types.Tag{Key: &k, Value: &v} })}, nil
}
