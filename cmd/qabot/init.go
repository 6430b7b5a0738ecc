package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"qabot/cmd/internal/app"
)

type begin struct {
	From       []string `name:"from-service" required:"" placeholder:"SERVICE" help:"Staging services, separated by commas: one for each role."`
	Cluster    string   `default:"default" help:"Their ECS cluster."`
	Region     string   `env:"AWS_REGION" help:"Region of the cluster; empty: as the AWS SDK finds it."`
	Endpoint   string   `env:"AWS_ENDPOINT_URL" help:"Base endpoint of all services, when it is not AWS's own."`
	Repository string   `help:"GitHub repository, owner/name."`
	Output     string   `short:"o" default:"qabot.yaml" help:"File to write, which must not be there yet; - for standard output."`
}

// Help is shown below the flags.
func (begin) Help() string {
	return "It looks at the services and writes what they tell: cluster, containers, ports, health paths, network. What only people know is left empty, and qabot doctor asks for it."
}

func (b *begin) Run(ctx context.Context, out io.Writer) error {
	text, err := app.Begin{Region: b.Region, Endpoint: b.Endpoint, Cluster: b.Cluster, Services: b.From, Repository: b.Repository}.Write(ctx)
	if err != nil {
		return err
	}
	if b.Output == "-" {
		_, err := io.WriteString(out, text)
		return err
	}
	file, err := os.OpenFile(b.Output, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, os.ErrExist) {
		return fmt.Errorf("%s is there already and stays as it is: take another name with -o", b.Output)
	}
	if err != nil {
		return fmt.Errorf("write the configuration: %w", err)
	}
	_, err = file.WriteString(text)
	if err = errors.Join(err, file.Close()); err != nil {
		return fmt.Errorf("write the configuration: %w", err)
	}
	_, err = fmt.Fprintf(out, "wrote %s; fill in what is empty, then: qabot doctor\n", b.Output)
	return err
}
