package bot

import (
	"strings"

	"github.com/slack-go/slack"
)

// textSign stands for an emoji where there are none.
func textSign(emoji string) string {
	switch emoji {
	case "heavy_plus_sign":
		return "+"
	case "pencil2":
		return "~"
	case "heavy_minus_sign":
		return "-"
	case "white_check_mark":
		return "="
	case "grey_question":
		return "?"
	case "no_entry", "warning":
		return "!"
	case "hourglass_flowing_sand":
		return "."
	case "double_vertical_bar":
		return "|"
	}
	return ":" + emoji + ":"
}

// lines writes the rich text of a view for a terminal.
func (v view) lines() string {
	var b strings.Builder
	for _, block := range v.Blocks {
		rich, ok := block.(*slack.RichTextBlock)
		if !ok {
			continue
		}
		for _, e := range rich.Elements {
			section, ok := e.(*slack.RichTextSection)
			if !ok {
				continue
			}
			for _, part := range section.Elements {
				b.WriteString(inPlain(part))
			}
			b.WriteByte('\n')
		}
	}
	return b.String()
}

func inPlain(e element) string {
	switch e := e.(type) {
	case *slack.RichTextSectionTextElement:
		return e.Text
	case *slack.RichTextSectionLinkElement:
		return e.URL
	case *slack.RichTextSectionEmojiElement:
		return textSign(e.Name)
	}
	return ""
}
