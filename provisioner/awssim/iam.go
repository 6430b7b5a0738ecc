package awssim

import (
	"path"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
)

func (r *Region) iamRoutes(ops operations) {
	on(ops, iamAPI, r.simulatePrincipalPolicy)
}

// Forbid lets the policy simulation refuse the IAM actions that match a pattern (path.Match), in place of those forbidden
// before. Calls themselves are not refused; see Fault for that.
func (r *Region) Forbid(patterns ...string) {
	r.locked(func() { r.forbidden = slices.Clone(patterns) })
}

func (r *Region) simulatePrincipalPolicy(in *iam.SimulatePrincipalPolicyInput) (*iam.SimulatePrincipalPolicyOutput, error) {
	if deref(in.PolicySourceArn) == "" || len(in.ActionNames) == 0 {
		return nil, fail("ValidationError", "PolicySourceArn and ActionNames are needed")
	}
	resources := in.ResourceArns
	if len(resources) == 0 {
		resources = []string{"*"}
	}
	out := &iam.SimulatePrincipalPolicyOutput{}
	for _, action := range in.ActionNames {
		decision := types.PolicyEvaluationDecisionTypeAllowed
		if slices.ContainsFunc(r.forbidden, func(pattern string) bool {
			ok, _ := path.Match(pattern, action)
			return ok
		}) {
			decision = types.PolicyEvaluationDecisionTypeImplicitDeny
		}
		for _, resource := range resources {
			out.EvaluationResults = append(out.EvaluationResults, types.EvaluationResult{
				EvalActionName: new(action), EvalResourceName: new(resource), EvalDecision: decision,
			})
		}
	}
	return out, nil
}
