package app

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// preset is how a framework brings a database up to date, in steps of which each is taken once: whoever lets the framework
// choose (db:prepare, migrate --seed, migrate dev) seeds twice, or after every push.
type preset struct {
	title   string // what people are shown; empty: migrate
	create  string // in place of migrate while the data is new; empty: the same
	migrate string
	seed    string // follows once, while the data is new; empty: the framework has no usual way
}

func presets() map[string]preset {
	return map[string]preset{
		"rails":   {create: railsCreate, migrate: "bin/rails db:migrate", seed: "bin/rails db:seed"},
		"django":  {migrate: "python manage.py migrate --noinput"},
		"laravel": {migrate: "php artisan migrate --force --no-interaction", seed: "php artisan db:seed --force --no-interaction"},
		"prisma":  {migrate: "npx --no-install prisma migrate deploy", seed: "npx --no-install prisma db seed"},
		"sql":     {title: "migrations/*.sql", migrate: sqlClient + sqlMigrate, seed: sqlClient + sqlSeed},
	}
}

// railsCreate loads the structure where the repository has it, for old migrations seldom run from the beginning, and then runs
// what is newer than it. An attempt that was cut off may have left tables behind, which loading replaces: it must not be kept
// from that by an environment that calls itself production, for the data is this environment's alone.
const railsCreate = `if [ -f db/schema.rb ] || [ -f db/structure.sql ]; then DISABLE_DATABASE_ENVIRONMENT_CHECK=1 bin/rails db:schema:load || exit; fi
bin/rails db:migrate`

// sqlClient gives the function db, which runs statements in the environment's schema by the client that the image has. The
// password goes by the environment, where no list of processes shows it.
const sqlClient = `set -eu
client=$(command -v mysql || command -v mariadb) || { echo "the image has neither mysql nor mariadb in its path" >&2; exit 127; }
rest=${DATABASE_URL#*://}
rest=${rest%%\?*}
login=${rest%@*}
place=${rest##*@}
case $login in *%*) echo "the preset sql does not read escapes in DATABASE_URL" >&2; exit 1;; esac
export MYSQL_PWD="${login#*:}"
host=${place%%/*}
port=3306
case $host in *:*) port=${host##*:}; host=${host%:*};; esac
db() { "$client" --protocol=tcp --host="$host" --port="$port" --user="${login%%:*}" --batch --skip-column-names "${place#*/}" "$@"; }
`

const sqlMigrate = `db -e 'CREATE TABLE IF NOT EXISTS schema_migrations (version VARCHAR(190) NOT NULL PRIMARY KEY, applied_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP)'
for file in migrations/*.sql; do
  [ -f "$file" ] || { echo "there is no migrations/*.sql in $(pwd)" >&2; exit 1; }
  version=${file#migrations/}
  version=${version%.sql}
  case $version in *[!A-Za-z0-9_.-]*) echo "$file: only letters, digits, and _ . - in names" >&2; exit 1;; esac
  seen=$(db -e "SELECT 1 FROM schema_migrations WHERE version = '$version'")
  [ -z "$seen" ] || continue
  echo "== $version: migrating"
  db < "$file"
  db -e "INSERT INTO schema_migrations (version) VALUES ('$version')"
done`

const sqlSeed = `if [ -f seeds.sql ]; then db < seeds.sql; fi`

// noSeeds is the seed of those who want a preset without it.
const noSeeds = "none"

// preset gives the steps of an app: the configuration's own, or those of its preset.
func (m Migration) preset() preset {
	p, ok := presets()[m.Preset]
	if !ok {
		p = preset{title: firstLine(m.Command), migrate: m.Command}
	}
	if m.Seed != "" {
		p.seed = m.Seed
	}
	if p.seed == noSeeds {
		p.seed = ""
	}
	if p.title == "" {
		p.title = p.migrate
	}
	return p
}

func firstLine(s string) string {
	s, _, more := strings.Cut(strings.TrimSpace(s), "\n")
	if more {
		return s + " …"
	}
	return s
}

func (m Migration) checkPreset(at, scheme string, f *checker) {
	known := slices.Sorted(maps.Keys(presets()))
	switch {
	case m.Preset == "":
		f.need(at+".command", m.Command)
		return
	case !slices.Contains(known, m.Preset):
		f.add(at+".preset", fmt.Sprintf("%q must be one of %s; anything else is a command", m.Preset, strings.Join(known, ", ")))
	case m.Preset == "prisma" && scheme != "mysql":
		f.add(at+".preset", "reads only addresses with database.scheme: mysql")
	}
	if m.Command != "" {
		f.add(at+".command", "is the preset's: only one of the two")
	}
}
