package awssim

import "github.com/aws/aws-sdk-go-v2/service/sts"

func (r *Region) stsRoutes(ops operations) {
	on(ops, stsAPI, r.getCallerIdentity)
}

func (r *Region) getCallerIdentity(*sts.GetCallerIdentityInput) (*sts.GetCallerIdentityOutput, error) {
	arn := "arn:aws:iam::" + r.opts.Account + ":user/simulated"
	return &sts.GetCallerIdentityOutput{Account: &r.opts.Account, Arn: &arn, UserId: new("AIDASIMULATEDUSER0000")}, nil
}
