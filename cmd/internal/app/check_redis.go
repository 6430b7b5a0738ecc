package app

import (
	"fmt"
	"slices"

	"qabot/provisioner/compute"
	"qabot/provisioner/keyspace"
)

func (r Redis) check(f *checker) {
	if !slices.Contains([]string{keyspace.Auto, keyspace.Prefix, keyspace.Database, ownRedis}, r.Mode) {
		f.add("redis.mode", "must be auto, prefix, database or own")
	}
	if r.own() {
		f.need("redis.image", r.Image)
	}
	if !slices.Contains([]string{keyspace.Auto, keyspace.Own, keyspace.Shared}, r.Account) {
		f.add("redis.account", "must be auto, own or shared")
	}
	switch n := r.Databases; {
	case len(n) > 0 && r.own():
		f.add("redis.databases", "is of no use with redis.mode own: nothing is shared")
	case len(n) == 0 && r.Mode == keyspace.Database:
		f.add("redis.databases", "is missing: redis.mode database needs the numbers that environments may have, such as [10, 15]")
	case len(n) == 0:
	case len(n) != 2 || n[0] < 1 || n[1] < n[0]:
		f.add("redis.databases", "must be the first and the last number, from 1: [10, 15]; 0 is everybody's")
	}
}

// checkOwnRedis finds what would be in the way of a server for each environment.
func (a App) checkOwnRedis(at string, f *checker) {
	for i, r := range a.Roles {
		if r.Name == string(compute.RedisKind) {
			f.add(fmt.Sprintf("%s.roles[%d].name", at, i), fmt.Sprintf("%q is the name of what redis.mode own makes", r.Name))
		}
	}
}
