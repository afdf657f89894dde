package iplink

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/iplink-go/iplink/inet"
	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/fdbmsg"
	"github.com/iplink-go/iplink/internal/inetnl"
	"github.com/iplink-go/iplink/internal/own"
	"github.com/iplink-go/iplink/internal/rtnl"
)

// A SaveOption makes Save include more than it does without.
type SaveOption func(*saving)

// SaveObjects makes Save include objects that packages of kinds have. It is for these
// packages: see Objects of packages bridge and vxlan.
func SaveObjects(saver own.Saver) SaveOption {
	return func(s *saving) { s.savers = append(s.savers, saver) }
}

// readObjects adds the forwarding entries of the saved links, and the objects of the
// options.
func (s *saving) readObjects(ctx context.Context, c *Conn, links []*Link) error {
	all := map[int]*own.Saved{}
	for _, l := range links {
		if b := s.specs[l.Index]; b != nil {
			all[l.Index] = &own.Saved{Index: l.Index, Master: l.Master, Address: l.Address, Info: l.Info, Link: &b.spec.Settings, Port: b.spec.port}
			if flood := kindOf(l.Kind).flood; flood != nil {
				all[l.Index].Flood = flood(l.Info)
			}
		}
	}
	for _, saver := range append([]own.Saver{fdbmsg.Save}, s.savers...) {
		if err := saver(ctx, c.rt, all); err != nil {
			return &Error{Op: "save", Err: bareErr(err)}
		}
	}
	return nil
}

// readSysctls adds the settings of IP that differ from the namespace's own for new links.
func (s *saving) readSysctls(c *Conn, links []*Link) error {
	usual, err := c.newSysctls()
	if err != nil {
		return &Error{Op: "save", Attr: "sysctls", Err: bareErr(err)}
	}
	for _, l := range links {
		b := s.specs[l.Index]
		if b == nil {
			continue
		}
		for _, of := range usual {
			value, known := l.sysctl(of)
			want := inet.Sysctl{Family: of.Family, Name: of.Name, Value: value}
			if known && value != of.Value && inetnl.SysctlFault(want) == "" && !l.hasSysctlByKernel(want) {
				b.spec.sysctls = append(b.spec.sysctls, want)
			}
		}
	}
	return nil
}

// hasSysctlByKernel reports whether the kernel gives such a link a setting that is not the
// namespace's for new links.
func (l *Link) hasSysctlByKernel(s inet.Sysctl) bool {
	switch s.Name {
	case "use_tempaddr":
		return s.Value < 0 // a link that has no temporary addresses
	case "disable_xfrm", "disable_policy":
		return l.Type == HardwareLoopback && s.Family == "ipv4"
	}
	return false
}

// newSysctls returns the settings that new links have in the namespace. It leaves out those
// that the kernel does not have.
func (c *Conn) newSysctls() (all []inet.Sysctl, err error) {
	return all, c.inside(func() error {
		for _, s := range inetnl.AllSysctls() {
			text, err := os.ReadFile("/proc/sys/net/" + s.Family + "/conf/default/" + s.Name)
			if os.IsNotExist(err) {
				continue
			}
			if err == nil {
				s.Value, err = strconv.Atoi(strings.TrimSpace(string(text)))
			}
			if err != nil {
				return err
			}
			all = append(all, s)
		}
		return nil
	})
}

// readGeneric adds the settings that only generic netlink reports, as far as the program
// has the privilege to read them.
func (s *saving) readGeneric(ctx context.Context, c *Conn, links []*Link) error {
	links = slices.DeleteFunc(slices.Clone(links), func(l *Link) bool { return s.specs[l.Index] == nil || kindOf(l.Kind).saved == nil })
	if len(links) == 0 {
		return nil
	}
	return c.inside(func() error {
		for _, l := range links {
			known, err := kindOf(l.Kind).saved().read(ctx, rtnl.Here, l.Index)
			switch {
			case errors.Is(err, fs.ErrPermission):
			case err != nil:
				return &Error{Op: "save", Kind: l.Kind, Name: l.Name, Err: bareErr(err)}
			default:
				b := s.specs[l.Index]
				b.spec.Info, b.spec.Set = known, settableRows(known)
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

// inside runs fn in the namespace of the Conn.
func (c *Conn) inside(fn func() error) error {
	ns, err := c.netns()
	if err != nil {
		return err
	}
	return ns.visit(fn)
}
