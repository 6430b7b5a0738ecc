package bot

import (
	"strings"

	"github.com/slack-go/slack"

	"qabot/store"
)

// proofsNow gives what the services that can be asked answered with when they were last asked.
func (s scene) proofsNow() map[store.Kind]store.Detail {
	said := map[store.Kind]store.Detail{}
	for k, o := range s.env.Status.Seen {
		if o.Proof.Code != "" && k.Sort() == "service" {
			said[k] = o.Proof
		}
	}
	return said
}

// doubtful gives the words for an environment of which a role was asked and did not prove what runs; none where all did.
func doubtful(proofs map[store.Kind]store.Detail) (label string) {
	for _, p := range proofs {
		switch p.Code {
		case store.ProofGiven, store.ProofAsking:
		case store.ProofOther:
			return labelUnproven
		default:
			label = labelUntold
		}
	}
	return label
}

// proofRows says what was proven in one line, and each doubt in a line of its own; long says what a doubt means, too.
func (s scene) proofRows(proofs map[store.Kind]store.Detail, long bool) []slack.RichTextElement {
	var proven []string
	var commit string
	var doubts []slack.RichTextElement
	for _, k := range kindsOf(s.app, s.env) {
		p, asked := proofs[k]
		switch {
		case !asked || p.Code == store.ProofAsking:
		case p.Code == store.ProofGiven && len(p.Args) > 0:
			proven, commit = append(proven, k.Role()), p.Args[0]
		default:
			parts := append([]element{emoji("warning"), words(" ")}, s.proof(k.Role(), p, long)...)
			doubts = append(doubts, row(parts...))
		}
	}
	if len(proven) == 0 {
		return doubts
	}
	return append([]slack.RichTextElement{row(s.texts.rich(s.word(labelProven), strings.Join(proven, ", "), sha(commit))...)}, doubts...)
}

// proof says what one role answered.
func (s scene) proof(role string, p store.Detail, long bool) []element {
	args := proofArgs(role, p)
	said := s.word(p.Code)
	if long {
		said = s.texts.whole(s.texts.of(p.Code), args)
	}
	return s.texts.rich(said, args...)
}

// proofArgs are what the words of an answer speak of.
func proofArgs(role string, p store.Detail) []string {
	args := []string{role}
	for _, a := range p.Args {
		if p.Code == store.ProofGiven || p.Code == store.ProofOther {
			a = sha(a)
		}
		args = append(args, short(a, 100))
	}
	return args
}
