package clone

import (
	"strings"
	"testing"
)

func TestPortable(t *testing.T) {
	for _, test := range []struct{ sort, ddl, want string }{
		{"VIEW", "CREATE ALGORITHM=UNDEFINED DEFINER=`root`@`%` SQL SECURITY DEFINER VIEW `v` AS select `t`.`a` AS `a` from `t`", "CREATE ALGORITHM=UNDEFINED SQL SECURITY DEFINER VIEW `v` AS select `t`.`a` AS `a` from `t`"},
		{"PROCEDURE", "CREATE DEFINER=`a``b`@`%` PROCEDURE `p`()\nSELECT 'DEFINER=`x`@`y` '", "CREATE PROCEDURE `p`()\nSELECT 'DEFINER=`x`@`y` '"},
		{"EVENT", "CREATE DEFINER=`r`@`%` EVENT `e` ON SCHEDULE EVERY 1 DAY STARTS '2026-01-01 00:00:00' ON COMPLETION NOT PRESERVE ENABLE DO SELECT ' ON COMPLETION PRESERVE ENABLE'",
			"CREATE EVENT `e` ON SCHEDULE EVERY 1 DAY STARTS '2026-01-01 00:00:00' ON COMPLETION NOT PRESERVE DISABLE DO SELECT ' ON COMPLETION PRESERVE ENABLE'"},
		{"TRIGGER", "CREATE TRIGGER src.t BEFORE INSERT ON `src`.`a` FOR EACH ROW SET @x = CONCAT('src.a', \"src.b\", b.src, src . a.n, srcs.a) -- src.a\n/* `src`.a */",
			"CREATE TRIGGER `dst`.t BEFORE INSERT ON `dst`.`a` FOR EACH ROW SET @x = CONCAT('src.a', \"src.b\", b.src, `dst` . a.n, srcs.a) -- src.a\n/* `src`.a */"},
	} {
		if got := portable(test.sort, test.ddl, "src", "dst"); got != test.want {
			t.Errorf("%s\n%s\nwant\n%s", test.sort, got, test.want)
		}
	}
}

func FuzzRenamed(f *testing.F) {
	f.Add("SELECT src.a, 'src.b', `src`.c -- src.d")
	f.Add("'unfinished src.a")
	f.Fuzz(func(t *testing.T, text string) {
		if got := renamed(text, "src", "src"); strings.ReplaceAll(got, "`src`", "src") != strings.ReplaceAll(text, "`src`", "src") {
			t.Errorf("%q became %q", text, got)
		}
	})
}

func TestDeferKeys(t *testing.T) {
	const ddl = "CREATE TABLE `t` (\n  `id` int NOT NULL AUTO_INCREMENT,\n  `a` int,\n  PRIMARY KEY (`id`),\n  UNIQUE KEY `u` (`a`),\n  FULLTEXT KEY `w` (`x`),\n  KEY `k` (`a`,`id`),\n" +
		"  CONSTRAINT `f` FOREIGN KEY (`a`) REFERENCES `t` (`id`),\n  CONSTRAINT `c` CHECK (`a` > 0)\n) ENGINE=InnoDB"
	without, keys := deferKeys(ddl, "`id`")
	without, foreign := deferForeign(without)
	const want = "CREATE TABLE `t` (\n  `id` int NOT NULL AUTO_INCREMENT,\n  `a` int,\n  PRIMARY KEY (`id`),\n  FULLTEXT KEY `w` (`x`),\n  CONSTRAINT `c` CHECK (`a` > 0)\n) ENGINE=InnoDB"
	if got := adding("t", keys); without != want || got != "ALTER TABLE `t` ADD UNIQUE KEY `u` (`a`), ADD KEY `k` (`a`,`id`)" {
		t.Errorf("%s\n%s", without, got)
	}
	if got := adding("t", foreign); got != "ALTER TABLE `t` ADD CONSTRAINT `f` FOREIGN KEY (`a`) REFERENCES `t` (`id`)" {
		t.Error(got)
	}
	for _, odd := range []string{
		strings.Replace(ddl, "  `a` int,", "  `a` int COMMENT 'x\ny',", 1),
		strings.Replace(ddl, "PRIMARY KEY (`id`)", "PRIMARY KEY (`a`)", 1),
		"CREATE TABLE `t` (\n  `id` int,\n  PRIMARY KEY (`id`)\n) ENGINE=InnoDB", "nonsense",
	} {
		primary := "`id`"
		if strings.Contains(odd, "PRIMARY KEY (`a`)") {
			primary = "`a`"
		}
		if without, keys := deferKeys(odd, primary); without != odd || len(keys) > 0 {
			t.Errorf("it took apart what it cannot read:\n%s\n%s", without, keys)
		}
	}
}

func TestStretchesCoverEveryKey(t *testing.T) {
	tab := &table{name: "t", bytes: 100, key: "`id`", first: -5, last: 20, columns: []column{{name: "id", value: "`id`"}}}
	got := tab.statements("s", 40)
	want := []string{"WHERE `id` < 4", "WHERE `id` >= 4 AND `id` < 13", "WHERE `id` >= 13"}
	if len(got) != len(want) {
		t.Fatal(got)
	}
	for i := range want {
		if !strings.HasSuffix(got[i], want[i]) {
			t.Errorf("%s, want %s", got[i], want[i])
		}
	}
}

func TestMethods(t *testing.T) {
	if m := MethodFor("10.11.19-MariaDB-0+deb12u1"); m.Chunk != 0 || m.Defer != 0 {
		t.Error(m)
	}
	if m := MethodFor("8.0.36"); m.Chunk == 0 || m.Defer == 0 || len(m.Session) == 0 {
		t.Error(m)
	}
}
