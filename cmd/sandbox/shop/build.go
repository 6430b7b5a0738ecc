package shop

import (
	"bufio"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
)

// build stands for `docker build`: it goes through the checkout's Dockerfile and looks for what it copies. Unlike the other
// parts it needs neither database nor Redis.
func build(dir string, stdout io.Writer) error {
	files, err := os.OpenRoot(dir)
	if err != nil {
		return fmt.Errorf("open the checkout: %w", err)
	}
	defer files.Close()
	f, err := files.Open("Dockerfile")
	if err != nil {
		return fmt.Errorf("open Dockerfile: %w", err)
	}
	defer f.Close()
	var steps []string
	for s := bufio.NewScanner(f); s.Scan(); {
		if line := strings.TrimSpace(s.Text()); line != "" && !strings.HasPrefix(line, "#") {
			steps = append(steps, line)
		}
	}
	for i, step := range steps {
		fmt.Fprintf(stdout, "Step %d/%d : %s\n", i+1, len(steps), step)
		words := strings.Fields(step)
		if words[0] != "COPY" || len(words) < 3 {
			continue
		}
		for _, file := range words[1 : len(words)-1] {
			if _, err := fs.Stat(files.FS(), file); err != nil {
				return fmt.Errorf("COPY failed: file not found in build context: %s", file)
			}
		}
	}
	return nil
}
