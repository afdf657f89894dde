package iplink

import (
	"slices"
	"strings"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/own"
	"github.com/iplink-go/iplink/internal/words"
)

// kind reads the words after "type".
func (r *linkReader) kind(args *words.Args) error {
	kind, err := args.Value()
	if err != nil {
		return err
	}
	s := &r.e.spec
	if master, ok := strings.CutSuffix(kind, "_slave"); ok && kindOf(master).port != nil {
		return r.port(master, args)
	}
	switch _, known := kinds[kind]; {
	case !known:
		return args.Unknown(append(kindNames(), portKinds()...))
	case s.Kind == "":
		if s.become(kind); s.maker() != nil {
			return args.Faultf("ip link makes no %s links: the command that makes them is read", kind)
		}
	case s.Kind != kind:
		return args.Faultf("%q is %s", s.Name, article(s.Kind))
	}
	return r.kindWords(args)
}

// portKinds returns the words for settings as a port.
func portKinds() (all []string) {
	for _, name := range kindNames() {
		if kinds[name].port != nil {
			all = append(all, name+"_slave")
		}
	}
	return all
}

// A wordReader is an info with words that are not the names of rows.
type wordReader interface {
	info
	// readWord reads the setting of a word, and reports false if the word has none.
	readWord(s *own.Settings, word string, args *words.Args) (bool, error)
	moreWords() []string
}

// A finisher is an info that completes the settings that were read.
type finisher interface {
	info
	afterWords(s *own.Settings)
}

// kindWords reads the settings of the kind, and the other end of a pair.
func (r *linkReader) kindWords(args *words.Args) error {
	s := &r.e.spec
	paired := s.kind().peer != 0 && !r.isPeer
	var more []string
	if paired {
		more = append(more, "peer")
	}
	if s.info() == nil {
		if args.More() {
			args.Next()
			return args.Unknown(more)
		}
		return nil
	}
	peer, err := readSettings(&s.Settings, attr.Scope{Without: s.kind().ofPeer}, more, args)
	if err == nil && peer {
		return r.readPeer(args)
	}
	return err
}

// readSettings reads settings that only a kind or its ports have, up to one of the words of
// until.
func readSettings(s *own.Settings, scope attr.Scope, until []string, args *words.Args) (stopped bool, err error) {
	i := infoOf(s)
	table := attr.NewReader(&s.Set, &s.Refs, i.attrs, scope)
	own, _ := i.(wordReader)
	for args.More() {
		word := args.Next()
		if slices.Contains(until, word) {
			return true, nil
		}
		if own != nil {
			if known, err := own.readWord(s, word, args); err != nil {
				return false, err
			} else if known {
				continue
			}
		}
		_, known, err := table.Read(word, args)
		if err != nil {
			return false, err
		}
		if !known {
			return false, args.Unknown(append(append(table.Words(), until...), moreOf(own)...))
		}
	}
	if f, ok := i.(finisher); ok {
		f.afterWords(s)
	}
	return false, nil
}

func moreOf(w wordReader) []string {
	if w == nil {
		return nil
	}
	return w.moreWords()
}

// readPeer reads the words after "peer": settings of the kind that are about the other end,
// and the other end itself.
func (r *linkReader) readPeer(args *words.Args) error {
	s := &r.e.spec
	alone := !args.More()
	if !s.kind().ofPeer.Empty() {
		ofPeer := attr.NewReader(&s.Set, &s.Refs, s.info().attrs, attr.Scope{Prefix: "peer "})
		for args.More() && ofPeer.Knows(args.Peek()) {
			if _, _, err := ofPeer.Read(args.Next(), args); err != nil {
				return err
			}
		}
	}
	if !args.More() && !alone {
		return nil
	}
	r.peer = newEditor(s.Kind, "")
	s.Peer = r.peer
	r.below = r.p.linkReader(r.peer, r.at)
	r.below.isPeer = true
	return r.below.read(args)
}

// port reads settings as a port of a kind of master.
func (r *linkReader) port(kind string, args *words.Args) error {
	port := r.e.spec.portOf(kind)
	if port == nil {
		return args.Faultf("the link is a port of a %s already", r.e.spec.port.Kind)
	}
	_, err := readSettings(port, attr.Scope{}, nil, args)
	return err
}

// portOf returns the settings as a port of a kind of master, or nil if the spec has those
// of another kind.
func (s *spec) portOf(kind string) *own.Settings {
	if s.port == nil {
		port := own.New(kind, "", emptyOf(newPortInfo(kind)))
		s.port = &port
	}
	if s.port.Kind != kind {
		return nil
	}
	return s.port
}
