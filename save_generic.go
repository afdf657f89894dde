package iplink

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/rtnl"
)

// A savable is a genericInfo whose settings Save reads.
type savable interface {
	genericInfo
	// saveTo adds the settings to a builder that has all that route netlink reports. It
	// leaves out keys, and notes that.
	saveTo(*spec)
}

// readGeneric adds the settings that only generic netlink reports, as far as the program
// has the privilege to read them. A link that is gone by now has no others.
func (s *saving) readGeneric(ctx context.Context, c *Conn, links []*Link) error {
	links = slices.DeleteFunc(slices.Clone(links), func(l *Link) bool { return s.specs[l.Index] == nil || kindOf(l.Kind).saved == nil })
	if len(links) == 0 {
		return nil
	}
	return c.inside(func() error {
		for _, l := range links {
			b := s.specs[l.Index]
			known, err := kindOf(l.Kind).saved().read(ctx, rtnl.Here, l.Index)
			switch {
			case errors.Is(err, fs.ErrPermission):
				b.spec.leaveOut("the settings in generic netlink, which take CAP_NET_ADMIN")
			case errors.Is(err, errNotReported):
				b.spec.leaveOut("the settings in generic netlink, which the kernel does not list")
			case isGone(err):
			case err != nil:
				return &Error{Op: "save", Kind: l.Kind, Name: l.Name, Err: bareErr(err)}
			default:
				known.(savable).saveTo(&b.spec)
			}
		}
		return nil
	})
}

// settableRows returns the rows of an info that have a value.
func settableRows(i info) (set attr.Set) {
	var c attr.Codec
	new(attr.Codec).Describe(i.attrs, func(r attr.Row) {
		if r.Settable() && c.Value(r.Type, nil, i.attrs) != "" {
			set.Add(r.Type)
		}
	})
	return set
}

// leaveOut notes something that the link has and the builder does not set.
func (s *spec) leaveOut(text string) {
	s.leftOut = append(s.leftOut, text)
}

// leaveOutf is leaveOut with a format.
func (s *spec) leaveOutf(format string, args ...any) {
	s.leaveOut(fmt.Sprintf(format, args...))
}

// leftOutComment returns a comment about everything that Save left out of a builder and of
// the other end of a pair.
func (s *spec) leftOutComment() string {
	var all []string
	for end := range ends([]*spec{s}) {
		all = append(all, end.leftOut...)
	}
	if len(all) == 0 {
		return ""
	}
	return " # left out: " + attr.Printable(strings.Join(all, ", "))
}
