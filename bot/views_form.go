package bot

import (
	"encoding/json"
	"strconv"
	"time"

	"github.com/slack-go/slack"

	"qabot/store"
)

// Callbacks of what is not a button: forms and shortcuts. The shortcuts are named in the app's manifest.
const (
	callbackForm    = "qa_form"    // submitted: a new environment
	callbackSure    = "qa_sure"    // submitted: take it down
	callbackTold    = "qa_told"    // nothing to submit
	callbackNew     = "qa_new"     // global shortcut
	callbackMessage = "qa_message" // message shortcut
)

// Blocks of a form, and the elements in them. Slack keeps what was chosen for as long as a block has its name, also where
// the form proposes something else meanwhile: so what is proposed is part of the name.
const (
	blockApp    = "app"
	blockBranch = "branch" // with the app behind a colon
	blockKeep   = "keep"
	blockWhere  = "where" // with the channel that is proposed behind a colon

	elementApp    = "qa_form_app"
	elementBranch = "qa_form_branch"
	elementKeep   = "qa_form_keep"
	elementWhere  = "qa_form_where"
)

// form asks for a new environment.
type form struct {
	Apps   []App
	App    string                   // one of them
	Branch *slack.OptionBlockObject // proposed, or chosen before
	Where  string                   // channel proposed; empty: none
	Note   *store.Detail
	About  *store.Detail // what is known of the branch that was chosen
	Origin string        // channel in which it was opened
	Blank  bool          // what to propose is still being looked for: there is nothing to fill in yet
}

// formMemory is what a form carries along.
type formMemory struct {
	Origin string `json:",omitempty"`
}

// keeps are lengths of time to choose from besides the usual one.
func keeps() []time.Duration {
	const day = 24 * time.Hour
	return []time.Duration{4 * time.Hour, day, 3 * day, 7 * day}
}

// usual is the value of the length of time that the app has.
const usual = "usual"

func (f form) view(t texts) slack.ModalViewRequest {
	memory, err := json.Marshal(formMemory{f.Origin})
	if err != nil {
		panic(err) // strings always encode
	}
	var blocks []slack.Block
	if f.Note != nil {
		blocks = append(blocks, t.noteBlock("note", *f.Note))
	}
	v := slack.ModalViewRequest{
		Type: slack.VTModal, CallbackID: callbackForm, PrivateMetadata: string(memory),
		Title: plainText(t.of(formTitle).Say, 24), Close: plainText(t.of(formClose).Say, 24),
	}
	if f.Blank {
		v.Blocks.BlockSet = blocks
		return v
	}
	if len(f.Apps) > 1 {
		blocks = append(blocks, f.appInput(t))
	}
	blocks = append(blocks, f.branchInput(t))
	if f.About != nil {
		blocks = append(blocks, t.noteBlock("about", *f.About))
	}
	v.Blocks.BlockSet = append(blocks, keepInput(t), f.whereInput(t))
	v.Submit = plainText(t.of(formStart).Say, 24)
	return v
}

// noteBlock says something in a view.
func (t texts) noteBlock(id string, d store.Detail) slack.Block {
	return richText(id, row(t.full(d)...))
}

func (f form) appInput(t texts) slack.Block {
	var options []*slack.OptionBlockObject
	var first *slack.OptionBlockObject
	for _, a := range f.Apps[:min(len(f.Apps), optionsMost)] {
		o := slack.NewOptionBlockObject(a.Name, foreign(short(a.Name, optionRoom)), nil)
		options = append(options, o)
		if a.Name == f.App {
			first = o
		}
	}
	menu := slack.NewOptionsSelectBlockElement(slack.OptTypeStatic, nil, elementApp, options...)
	menu.InitialOption = first
	return slack.NewInputBlock(blockApp, plainText(t.of(formApp).Say, 75), nil, menu).WithDispatchAction(true)
}

func (f form) branchInput(t texts) slack.Block {
	menu := slack.NewOptionsSelectBlockElement(slack.OptTypeExternal, plainText(t.of(formSearch).Say, 150), elementBranch)
	menu.MinQueryLength = ref(0)
	menu.FocusOnLoad = true
	menu.InitialOption = f.Branch
	return slack.NewInputBlock(blockBranch+":"+f.App, plainText(t.of(formBranch).Say, 75), plainText(t.of(formHint).Say, 150), menu).WithDispatchAction(true)
}

func keepInput(t texts) slack.Block {
	first := slack.NewOptionBlockObject(usual, plainText(t.of(formUsual).Say, 75), nil)
	options := []*slack.OptionBlockObject{first}
	for _, d := range keeps() {
		options = append(options, slack.NewOptionBlockObject(d.String(), plainText(t.length(d), 75), nil))
	}
	menu := slack.NewOptionsSelectBlockElement(slack.OptTypeStatic, nil, elementKeep, options...)
	menu.InitialOption = first
	return slack.NewInputBlock(blockKeep, plainText(t.of(formKeep).Say, 75), nil, menu)
}

// length is a whole number of hours, or of days.
func (t texts) length(d time.Duration) string {
	const day = 24 * time.Hour
	if d > day && d%day == 0 {
		return t.plain(t.of(formDays).Say, strconv.Itoa(int(d/day)))
	}
	return t.plain(t.of(formHours).Say, strconv.Itoa(int(d/time.Hour)))
}

func (f form) whereInput(t texts) slack.Block {
	menu := slack.NewOptionsSelectBlockElement(slack.OptTypeConversations, plainText(t.of(formWhereNone).Say, 150), elementWhere)
	menu.InitialConversation = f.Where
	menu.Filter = &slack.SelectBlockElementFilter{Include: []string{"public", "private"}, ExcludeBotUsers: true, ExcludeExternalSharedChannels: true}
	return slack.NewInputBlock(blockWhere+":"+f.Where, plainText(t.of(formWhere).Say, 75), plainText(t.of(formWhereHint).Say, 150), menu).WithOptional(true)
}

// sureView asks before an environment is taken down; value names the state of it that was looked at. The branch is left out while it is not known.
func sureView(t texts, branch, value string) slack.ModalViewRequest {
	said := []slack.Block{richText("means", row(t.rich(t.of(labelSureText).Say)...))}
	if branch != "" {
		said = append([]slack.Block{richText("what", row(strong(short(branch, maxBranch))))}, said...)
	}
	return slack.ModalViewRequest{
		Type: slack.VTModal, CallbackID: callbackSure, PrivateMetadata: value,
		Title: plainText(t.of(formSure).Say, 24), Submit: plainText(t.of(labelDown).Say, 24), Close: plainText(t.of(labelKeep).Say, 24),
		Blocks: slack.Blocks{BlockSet: said},
	}
}

// toldView stands in the place of a form that was submitted, and says where the story is told.
func toldView(t texts, said ...slack.RichTextElement) slack.ModalViewRequest {
	return slack.ModalViewRequest{
		Type: slack.VTModal, CallbackID: callbackTold, Title: plainText(t.of(formTitle).Say, 24), Close: plainText(t.of(formDone).Say, 24),
		Blocks: slack.Blocks{BlockSet: []slack.Block{richText("told", said...)}},
	}
}
