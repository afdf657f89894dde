// Package jsonform reads and writes JSON with the places of its values, and converts
// between JSON and Go values whose fields have words as tags.
package jsonform

import (
	"errors"
	"strconv"

	"github.com/iplink-go/iplink/internal/words"
)

// A Kind is the kind of a JSON value.
type Kind uint8

// Kinds of values.
const (
	Null Kind = iota
	Bool
	Number
	Text
	List
	Object
)

var kindNames = [...]string{"null", "true or false", "a number", "a string", "a list", "an object"}

// String returns the kind in words, such as "a list".
func (k Kind) String() string { return kindNames[k] }

// A Node is a JSON value with its place in the text.
type Node struct {
	Kind    Kind
	Text    string // a string, the digits of a number, "true", "false" or "null"
	Items   []*Node
	Members []Member

	line, column int
	parent       *Node
	name         string // of the member, if the parent is an object
	index        int    // otherwise
}

// A Member is a member of an object. Key is the place of its name.
type Member struct {
	Name  string
	Key   words.Word
	Value *Node
}

// Path returns the place of the node inside the outermost value, such as "peer.addrs[1]".
func (n *Node) Path() string {
	switch {
	case n == nil || n.parent == nil:
		return ""
	case n.parent.Kind == List:
		return n.parent.Path() + "[" + strconv.Itoa(n.index) + "]"
	}
	return join(n.parent.Path(), n.name)
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// Word returns the text of the node as a word of a command, with its place.
func (n *Node) Word() words.Word {
	return words.Word{Text: n.Text, Line: n.line, Column: n.column}
}

// Fault returns an error about the value.
func (n *Node) Fault(text string) error {
	return &words.Fault{Word: n.Word(), Text: text, Path: n.Path()}
}

// HiddenFault is Fault for a value that must not appear in errors.
func (n *Node) HiddenFault(text string) error {
	return &words.Fault{Word: words.Word{Line: n.line, Column: n.column}, Text: text, Path: n.Path()}
}

// Unknown returns an error about a value that is not a known word.
func (n *Node) Unknown(known []string) error {
	return n.Placed(words.UnknownText(n.Word(), known))
}

// UnknownMember returns an error about a name that is not known. It suggests the name that
// means the same, or else the one that is most like it.
func (n *Node) UnknownMember(m *Member, known []string, same string) error {
	f := words.UnknownText(m.Key, known)
	if same != "" {
		f.Suggest(same)
	}
	return n.notHere(m, f)
}

// MemberFault returns an error about a member as a whole.
func (n *Node) MemberFault(m *Member, text string) error {
	return n.notHere(m, &words.Fault{Word: m.Key, Text: text})
}

func (n *Node) notHere(m *Member, f *words.Fault) error {
	f.Path = join(n.Path(), m.Name)
	return f
}

// Placed returns err with the path of the node, if it is an error about words.
func (n *Node) Placed(err error) error {
	if f, ok := errors.AsType[*words.Fault](err); ok && f.Path == "" {
		f.Path = n.Path()
	}
	return err
}

// Args returns the node as words of a command after the name of a setting.
func (n *Node) Args(name string) *words.Args {
	all := []words.Word{{Text: name, Line: n.line, Column: n.column}, n.Word()}
	if n.Kind == List {
		all = all[:1]
		for _, item := range n.Items {
			all = append(all, item.Word())
		}
	}
	args := words.NewArgs(all, words.Word{Line: n.line, Column: n.column})
	args.Next()
	return args
}

// Want returns an error unless the node is of one of the kinds.
func (n *Node) Want(kinds ...Kind) error {
	text := ""
	for i, k := range kinds {
		if n.Kind == k {
			return nil
		}
		if i > 0 {
			text += " or "
		}
		text += k.String()
	}
	return n.HiddenFault("it is " + n.Kind.String() + ", where " + text + " is due")
}
