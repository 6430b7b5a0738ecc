package bot

import "testing"

func TestHintsFromLogs(t *testing.T) {
	for line, want := range map[string]string{
		"Mysql2::Error::ConnectionError: Too many connections":                             hintConnections,
		"ERROR 1040 (HY000): too many connections":                                         hintConnections,
		"ERROR 1226 (42000): User 'qa_x' has exceeded the 'max_user_connections' resource": hintShare,
		"User qa_x already has more than 'max_user_connections' active connections":        hintShare,
		"Redis: too many connectionsX":                                                     "",
		"order 1040 and 1226 shipped":                                                      "",
		"":                                                                                 "",
	} {
		if got := hint([]string{"booting", line}); got != want {
			t.Errorf("%q: %q, want %q", line, got, want)
		}
	}
	if got := hint([]string{"Too many connections", "max_user_connections"}); got != hintShare {
		t.Errorf("of both: %q", got)
	}
}
