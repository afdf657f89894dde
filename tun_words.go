package iplink

import (
	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/words"
)

// MarshalText returns the result of String.
func (t TunType) MarshalText() ([]byte, error) {
	return []byte(t.String()), nil
}

// UnmarshalText reads a result of String. The error matches fs.ErrInvalid.
func (t *TunType) UnmarshalText(text []byte) error {
	return attr.ReadWord(tunTypes, "tun type", text, t)
}

// ReadWords reads the number.
func (i *tunID) ReadWords(_ string, args *words.Args) error {
	n, err := args.Number(32)
	if err != nil {
		return err
	}
	id := tunID(n)
	if err := id.Check(); err != nil {
		return args.Fault(err.Error())
	}
	*i = id
	return nil
}

// tuntapCommand reads `ip tuntap add` and `ip tuntap delete`.
func (p *parsing) tuntapCommand(at place, args *words.Args) error {
	verb, ok := words.Match(args.Next(), []string{"add", "delete"})
	if !ok {
		return args.Unknown([]string{"add", "delete"})
	}
	e := newEditor(KindTun, "")
	s := &e.spec
	if err := readTuntap(s, args); err != nil {
		return err
	}
	switch {
	case s.Name == "":
		return args.Missing("the name of the link")
	case !s.Set.Has(uapi.IFLA_TUN_TYPE):
		return args.Missing(`"mode" and a mode`)
	}
	d := &subject{spec: e, s: s, key: placeName{at.word, s.Name}, made: true}
	if verb == "delete" {
		a := Absent(s.Name)
		d.spec, d.s = a, a.description()
	}
	d.s.netns = at.ns
	return p.add(d, args)
}

// readTuntap reads the words about a link. Any other word is the name.
func readTuntap(s *spec, args *words.Args) error {
	table := attr.NewReader(&s.Set, &s.Refs, s.info().attrs, attr.Scope{})
	for args.More() {
		word := args.Next()
		switch {
		case word == "one_queue": // which the kernel ignores
			continue
		case word == "dev", word == "name":
			if _, err := args.Value(); err != nil {
				return err
			}
		default:
			if _, known, err := table.Read(word, args); err != nil {
				return err
			} else if known {
				continue
			}
		}
		if err := nameTuntap(s, args); err != nil {
			return err
		}
	}
	return nil
}

// nameTuntap makes the last word the name of the link.
func nameTuntap(s *spec, args *words.Args) error {
	if s.Name != "" {
		return args.Unknown([]string{"dev", "group", "mode", "multi_queue", "name", "one_queue", "pi", "user", "vnet_hdr"})
	}
	args.Back()
	s.Name = args.Next()
	return nil
}
