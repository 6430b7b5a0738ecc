package awssim

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
)

type logGroup struct {
	name    string
	created time.Time
	streams map[string]*logStream
}

type logStream struct {
	name    string
	created time.Time
	events  []logEvent
}

type logEvent struct {
	at      time.Time
	message string
}

func (r *Region) logsRoutes(ops operations) {
	on(ops, logsAPI, r.createLogGroup)
	on(ops, logsAPI, r.describeLogGroups)
	on(ops, logsAPI, r.describeLogStreams)
	on(ops, logsAPI, r.getLogEvents)
	on(ops, logsAPI, r.filterLogEvents)
}

// AddLogGroup adds an empty log group. A container whose group does not exist fails to start, unless its log
// configuration says awslogs-create-group.
func (r *Region) AddLogGroup(name string) {
	r.locked(func() { r.ensureLogGroup(name) })
}

func (r *Region) ensureLogGroup(name string) *logGroup {
	g := r.logGroups[name]
	if g == nil {
		g = &logGroup{name: name, created: r.clock.now, streams: map[string]*logStream{}}
		r.logGroups[name] = g
	}
	return g
}

func (r *Region) logStream(group, name string) *logStream {
	g := r.ensureLogGroup(group)
	s := g.streams[name]
	if s == nil {
		s = &logStream{name: name, created: r.clock.now}
		g.streams[name] = s
	}
	return s
}

func (s *logStream) append(at time.Time, lines ...string) {
	for _, line := range lines {
		s.events = append(s.events, logEvent{at, line})
	}
}

// lineWriter turns what a process writes into log events, one a line. It is safe for concurrent use and must not be
// written to under the region's lock.
type lineWriter struct {
	region *Region
	stream *logStream // nil: the container logs nowhere

	mu   sync.Mutex
	rest []byte
}

// maxLine is where CloudWatch cuts a line.
const maxLine = 256 << 10

func (w *lineWriter) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.rest = append(w.rest, p...)
	var lines []string
	for {
		i := bytes.IndexByte(w.rest, '\n')
		if i < 0 && len(w.rest) > maxLine {
			i = maxLine
		}
		if i < 0 {
			break
		}
		lines = append(lines, strings.TrimSuffix(string(w.rest[:i]), "\r"))
		w.rest = w.rest[min(i+1, len(w.rest)):]
	}
	w.store(lines)
	return len(p), nil
}

// flush stores an unfinished last line.
func (w *lineWriter) flush() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.rest) > 0 {
		w.store([]string{string(w.rest)})
		w.rest = nil
	}
}

func (w *lineWriter) store(lines []string) {
	if w.stream != nil && len(lines) > 0 {
		w.region.locked(func() { w.stream.append(w.region.clock.now, lines...) })
	}
}

func (r *Region) createLogGroup(in *cloudwatchlogs.CreateLogGroupInput) (*cloudwatchlogs.CreateLogGroupOutput, error) {
	if r.logGroups[deref(in.LogGroupName)] != nil {
		return nil, fail("ResourceAlreadyExistsException", "The specified log group already exists")
	}
	r.ensureLogGroup(deref(in.LogGroupName))
	return &cloudwatchlogs.CreateLogGroupOutput{}, nil
}

// logGroup finds a group by name, or by identifier (name or ARN).
func (r *Region) logGroup(name, identifier *string) (*logGroup, error) {
	n := deref(name)
	if n == "" {
		n = strings.TrimSuffix(strings.TrimPrefix(deref(identifier), r.arn("logs", "log-group:")), ":*")
	}
	if g := r.logGroups[n]; g != nil {
		return g, nil
	}
	return nil, fail("ResourceNotFoundException", "The specified log group does not exist.")
}

var errLogToken = fail("InvalidParameterException", "The specified nextToken is invalid.")

func (r *Region) describeLogGroups(in *cloudwatchlogs.DescribeLogGroupsInput) (*cloudwatchlogs.DescribeLogGroupsOutput, error) {
	groups := []types.LogGroup{}
	for _, name := range slices.Sorted(maps.Keys(r.logGroups)) {
		if strings.HasPrefix(name, deref(in.LogGroupNamePrefix)) && strings.Contains(name, deref(in.LogGroupNamePattern)) {
			g := r.logGroups[name]
			arn := r.arn("logs", "log-group:"+name)
			groups = append(groups, types.LogGroup{LogGroupName: &g.name, Arn: new(arn + ":*"), LogGroupArn: &arn,
				CreationTime: millis(g.created), LogGroupClass: types.LogGroupClassStandard})
		}
	}
	items, next, ok := page(groups, in.NextToken, pageSize(in.Limit, 50))
	if !ok {
		return nil, errLogToken
	}
	return &cloudwatchlogs.DescribeLogGroupsOutput{LogGroups: items, NextToken: next}, nil
}

func millis(t time.Time) *int64 { return new(t.UnixMilli()) }

func (r *Region) describeLogStreams(in *cloudwatchlogs.DescribeLogStreamsInput) (*cloudwatchlogs.DescribeLogStreamsOutput, error) {
	g, err := r.logGroup(in.LogGroupName, in.LogGroupIdentifier)
	if err != nil {
		return nil, err
	}
	byTime := in.OrderBy == types.OrderByLastEventTime
	if byTime && in.LogStreamNamePrefix != nil {
		return nil, fail("InvalidParameterException", "Cannot order by LastEventTime with a logStreamNamePrefix.")
	}
	streams := []types.LogStream{}
	for _, name := range slices.Sorted(maps.Keys(g.streams)) {
		if s := g.streams[name]; strings.HasPrefix(name, deref(in.LogStreamNamePrefix)) {
			streams = append(streams, r.describeStream(g, s))
		}
	}
	if byTime {
		slices.SortStableFunc(streams, func(a, b types.LogStream) int {
			return int(deref(a.LastEventTimestamp) - deref(b.LastEventTimestamp))
		})
	}
	if deref(in.Descending) {
		slices.Reverse(streams)
	}
	items, next, ok := page(streams, in.NextToken, pageSize(in.Limit, 50))
	if !ok {
		return nil, errLogToken
	}
	return &cloudwatchlogs.DescribeLogStreamsOutput{LogStreams: items, NextToken: next}, nil
}

func (r *Region) describeStream(g *logGroup, s *logStream) types.LogStream {
	out := types.LogStream{LogStreamName: &s.name, CreationTime: millis(s.created),
		Arn: new(r.arn("logs", "log-group:"+g.name+":log-stream:"+s.name))}
	if n := len(s.events); n > 0 {
		out.FirstEventTimestamp, out.LastEventTimestamp = millis(s.events[0].at), millis(s.events[n-1].at)
		out.LastIngestionTime = out.LastEventTimestamp
	}
	return out
}

// between reports whether an event lies in [start, end), both optional, in milliseconds.
func (e logEvent) between(start, end *int64) bool {
	ms := e.at.UnixMilli()
	return (start == nil || ms >= *start) && (end == nil || ms < *end)
}

func (r *Region) getLogEvents(in *cloudwatchlogs.GetLogEventsInput) (*cloudwatchlogs.GetLogEventsOutput, error) {
	g, err := r.logGroup(in.LogGroupName, in.LogGroupIdentifier)
	if err != nil {
		return nil, err
	}
	s := g.streams[deref(in.LogStreamName)]
	if s == nil {
		return nil, fail("ResourceNotFoundException", "The specified log stream does not exist.")
	}
	from, to, err := logWindow(in, len(s.events))
	if err != nil {
		return nil, err
	}
	out := &cloudwatchlogs.GetLogEventsOutput{Events: []types.OutputLogEvent{},
		NextForwardToken: new(fmt.Sprintf("f/%056d/s", to)), NextBackwardToken: new(fmt.Sprintf("b/%056d/s", from))}
	for _, e := range s.events[from:to] {
		if e.between(in.StartTime, in.EndTime) {
			out.Events = append(out.Events, types.OutputLogEvent{Message: &e.message, Timestamp: millis(e.at), IngestionTime: millis(e.at)})
		}
	}
	return out, nil
}

// logWindow is the range of events that a token and a limit ask for. A token is a position, so at the end of the
// stream the forward token repeats itself, and goes on from there when more is written.
func logWindow(in *cloudwatchlogs.GetLogEventsInput, n int) (from, to int, err error) {
	limit := pageSize(in.Limit, 10000)
	token := deref(in.NextToken)
	if token == "" {
		if deref(in.StartFromHead) {
			return 0, min(limit, n), nil
		}
		return max(0, n-limit), n, nil
	}
	parts := strings.Split(token, "/")
	if len(parts) != 3 {
		return 0, 0, errLogToken
	}
	at, err := strconv.Atoi(parts[1])
	if err != nil || at < 0 || at > n {
		return 0, 0, errLogToken
	}
	if parts[0] == "b" {
		return max(0, at-limit), at, nil
	}
	return at, min(at+limit, n), nil
}

func (r *Region) filterLogEvents(in *cloudwatchlogs.FilterLogEventsInput) (*cloudwatchlogs.FilterLogEventsOutput, error) {
	g, err := r.logGroup(in.LogGroupName, in.LogGroupIdentifier)
	if err != nil {
		return nil, err
	}
	var events []types.FilteredLogEvent
	for _, name := range slices.Sorted(maps.Keys(g.streams)) {
		s := g.streams[name]
		if !strings.HasPrefix(name, deref(in.LogStreamNamePrefix)) || len(in.LogStreamNames) > 0 && !slices.Contains(in.LogStreamNames, name) {
			continue
		}
		for i, e := range s.events {
			if e.between(in.StartTime, in.EndTime) && filterPatternMatches(deref(in.FilterPattern), e.message) {
				events = append(events, types.FilteredLogEvent{LogStreamName: &s.name, Message: &e.message, Timestamp: millis(e.at),
					IngestionTime: millis(e.at), EventId: new(fmt.Sprintf("%s-%08d", name, i))})
			}
		}
	}
	slices.SortStableFunc(events, func(a, b types.FilteredLogEvent) int { return int(*a.Timestamp - *b.Timestamp) })
	items, next, ok := page(events, in.NextToken, pageSize(in.Limit, 10000))
	if !ok {
		return nil, errLogToken
	}
	return &cloudwatchlogs.FilterLogEventsOutput{Events: items, NextToken: next}, nil
}

// filterPatternMatches knows plain terms, quoted phrases and -term; all must hold. JSON and ?any patterns are not known.
func filterPatternMatches(pattern, message string) bool {
	for pattern = strings.TrimSpace(pattern); pattern != ""; pattern = strings.TrimSpace(pattern) {
		negative := strings.HasPrefix(pattern, "-")
		pattern = strings.TrimPrefix(pattern, "-")
		var term string
		if strings.HasPrefix(pattern, `"`) {
			term, pattern, _ = strings.Cut(pattern[1:], `"`)
		} else {
			term, pattern, _ = strings.Cut(pattern, " ")
		}
		if strings.Contains(message, term) == negative {
			return false
		}
	}
	return true
}
