// Package world is everything around qabot in one process: a Slack workspace, a GitHub with the shop's repository, an AWS
// Region whose builds and tasks are processes of this machine, a MySQL and a Redis server. The sandbox shows it to people,
// the story tests play in it, and qabot itself cannot tell it from the real one.
package world
