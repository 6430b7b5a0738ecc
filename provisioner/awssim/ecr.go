package awssim

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecr/types"
)

type repository struct {
	data   types.Repository
	images []*image // oldest first
}

type image struct {
	digest string
	tags   []string
	pushed time.Time
}

func (r *Region) ecrRoutes(ops operations) {
	on(ops, ecrAPI, r.describeRepositories)
	on(ops, ecrAPI, r.describeImages)
	on(ops, ecrAPI, r.batchDeleteImage)
}

// Registry is the host name of the account's image registry.
func (r *Region) Registry() string {
	return r.opts.Account + ".dkr.ecr." + r.opts.Region + ".amazonaws.com"
}

// AddRepository adds an empty image repository and returns its URI, <registry>/<name>.
func (r *Region) AddRepository(name string) (uri string) {
	r.locked(func() {
		uri = r.Registry() + "/" + name
		if r.repos[name] != nil {
			return
		}
		arn, created := r.arn("ecr", "repository/"+name), r.clock.now
		r.repos[name] = &repository{data: types.Repository{RepositoryName: &name, RepositoryArn: &arn, RepositoryUri: &uri,
			RegistryId: &r.opts.Account, CreatedAt: &created, ImageTagMutability: types.ImageTagMutabilityMutable}}
	})
	return uri
}

// PushImage makes a new image under the tag, which moves there if it exists. The repository may be given by name or by
// URI; it must exist.
func (r *Region) PushImage(repository, tag string) (err error) {
	r.locked(func() { err = r.pushImage(repository, tag) })
	return err
}

func (r *Region) pushImage(name, tag string) error {
	repo := r.repos[strings.TrimPrefix(name, r.Registry()+"/")]
	if repo == nil {
		return fmt.Errorf("push image %s:%s: no such repository", name, tag)
	}
	if tag == "" {
		return fmt.Errorf("push image to %s: no tag", name)
	}
	repo.dropTag(tag)
	repo.images = append(repo.images, &image{digest: "sha256:" + r.newID(64), tags: []string{tag}, pushed: r.clock.now})
	return nil
}

// dropTag takes a tag from the image that has it. The image stays, untagged, as in a real registry.
func (repo *repository) dropTag(tag string) {
	for _, img := range repo.images {
		img.tags = slices.DeleteFunc(img.tags, func(t string) bool { return t == tag })
	}
}

func (repo *repository) find(id types.ImageIdentifier) *image {
	for _, img := range repo.images {
		if (id.ImageTag == nil || slices.Contains(img.tags, *id.ImageTag)) &&
			(id.ImageDigest == nil || img.digest == *id.ImageDigest) && (id.ImageTag != nil || id.ImageDigest != nil) {
			return img
		}
	}
	return nil
}

// pullable reports whether a task can pull an image: those of other registries always, ours when the tag is there.
func (r *Region) pullable(ref string) bool {
	rest, ours := strings.CutPrefix(ref, r.Registry()+"/")
	if !ours {
		return true
	}
	var id types.ImageIdentifier
	name, digest, byDigest := strings.Cut(rest, "@")
	if byDigest {
		id.ImageDigest = &digest
	} else {
		var tag string
		if name, tag, _ = strings.Cut(rest, ":"); tag == "" {
			tag = "latest"
		}
		id.ImageTag = &tag
	}
	repo := r.repos[name]
	return repo != nil && repo.find(id) != nil
}

func (r *Region) repository(name *string) (*repository, error) {
	repo := r.repos[deref(name)]
	if repo == nil {
		return nil, fail("RepositoryNotFoundException", "The repository with name '%s' does not exist in the registry with id '%s'",
			deref(name), r.opts.Account)
	}
	return repo, nil
}

func (r *Region) describeRepositories(in *ecr.DescribeRepositoriesInput) (*ecr.DescribeRepositoriesOutput, error) {
	names := in.RepositoryNames
	if len(names) == 0 {
		names = slices.Sorted(maps.Keys(r.repos))
	}
	var found []types.Repository
	for _, name := range names {
		repo, err := r.repository(&name)
		if err != nil {
			return nil, err
		}
		found = append(found, repo.data)
	}
	items, next, ok := page(found, in.NextToken, pageSize(in.MaxResults, 100))
	if !ok {
		return nil, fail("InvalidParameterException", "Invalid parameter at 'NextToken'")
	}
	return &ecr.DescribeRepositoriesOutput{Repositories: items, NextToken: next}, nil
}

func (r *Region) describeImages(in *ecr.DescribeImagesInput) (*ecr.DescribeImagesOutput, error) {
	repo, err := r.repository(in.RepositoryName)
	if err != nil {
		return nil, err
	}
	images := repo.images
	if len(in.ImageIds) > 0 {
		if in.MaxResults != nil || in.NextToken != nil {
			return nil, fail("InvalidParameterException", "MaxResults and NextToken cannot be used with imageIds")
		}
		images = nil
		for _, id := range in.ImageIds {
			img := repo.find(id)
			if img == nil {
				return nil, r.imageNotFound(id, repo)
			}
			images = append(images, img)
		}
	}
	details := []types.ImageDetail{}
	for _, img := range images {
		if in.Filter != nil && (in.Filter.TagStatus == types.TagStatusTagged && len(img.tags) == 0 ||
			in.Filter.TagStatus == types.TagStatusUntagged && len(img.tags) > 0) {
			continue
		}
		details = append(details, types.ImageDetail{RegistryId: &r.opts.Account, RepositoryName: in.RepositoryName,
			ImageDigest: &img.digest, ImageTags: img.tags, ImagePushedAt: &img.pushed, ImageSizeInBytes: new(int64(87_654_321))})
	}
	items, next, ok := page(details, in.NextToken, pageSize(in.MaxResults, 100))
	if !ok {
		return nil, fail("InvalidParameterException", "Invalid parameter at 'NextToken'")
	}
	return &ecr.DescribeImagesOutput{ImageDetails: items, NextToken: next}, nil
}

func (r *Region) imageNotFound(id types.ImageIdentifier, repo *repository) error {
	orNull := func(p *string) string {
		if p == nil {
			return "null"
		}
		return *p
	}
	return fail("ImageNotFoundException", "The image with imageId {imageDigest:'%s', imageTag:'%s'} does not exist within the "+
		"repository with name '%s' in the registry with id '%s'", orNull(id.ImageDigest), orNull(id.ImageTag), *repo.data.RepositoryName, r.opts.Account)
}

func (r *Region) batchDeleteImage(in *ecr.BatchDeleteImageInput) (*ecr.BatchDeleteImageOutput, error) {
	repo, err := r.repository(in.RepositoryName)
	if err != nil {
		return nil, err
	}
	if len(in.ImageIds) == 0 || len(in.ImageIds) > 100 {
		return nil, fail("InvalidParameterException", "Invalid parameter at 'imageIds': give 1 to 100")
	}
	out := &ecr.BatchDeleteImageOutput{ImageIds: []types.ImageIdentifier{}, Failures: []types.ImageFailure{}}
	for _, id := range in.ImageIds {
		img := repo.find(id)
		if img == nil {
			out.Failures = append(out.Failures, types.ImageFailure{ImageId: &id, FailureCode: types.ImageFailureCodeImageNotFound,
				FailureReason: new("Requested image not found")})
			continue
		}
		if id.ImageTag != nil {
			repo.dropTag(*id.ImageTag)
		}
		if id.ImageTag == nil || len(img.tags) == 0 {
			repo.images = slices.DeleteFunc(repo.images, func(i *image) bool { return i == img })
		}
		out.ImageIds = append(out.ImageIds, types.ImageIdentifier{ImageDigest: &img.digest, ImageTag: id.ImageTag})
	}
	return out, nil
}
