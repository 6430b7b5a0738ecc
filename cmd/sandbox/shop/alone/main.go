// Command alone is the shop without the sandbox around it. Tests start hundreds of containers, and this program starts in a
// tenth of the time that theirs takes.
package main

import (
	"context"
	"os"

	"qabot/cmd/sandbox/shop"
)

// main is called as the sandbox is: alone shop WHAT.
func main() {
	os.Exit(shop.Main(context.Background(), os.Args[min(2, len(os.Args)):], os.Stdout, os.Stderr))
}
