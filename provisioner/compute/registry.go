package compute

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/service/ecr"
	ecrtypes "github.com/aws/aws-sdk-go-v2/service/ecr/types"
)

// few is up to how many tags are asked for one by one; for more, the whole repository is paged through.
const few = 2

// registry is the image repository of an app.
type registry struct {
	clients    *Clients
	repository string // name or URI

	mu  sync.Mutex
	uri string // once known
}

// name is the repository's name inside the registry.
func (r *registry) name() string {
	if host, name, ok := strings.Cut(r.repository, "/"); ok && strings.Contains(host, ".") {
		return name
	}
	return r.repository
}

// address gives the repository's URI.
func (r *registry) address(ctx context.Context) (string, error) {
	if r.name() != r.repository {
		return r.repository, nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.uri != "" {
		return r.uri, nil
	}
	out, err := r.clients.ECR.DescribeRepositories(ctx, &ecr.DescribeRepositoriesInput{RepositoryNames: []string{r.repository}})
	if err != nil {
		return "", fmt.Errorf("describe repository %s: %w", r.repository, err)
	}
	if len(out.Repositories) == 0 {
		return "", fmt.Errorf("describe repository %s: no answer for it", r.repository)
	}
	r.uri = deref(out.Repositories[0].RepositoryUri)
	return r.uri, nil
}

// there tells which of the tags exist.
func (r *registry) there(ctx context.Context, tags []string) (map[string]bool, error) {
	tags = unique(tags)
	found := map[string]bool{}
	if len(tags) <= few {
		for _, tag := range tags {
			_, err := r.clients.ECR.DescribeImages(ctx, &ecr.DescribeImagesInput{RepositoryName: new(r.name()),
				ImageIds: []ecrtypes.ImageIdentifier{{ImageTag: &tag}}})
			if err != nil && !coded(err, "ImageNotFoundException") {
				return nil, fmt.Errorf("describe image %s: %w", tag, err)
			}
			found[tag] = err == nil
		}
		return found, nil
	}
	pages := ecr.NewDescribeImagesPaginator(r.clients.ECR, &ecr.DescribeImagesInput{RepositoryName: new(r.name()),
		Filter: &ecrtypes.DescribeImagesFilter{TagStatus: ecrtypes.TagStatusTagged}, MaxResults: new(int32(1000))})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("describe images of %s: %w", r.name(), err)
		}
		for _, image := range page.ImageDetails {
			for _, tag := range image.ImageTags {
				found[tag] = true
			}
		}
	}
	return found, nil
}
