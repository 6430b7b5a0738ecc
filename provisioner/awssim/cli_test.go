package awssim

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"qabot/provisioner/compute/ec2"
)

// cli is Debian's awscli, a client that nobody here wrote. Its start takes a second of the processor, so that one process is
// given all commands, where aws is the Python program that it usually is.
type cli struct {
	*testing.T
	run func(args []string) cliAnswer
}

type cliAnswer struct {
	Code     int
	Out, Err string
}

// severally reads commands as lines of JSON and gives each to the AWS CLI as its own main program would.
const severally = `
import contextlib, io, json, sys
from awscli.clidriver import create_clidriver
answers, driver = sys.stdout, create_clidriver()
for line in sys.stdin:
    out, err = io.TextIOWrapper(io.BytesIO(), write_through=True), io.TextIOWrapper(io.BytesIO(), write_through=True)
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = driver.main(json.loads(line))
        except SystemExit as e:
            code = e.code if isinstance(e.code, int) else 1
    text = lambda f: f.buffer.getvalue().decode()
    print(json.dumps({"Code": code or 0, "Out": text(out), "Err": text(err)}), file=answers, flush=True)
`

func newCLI(t *testing.T, endpoint string) *cli {
	t.Helper()
	program, err := exec.LookPath("/usr/bin/aws")
	if err != nil {
		if program, err = exec.LookPath("aws"); err != nil {
			t.Fatal("the AWS CLI is not on this machine, and no other client is independent of ours: see make tools")
		}
		if filepath.Base(filepath.Dir(program)) == "shims" { // pyenv's: a script that looks for the program each time
			if found, err := exec.CommandContext(t.Context(), "pyenv", "which", "aws").Output(); err == nil {
				program = strings.TrimSpace(string(found))
			}
		}
	}
	env := append(os.Environ(), "AWS_ACCESS_KEY_ID=AKID", "AWS_SECRET_ACCESS_KEY=secret", "AWS_DEFAULT_REGION=us-east-1", "AWS_PAGER=",
		"AWS_CONFIG_FILE="+os.DevNull, "AWS_SHARED_CREDENTIALS_FILE="+os.DevNull, "AWS_MAX_ATTEMPTS=1", "HOME="+t.TempDir())
	c := &cli{T: t}
	full := func(args []string) []string { return append(args, "--endpoint-url", endpoint, "--output", "json") }
	if python := interpreter(program); python != "" {
		c.run = c.together(python, env, full)
		return c
	}
	c.run = func(args []string) (a cliAnswer) {
		cmd := exec.CommandContext(t.Context(), program, full(args)...)
		var out, said bytes.Buffer
		cmd.Env, cmd.Stdout, cmd.Stderr = env, &out, &said
		cmd.Run() // its exit code tells
		return cliAnswer{cmd.ProcessState.ExitCode(), out.String(), said.String()}
	}
	return c
}

// interpreter is the Python that runs a script, empty when the program is none.
func interpreter(program string) string {
	text, err := os.ReadFile(program)
	line, _, _ := strings.Cut(string(text[:min(len(text), 200)]), "\n")
	path, script := strings.CutPrefix(line, "#!")
	if err != nil || !script || !strings.HasPrefix(filepath.Base(path), "python") {
		return ""
	}
	return strings.TrimSpace(path)
}

// together starts the one process that all commands are given to.
func (c *cli) together(python string, env []string, full func([]string) []string) func([]string) cliAnswer {
	c.Helper()
	cmd := exec.CommandContext(c.Context(), python, "-c", severally)
	cmd.Env = env
	in, err := cmd.StdinPipe()
	if err != nil {
		c.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		c.Fatal(err)
	}
	var said bytes.Buffer
	cmd.Stderr = &said
	if err := cmd.Start(); err != nil {
		c.Fatal(err)
	}
	c.Cleanup(func() {
		in.Close()
		cmd.Wait() // killed when the test was
	})
	answers := bufio.NewReader(out)
	return func(args []string) (a cliAnswer) {
		c.Helper()
		line, err := json.Marshal(full(args))
		if err != nil {
			c.Fatal(err)
		}
		if _, err := in.Write(append(line, '\n')); err != nil {
			c.Fatal(err, said.String())
		}
		answer, err := answers.ReadBytes('\n')
		if err != nil {
			c.Fatal(err, said.String())
		}
		if err := json.Unmarshal(answer, &a); err != nil {
			c.Fatal(err)
		}
		return a
	}
}

// does demands success, and gives the answer's member at that path, or all of it.
func (c *cli) does(member string, args ...string) string {
	c.Helper()
	if member != "" {
		args = append(args, "--query", member)
	}
	a := c.run(args)
	if a.Code != 0 {
		c.Fatalf("aws %s: exit code %d: %s", strings.Join(args, " "), a.Code, a.Err)
	}
	var text string
	if json.Unmarshal([]byte(a.Out), &text) == nil {
		return text
	}
	var flat bytes.Buffer
	json.Compact(&flat, []byte(a.Out)) // empty where the command says nothing
	return flat.String()
}

// gives demands that answer.
func (c *cli) gives(want, member string, args ...string) {
	c.Helper()
	if got := c.does(member, args...); got != want {
		c.Errorf("aws %s gives %s, want %s", strings.Join(args, " "), got, want)
	}
}

// refused demands an error of that code.
func (c *cli) refused(code string, args ...string) {
	c.Helper()
	if a := c.run(args); a.Code == 0 || !strings.Contains(a.Err, "("+code+")") {
		c.Errorf("aws %s: exit code %d, said %q, want the error %s", strings.Join(args, " "), a.Code, a.Err, code)
	}
}

func TestAWSCommandLine(t *testing.T) {
	w := newWorld(t)
	w.AddRepository("shop")
	w.AddProject("shop-image", ProjectOptions{})
	w.AddLogGroup("/ecs/shop")
	if err := w.PushImage("shop", "git-1"); err != nil {
		t.Fatal(err)
	}
	c := newCLI(t, w.endpoint)
	c.gives("123456789012", "Account", "sts", "get-caller-identity")
	t.Run("elbv2", func(t *testing.T) { c.as(t).balancing(w) })
	t.Run("ecs", func(t *testing.T) { c.as(t).containers(w) })
	t.Run("ssm", func(t *testing.T) { c.as(t).parameters() })
	t.Run("cloudwatch", func(t *testing.T) { c.as(t).metrics(w) })
	t.Run("ec2", func(t *testing.T) { c.as(t).network(w) })
	t.Run("s3", func(t *testing.T) { c.as(t).files(w) })
	t.Run("codebuild, ecr and logs", func(t *testing.T) { c.as(t).builds(w) })
}

func (c *cli) as(t *testing.T) *cli { return &cli{T: t, run: c.run} }

func (c *cli) files(w *world) {
	w.AddBucket("saves", "")
	dir := c.TempDir()
	name, back, empty := filepath.Join(dir, "file"), filepath.Join(dir, "back"), filepath.Join(dir, "empty")
	text := bytes.Repeat([]byte("0123456789"), 1<<20) // more than the CLI sends at a time
	if err := errors.Join(os.WriteFile(name, text, 0o600), os.WriteFile(empty, nil, 0o600)); err != nil {
		c.Fatal(err)
	}
	c.refused("404", "s3api", "head-object", "--bucket", "saves", "--key", "a/b")
	c.does("", "s3", "cp", "--quiet", "--metadata", "k=v", name, "s3://saves/a/b")
	c.gives("v", "Metadata.k", "s3api", "head-object", "--bucket", "saves", "--key", "a/b")
	c.does("", "s3", "cp", "--quiet", "s3://saves/a/b", back)
	if got, err := os.ReadFile(back); err != nil || !bytes.Equal(got, text) {
		c.Errorf("%d bytes come back, want %d (%v)", len(got), len(text), err)
	}
	c.does("", "s3api", "put-object", "--bucket", "saves", "--key", "a/c", "--body", empty)
	c.does("", "s3api", "put-object", "--bucket", "saves", "--key", "b", "--body", empty)
	c.gives(`["a/b","a/c"]`, "Contents[].Key", "s3api", "list-objects-v2", "--bucket", "saves", "--prefix", "a/", "--page-size", "1")
	c.gives("5", "ContentLength", "s3api", "get-object", "--bucket", "saves", "--key", "a/b", "--range", "bytes=10-14", back)
	c.refused("NoSuchKey", "s3api", "get-object", "--bucket", "saves", "--key", "none", back)
	c.refused("NoSuchBucket", "s3api", "list-objects-v2", "--bucket", "none")
	c.does("", "s3api", "delete-object", "--bucket", "saves", "--key", "a/b")
	c.gives(`["a/c","b"]`, "Contents[].Key", "s3api", "list-objects-v2", "--bucket", "saves")
	id := c.does("UploadId", "s3api", "create-multipart-upload", "--bucket", "saves", "--key", "d")
	c.does("", "s3api", "abort-multipart-upload", "--bucket", "saves", "--key", "d", "--upload-id", id)
	c.refused("NoSuchUpload", "s3api", "abort-multipart-upload", "--bucket", "saves", "--key", "d", "--upload-id", id)
}

func (c *cli) balancing(w *world) {
	group := c.does("TargetGroups[0].TargetGroupArn", "elbv2", "create-target-group", "--name", "cli", "--protocol", "HTTP", "--port", "80",
		"--vpc-id", "vpc-1", "--target-type", "ip", "--tags", "Key=k,Value=v")
	c.refused("DuplicateTargetGroupName", "elbv2", "create-target-group", "--name", "cli", "--protocol", "HTTP", "--port", "81", "--vpc-id", "vpc-1", "--target-type", "ip")
	c.does("", "elbv2", "create-target-group", "--name", "other", "--protocol", "HTTP", "--port", "80", "--vpc-id", "vpc-1", "--target-type", "ip")
	// With a page size of its own, the CLI leaves this service's pages to who calls it.
	next := c.does("NextMarker", "elbv2", "describe-target-groups", "--page-size", "1")
	c.gives(`["other"]`, "TargetGroups[].TargetGroupName", "elbv2", "describe-target-groups", "--page-size", "1", "--marker", next)
	c.gives(`["cli","other"]`, "TargetGroups[].TargetGroupName", "elbv2", "describe-target-groups")
	c.gives("/up", "TargetGroups[0].HealthCheckPath", "elbv2", "modify-target-group", "--target-group-arn", group, "--health-check-path", "/up")
	c.gives("v", "TagDescriptions[0].Tags[0].Value", "elbv2", "describe-tags", "--resource-arns", group)
	listener := c.does("Listeners[0].ListenerArn", "elbv2", "create-listener", "--load-balancer-arn", w.lb, "--protocol", "HTTP", "--port", "80",
		"--default-actions", "Type=fixed-response,FixedResponseConfig={StatusCode=404}")
	rule := c.does("Rules[0].RuleArn", "elbv2", "create-rule", "--listener-arn", listener, "--priority", "5",
		"--conditions", "Field=host-header,Values=a.example.com", "--actions", "Type=forward,TargetGroupArn="+group)
	c.refused("PriorityInUse", "elbv2", "create-rule", "--listener-arn", listener, "--priority", "5",
		"--conditions", "Field=host-header,Values=b.example.com", "--actions", "Type=forward,TargetGroupArn="+group)
	c.gives(`["5","default"]`, "Rules[].Priority", "elbv2", "describe-rules", "--listener-arn", listener)
	c.gives("c.example.com", "Rules[0].Conditions[0].Values[0]", "elbv2", "modify-rule", "--rule-arn", rule, "--conditions", "Field=host-header,Values=c.example.com")
	c.gives("9", "Rules[0].Priority", "elbv2", "set-rule-priorities", "--rule-priorities", "RuleArn="+rule+",Priority=9")
	c.refused("ResourceInUse", "elbv2", "delete-target-group", "--target-group-arn", group)
	c.does("", "elbv2", "delete-rule", "--rule-arn", rule)
	c.gives("81", "to_string(Listeners[0].Port)", "elbv2", "modify-listener", "--listener-arn", listener, "--port", "81")
	c.does("", "elbv2", "delete-listener", "--listener-arn", listener)
	c.refused("ListenerNotFound", "elbv2", "delete-listener", "--listener-arn", listener)
	c.does("", "elbv2", "delete-target-group", "--target-group-arn", group)
	c.refused("TargetGroupNotFound", "elbv2", "describe-target-groups", "--names", "cli")
}

func (c *cli) containers(w *world) {
	register := []string{"ecs", "register-task-definition", "--family", "cli", "--network-mode", "awsvpc", "--requires-compatibilities", "FARGATE",
		"--cpu", "256", "--memory", "512", "--container-definitions", `[{"name":"web","image":"public.ecr.aws/x/app:1","portMappings":[{"containerPort":8080}]}]`}
	first := c.does("taskDefinition.taskDefinitionArn", register...)
	c.gives("2", "to_string(taskDefinition.revision)", register...)
	c.gives("2", "to_string(length(taskDefinitionArns))", "ecs", "list-task-definitions", "--family-prefix", "cli", "--page-size", "1")
	c.gives("ACTIVE", "service.status", "ecs", "create-service", "--cluster", "staging", "--service-name", "cli", "--task-definition", "cli:1", "--desired-count", "1",
		"--launch-type", "FARGATE", "--network-configuration", "awsvpcConfiguration={subnets=[subnet-1]}", "--tags", "key=k,value=v")
	c.gives(`["cli",["MISSING"]]`, "[services[0].serviceName,failures[].reason]", "ecs", "describe-services", "--cluster", "staging", "--services", "cli", "nope")
	c.gives("2", "to_string(service.desiredCount)", "ecs", "update-service", "--cluster", "staging", "--service", "cli", "--task-definition", "cli:2", "--desired-count", "2")
	w.Advance(3 * time.Minute)
	c.gives("2", "to_string(services[0].runningCount)", "ecs", "describe-services", "--cluster", "staging", "--services", "cli")
	c.gives("2", "to_string(length(taskArns))", "ecs", "list-tasks", "--cluster", "staging", "--service-name", "cli", "--page-size", "1")
	c.refused("ServiceNotFoundException", "ecs", "update-service", "--cluster", "staging", "--service", "nope", "--desired-count", "1")
	c.refused("InvalidParameterException", "ecs", "delete-service", "--cluster", "staging", "--service", "cli")
	c.gives("DRAINING", "service.status", "ecs", "delete-service", "--cluster", "staging", "--service", "cli", "--force")
	// Debian's release of it does not know delete-task-definitions yet.
	c.gives("INACTIVE", "taskDefinition.status", "ecs", "deregister-task-definition", "--task-definition", first)
}

func (c *cli) parameters() {
	for _, name := range []string{"/cli/a", "/cli/b"} {
		c.does("", "ssm", "put-parameter", "--name", name, "--value", "1", "--type", "SecureString")
	}
	c.refused("ParameterAlreadyExists", "ssm", "put-parameter", "--name", "/cli/a", "--value", "2", "--type", "SecureString")
	c.does("", "ssm", "put-parameter", "--name", "/cli/a", "--value", "2", "--type", "SecureString", "--overwrite")
	c.gives(`[["2"],["/cli/c"]]`, "[Parameters[].Value,InvalidParameters]", "ssm", "get-parameters", "--names", "/cli/a", "/cli/c", "--with-decryption")
	c.gives("2", "to_string(length(Parameters))", "ssm", "get-parameters-by-path", "--path", "/cli", "--page-size", "1")
	c.does("", "ssm", "delete-parameter", "--name", "/cli/a")
	c.refused("ParameterNotFound", "ssm", "delete-parameter", "--name", "/cli/a")
}

func (c *cli) metrics(w *world) {
	group := w.serve("metrics", 1)
	w.ListenerHandler("qa", 8000).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil))
	query := `[{"Id":"m","MetricStat":{"Metric":{"Namespace":"AWS/ApplicationELB","MetricName":"RequestCount","Dimensions":[
		{"Name":"LoadBalancer","Value":"` + dimension(w.lb, "app/") + `"},{"Name":"TargetGroup","Value":"` + dimension(group, "targetgroup/") + `"}]},"Period":60,"Stat":"Sum"}}]`
	from, until := w.Now().Add(-time.Hour).Format(time.RFC3339), w.Now().Add(time.Hour).Format(time.RFC3339)
	c.gives("[1]", "MetricDataResults[0].Values", "cloudwatch", "get-metric-data", "--metric-data-queries", query, "--start-time", from, "--end-time", until)
	c.refused("ValidationError", "cloudwatch", "get-metric-data", "--metric-data-queries", query, "--start-time", until, "--end-time", from)
}

func (c *cli) builds(w *world) {
	id := c.does("build.id", "codebuild", "start-build", "--project-name", "shop-image", "--source-version", "abc")
	c.gives(id, "ids[0]", "codebuild", "list-builds-for-project", "--project-name", "shop-image")
	w.Advance(5 * time.Minute)
	c.gives(`["SUCCEEDED","abc",["x:1"]]`, "[builds[0].buildStatus,builds[0].sourceVersion,buildsNotFound]", "codebuild", "batch-get-builds", "--ids", id, "x:1")
	c.refused("ResourceNotFoundException", "codebuild", "start-build", "--project-name", "nope")
	c.gives("git-1", "imageDetails[0].imageTags[0]", "ecr", "describe-images", "--repository-name", "shop", "--image-ids", "imageTag=git-1")
	c.refused("ImageNotFoundException", "ecr", "describe-images", "--repository-name", "shop", "--image-ids", "imageTag=nope")
	c.gives("1", "to_string(length(imageIds))", "ecr", "batch-delete-image", "--repository-name", "shop", "--image-ids", "imageTag=git-1")
	c.gives("/ecs/shop", "logGroups[0].logGroupName", "logs", "describe-log-groups", "--log-group-name-prefix", "/ecs/shop")
}

func (c *cli) network(w *world) {
	c.gives(`["`+PublicSubnet+`","`+VPC+`","10.20.1.0/24",250]`, "Subnets[0].[SubnetId,VpcId,CidrBlock,AvailableIpAddressCount]", "ec2", "describe-subnets", "--subnet-ids", PublicSubnet)
	c.refused("InvalidSubnetID.NotFound", "ec2", "describe-subnets", "--subnet-ids", "subnet-gone")
	c.refused("InvalidParameterValue", "ec2", "describe-subnets", "--filters", "Name=nonsense,Values=1")
	c.gives(`[true,["local","active"],["`+NATGateway+`","active"]]`, "RouteTables[0].[Associations[0].Main,Routes[0].[GatewayId,State],Routes[1].[NatGatewayId,State]]",
		"ec2", "describe-route-tables", "--filters", "Name=association.main,Values=true", "Name=vpc-id,Values=vpc-x,"+VPC)
	c.gives(`["available","`+PublicSubnet+`"]`, "NatGateways[0].[State,SubnetId]", "ec2", "describe-nat-gateways", "--filter", "Name=vpc-id,Values="+VPC)
	c.gives(`["tcp",3306,["`+TaskGroup+`","`+BuildGroup+`"],"0.0.0.0/0"]`,
		"SecurityGroups[0].[IpPermissions[0].IpProtocol,IpPermissions[0].ToPort,IpPermissions[0].UserIdGroupPairs[].GroupId,IpPermissionsEgress[0].IpRanges[0].CidrIp]",
		"ec2", "describe-security-groups", "--group-ids", DatabaseGroup)
	c.gives(`["`+DatabaseGroup+`","`+DatabaseAddress+`"]`, "NetworkInterfaces[0].[Groups[0].GroupId,PrivateIpAddresses[0].PrivateIpAddress]",
		"ec2", "describe-network-interfaces", "--filters", "Name=addresses.private-ip-address,Values="+DatabaseAddress)
	w.ChangeNetwork(func(n *Network) {
		n.Endpoints = append(n.Endpoints, ec2.Endpoint{ID: "vpce-1", VPC: VPC, Service: "com.amazonaws.us-east-1.s3", Type: "Gateway", State: "available", RouteTables: []string{PrivateTable}})
		for i := range 6 {
			n.SecurityGroups = append(n.SecurityGroups, ec2.SecurityGroup{ID: "sg-" + strconv.Itoa(i), Name: "more", VPC: VPC})
		}
	})
	c.gives(`["Gateway",false,["`+PrivateTable+`"]]`, "VpcEndpoints[0].[VpcEndpointType,PrivateDnsEnabled,RouteTableIds]", "ec2", "describe-vpc-endpoints", "--filters", "Name=vpc-id,Values="+VPC)
	c.gives("10", "to_string(length(SecurityGroups))", "ec2", "describe-security-groups", "--page-size", "5")
	c.refused("InvalidParameterCombination", "ec2", "describe-security-groups", "--max-results", "5", "--group-ids", TaskGroup)
}
