# Build tag of the demo's embedded MySQL: pure Go, so that it needs no C library.
TAGS    := gms_pure_go
# SQLite is C translated to Go: not ours to watch for races, and watching it takes more time than watching what is ours. It has
# no locks of its own; packages that do must stay watched, or false races are found around them. Nothing here makes pointers.
RACE    := -race -gcflags=all=-d=checkptr=0 '-gcflags=modernc.org/sqlite/lib=-race=false -d=checkptr=0'
# Most of a story is waiting: four at a time keep two cores busy. make lint vets.
GO_TEST := go test $(RACE) -vet=off -parallel 4 -timeout 25m -tags $(TAGS)

.DEFAULT_GOAL := help
.PHONY: help demo test tools lint golden bench build

help: ## show this help
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

demo: ## run the main job on this machine: a Slack-like page, simulated AWS and GitHub; needs Go and git only
	@test -x bin/sandbox || echo "Building; the first time takes some minutes." >&2
	@go build -tags $(TAGS) -o bin/sandbox ./cmd/sandbox
	@bin/sandbox $(ARGS)

test: tools ## run every test, with the race detector, on real MySQL and Redis servers
	@. ./.ci/servers && $(GO_TEST) $(ARGS) ./...

tools: ## see to it that what the tests need is here: installs it on Debian and Ubuntu as root, else says what to install
	@./.ci/tools

lint: ## gofmt, go vet and staticcheck, on what make test has compiled
	@out=$$(gofmt -l $$(git ls-files '*.go')); test -z "$$out" || { echo "gofmt wants:"; echo "$$out"; exit 1; }
	@go vet $(RACE) -tags $(TAGS) ./...
	@check=$$(go tool -n staticcheck) && GOFLAGS="$(RACE)" "$$check" -tags $(TAGS) ./...

golden: tools ## write the golden files anew; read the difference before you commit it
	@. ./.ci/servers && go test -tags $(TAGS) ./bot ./cmd/internal/app -update

bench: tools ## print ratios, measured side by side in one run
	@. ./.ci/servers && go test -tags $(TAGS) -run '^$$' -bench . -benchtime 1x ./...

build: ## build bin/qabot
	@go build -trimpath -o bin/qabot ./cmd/qabot
