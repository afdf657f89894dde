package tracenl

import (
	"fmt"
	"slices"
	"strings"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/rtnl"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// A Message is a message in words.
type Message struct {
	Type  string // such as RTM_NEWLINK, "wireguard SET_DEVICE" or "ack"
	Flags string // separated by commas
	Text  string // the contents
	Err   error  // of an answer
}

// A Speller appends the words for the body of a message, each preceded by a space.
type Speller func(b, body []byte) []byte

// Describe puts a message of a generic netlink family, or of route netlink if the family
// is empty, into words. The link spells messages about links.
func Describe(family string, m wire.Message, link Speller) Message {
	switch {
	case m.Type == uapi.NLMSG_ERROR || m.Type == uapi.NLMSG_DONE:
		return end(m)
	case m.Type < firstType:
		return Message{Type: attr.Word(controlTypes, m.Type)}
	case family != "":
		return generic(family, m)
	}
	return route(m, link)
}

// firstType is the first number of a type that belongs to a family (NLMSG_MIN_TYPE).
const firstType = 16

// controlTypes are the types of messages without contents that all families share.
var controlTypes = attr.Words{1: "noop", 4: "overrun"}

// end describes the last message of an answer.
func end(m wire.Message) Message {
	text, err := rtnl.ParseEnd(m)
	d := Message{Type: "ack", Text: attr.Printable(text), Err: err}
	switch {
	case m.Type == uapi.NLMSG_DONE:
		d.Type = "done"
	case err != nil:
		d.Type = "error"
	}
	return d
}

// A word stands for bits of a number.
type word struct {
	bits uint32
	text string
}

// sharedFlags are the flags whose meaning does not depend on the type. Requests have the
// flag request, and nearly all that change something the flag ack; neither is shown.
var sharedFlags = []word{
	{uapi.NLM_F_REQUEST | uapi.NLM_F_ACK, ""}, {uapi.NLM_F_MULTI, "multi"}, {uapi.NLM_F_ECHO, "echo"},
	{uapi.NLM_F_DUMP_INTR, "dump_intr"}, {uapi.NLM_F_DUMP_FILTERED, "dump_filtered"},
}

// The flags of messages that make, remove and read something.
var (
	newFlags = []word{{uapi.NLM_F_CREATE, "create"}, {uapi.NLM_F_EXCL, "excl"}, {uapi.NLM_F_REPLACE, "replace"}, {uapi.NLM_F_APPEND, "append"}}
	delFlags = []word{{uapi.NLM_F_BULK, "bulk"}}
	getFlags = []word{{uapi.NLM_F_DUMP, "dump"}}
)

// spellBits returns the words for the bits of a number, separated by commas, and the bits
// without a word in hexadecimal.
func spellBits(v uint32, words ...[]word) string {
	var all []string
	for _, w := range slices.Concat(words...) {
		if v&w.bits != 0 && w.text != "" {
			all = append(all, w.text)
		}
		v &^= w.bits
	}
	if v != 0 {
		all = append(all, fmt.Sprintf("%#x", v))
	}
	return strings.Join(all, ",")
}

// spelled returns the words that f appends, without the space before the first one.
func spelled(f Speller, body []byte) string {
	return strings.TrimPrefix(string(f(nil, body)), " ")
}
