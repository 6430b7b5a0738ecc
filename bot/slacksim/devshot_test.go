//go:build dev

package slacksim_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

func TestDevShot(t *testing.T) {
	f, _ := os.Open(os.Getenv("STEPS"))
	ctx, c1 := chromedp.NewExecAllocator(context.Background(), append(chromedp.DefaultExecAllocatorOptions[:], chromedp.NoSandbox, chromedp.ExecPath("/usr/bin/chromium"), chromedp.WindowSize(1280, 800))...)
	defer c1()
	ctx, c2 := chromedp.NewContext(ctx)
	defer c2()
	if err := chromedp.Do(ctx); err != nil { t.Fatal(err) }
	msgs := chromedp.Console(ctx)
	go func() { for m, err := range msgs { if err != nil { return }; fmt.Println("CON", m) } }()
	defer time.Sleep(100*time.Millisecond)
	s := bufio.NewScanner(f)
	for s.Scan() {
		line := strings.TrimSpace(s.Text())
		if line == "" { continue }
		op, rest, _ := strings.Cut(line, " ")
		ctx2, c := context.WithTimeout(ctx, 8*time.Second)
		var err error
		switch op {
		case "url":
			err = chromedp.Do(ctx2, chromedp.Navigate(rest), chromedp.WaitVisible(chromedp.CSS(`body[data-ready="true"]`)))
		case "size":
			x, y, _ := strings.Cut(rest, "x"); xi, _ := strconv.Atoi(x); yi, _ := strconv.Atoi(y)
			err = chromedp.Do(ctx2, chromedp.EmulateViewport(int64(xi), int64(yi)))
		case "click":
			err = chromedp.Do(ctx2, chromedp.Click(chromedp.CSS(rest)))
		case "eval":
			var out any
			out, err = chromedp.Run(ctx2, chromedp.Evaluate[any](rest))
			fmt.Println("EVAL", out)
		case "type":
			sel, txt, _ := strings.Cut(rest, " | ")
			txt = strings.NewReplacer("{enter}", kb.Enter, "{tab}", kb.Tab, "{down}", kb.ArrowDown, "{esc}", kb.Escape).Replace(txt)
			err = chromedp.Do(ctx2, chromedp.SendKeys(chromedp.CSS(sel), txt))
		case "wait":
			ms, _ := strconv.Atoi(rest)
			time.Sleep(time.Duration(ms) * time.Millisecond)
		case "shot":
			var buf []byte
			buf, err = chromedp.Run(ctx2, chromedp.CaptureScreenshot())
			os.WriteFile(rest, buf, 0o644)
		}
		c()
		if err != nil { t.Fatalf("%s: %v", line, err) }
	}
}
