package compute

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"

	"qabot/store"
)

// A Right is a statement of qabot's policy with all names filled in: actions on resources, and what IAM is told of the
// request.
type Right struct {
	Sid       string
	Actions   []string
	Resources []string
	Context   map[string]string // condition keys with values that fulfil the statement
}

// ExamineRights asks IAM whether the principal has every right. IAM says what it would decide; nothing is tried.
func ExamineRights(ctx context.Context, clients *Clients, principal string, rights []Right) store.Finding {
	const what = "permissions"
	lacking, unasked := lacking(ctx, clients, what, principal, rights)
	if unasked.What != "" {
		return unasked
	}
	if len(lacking) > 0 {
		return bad(what, "missing: "+strings.Join(lacking, ", "), "manifests/iam/policy.json for the role of qabot; manifests/terraform attaches it")
	}
	return good(what, "%d action(s), all allowed", actionsOf(rights))
}

// ExamineUse asks IAM whether the principal may see which environments are used. Nothing fails without that.
func ExamineUse(ctx context.Context, clients *Clients, principal string, rights []Right) store.Finding {
	const what = "use of environments"
	lacking, unasked := lacking(ctx, clients, what, principal, rights)
	if unasked.What != "" {
		return unasked
	}
	if len(lacking) > 0 {
		return store.Finding{Verdict: store.Skipped, What: what,
			Said: "not seen without " + strings.Join(lacking, ", ") + "; nothing fails, but idle is then what nobody asks anything of, and working hours end for whoever is at work, too",
			Fix:  "the statement SeeUse of manifests/iam/policy.json, or pace.usage: 0s"}
	}
	return good(what, "seen by the requests that load balancers count")
}

// lacking gives the actions that the principal may not do; unasked is the finding where IAM could not say.
func lacking(ctx context.Context, clients *Clients, what, principal string, rights []Right) (actions []string, unasked store.Finding) {
	source, ok := roleOf(principal)
	if !ok {
		return nil, store.Finding{Verdict: store.Skipped, What: what, Said: "IAM cannot be asked about " + principal}
	}
	for _, r := range rights {
		denied, err := simulate(ctx, clients, source, r)
		if coded(err, "NoSuchEntity") {
			return nil, store.Finding{Verdict: store.Skipped, What: what, Said: "IAM does not find " + source}
		}
		if err != nil {
			return nil, trouble(what, err, "")
		}
		actions = append(actions, denied...)
	}
	return slices.Compact(slices.Sorted(slices.Values(actions))), store.Finding{}
}

func actionsOf(rights []Right) (n int) {
	for _, r := range rights {
		n += len(r.Actions)
	}
	return n
}

// ExamineSecretsOf asks IAM whether an execution role may read the secrets of environments.
func ExamineSecretsOf(ctx context.Context, clients *Clients, role, parameters string) store.Finding {
	name := role[strings.LastIndex(role, "/")+1:]
	denied, err := simulate(ctx, clients, role, Right{Actions: []string{"ssm:GetParameters"}, Resources: []string{parameters}})
	switch {
	case coded(err, "NoSuchEntity"):
		return store.Finding{Verdict: store.Skipped, What: "secrets for " + name, Said: "IAM does not find it"}
	case err != nil:
		return trouble("secrets for "+name, err, "")
	case len(denied) > 0:
		return bad("secrets for "+name, "its tasks would not start: it may not read "+parameters,
			fmt.Sprintf(`execution_role_names = [%q] in manifests/terraform: ssm:GetParameters on %s`, name, parameters))
	}
	return good("secrets for "+name, "may read %s", parameters)
}

// simulate gives the actions that would be denied on any of the resources.
func simulate(ctx context.Context, clients *Clients, principal string, r Right) (denied []string, err error) {
	in := &iam.SimulatePrincipalPolicyInput{PolicySourceArn: &principal, ActionNames: r.Actions, ResourceArns: r.Resources}
	for key, value := range sorted(r.Context) {
		in.ContextEntries = append(in.ContextEntries, iamtypes.ContextEntry{
			ContextKeyName: &key, ContextKeyType: iamtypes.ContextKeyTypeEnumString, ContextKeyValues: []string{value},
		})
	}
	pages := iam.NewSimulatePrincipalPolicyPaginator(clients.IAM, in)
	for pages.HasMorePages() {
		out, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("simulate policy: %w", err)
		}
		for _, result := range out.EvaluationResults {
			if result.EvalDecision != iamtypes.PolicyEvaluationDecisionTypeAllowed {
				denied = append(denied, deref(result.EvalActionName))
			}
		}
	}
	return denied, nil
}

// roleOf gives what policies hang on: of an assumed role the role itself, without the session's name. A role below a path
// is not found by it.
func roleOf(principal string) (arn string, ok bool) {
	parts := strings.SplitN(principal, ":", 6)
	if len(parts) < 6 || parts[5] == "root" {
		return "", false
	}
	kind, rest, _ := strings.Cut(parts[5], "/")
	switch kind {
	case "user", "role":
		return principal, true
	case "assumed-role":
		name, _, _ := strings.Cut(rest, "/")
		return fmt.Sprintf("arn:%s:iam::%s:role/%s", parts[1], parts[4], name), true
	}
	return "", false
}
