package store

// Leaks are keys of the shared Redis that belong to no environment.
type Leaks struct {
	Number int    // database number that was looked at
	Keys   int64  // in it
	Looked int64  // of them; where they are fewer, the counts are estimates
	Found  []Leak // the most first
}

// Leak is a sort of keys.
type Leak struct {
	Pattern string // that they have in common: "rack::attack:*"
	Keys    int64
	Example string // one of them
	Maker   string // library that makes such keys; empty: not known
}
