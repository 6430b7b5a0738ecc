package store

// Key is a key of Redis as it is kept with other data.
type Key struct {
	Name    []byte
	Scoped  bool   `json:",omitempty"` // its name stands behind the environment's namespace
	Expires int64  `json:",omitempty"` // Unix time in milliseconds; 0: never
	Payload []byte // as DUMP gives it
}
