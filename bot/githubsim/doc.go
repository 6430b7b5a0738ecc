// Package githubsim is a GitHub small enough to run in a process, so that qabot's real GitHub code and people's real git
// can be used without an account or a network.
//
// It gives a REST API, git over HTTP, signed webhooks and web pages over bare repositories on disk. Git itself is the state
// of the branches: whatever moves one, a push over HTTP or one straight into the bare repository, shows in the next answer
// of the API and fires the webhooks that GitHub would fire. Each change of a ref is told once. Pull requests, comments,
// deployments and statuses follow the branches; they live in memory and end with the server, as renames do.
//
// Webhooks are sent one at a time in the order in which the changes were noticed, and never again by themselves; a Manner
// loses, delays, repeats or turns them round on request, and Fail makes trouble on the API. Every attempt is remembered, as
// the App's hook deliveries are.
//
// The API asks for the Token, or for a token of the App's installation, with the permissions that GitHub would ask for.
// Git, the pages and /control ask for nothing: anybody who reaches the server may push. Serve it on loopback only.
//
// What GitHub has and this has not: issues that are no pull requests, reviews, checks, protected branches, organizations,
// webhooks of single repositories, another default branch than main, GraphQL.
//
// Scripts do what people and operators do with JSON under /control/, tests with the methods of the same names. repository is
// owner/name, by is who does it; what GitHub would refuse keeps its status, other wrong input is a 400, and "error" says why.
//
//	POST open          {repository, branch, base, title, body, draft, labels, fork, by}    {ok, pull}
//	POST edit          {repository, number, title, body, base, draft, state, label, unlabel, by} {ok, pull}
//	POST merge         {repository, number, squash, by}                                    {ok, pull}
//	POST comment       {repository, number, body, by}                                      {ok, comment} its id
//	POST branch        {repository, branch, from, by}
//	POST delete-branch {repository, branch, by}
//	POST add           {repository}                                                        {ok, path}
//	POST fork          {repository, to}                                                    {ok, path}
//	POST rename        {repository, to, by}                                                to is a name
//	POST transfer      {repository, to, by}                                                to is an owner
//	POST delete        {repository, by}
//	POST install       {owner, repositories}                                               {ok, installation} its id
//	POST uninstall     {owner}
//	POST suspend       {owner, lifted}
//	POST select        {owner, added, removed}
//	POST webhook       {url, secret}                                                       without url none are sent
//	POST redeliver     {guid}
//	POST manner        {hold, lose, reverse, copies, delay_ms}                             {} is the usual one
//	POST fail          {faults: [{method, path, times, latency_ms, cut, lose, limit, status}]} {} ends them
//	POST settle        {}                                                                  answers when all webhooks were sent
//	GET  pulls         ?repository=
//	GET  deliveries                                                                        oldest first
package githubsim
