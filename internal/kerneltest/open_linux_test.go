package kerneltest_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bond"
	"github.com/iplink-go/iplink/bridge"
	"github.com/iplink-go/iplink/fdb"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/macsec"
	"github.com/iplink-go/iplink/macvtap"
	"github.com/iplink-go/iplink/nlmon"
	"github.com/iplink-go/iplink/team"
	"github.com/iplink-go/iplink/vxlan"
)

// An opened link with an operation that requests something of it.
type opened interface {
	io.Closer
	Index() int
}

// An opener opens links of a kind. There, the link has another index than elsewhere, and
// the report of use contains the word that only it has.
type opener struct {
	kind string
	open func(ctx context.Context, name string, options ...iplink.OpenOption) (opened, error)
	use  func(ctx context.Context, o opened) (report string, err error)
	// add are the commands that make the link t0 with an index.
	add func(index int) []string
	// mark gives the link the word.
	mark []string
	word string
}

func openAs[T opened](open func(context.Context, string, ...iplink.OpenOption) (T, error)) func(context.Context, string, ...iplink.OpenOption) (opened, error) {
	return func(ctx context.Context, name string, options ...iplink.OpenOption) (opened, error) {
		o, err := open(ctx, name, options...)
		if err != nil {
			return nil, err // not an interface with a nil pointer
		}
		return o, nil
	}
}

func say[T any](v T, err error) (string, error) { return fmt.Sprintf("%+v", v), err }

var openers = []opener{
	{iplink.KindBridge, openAs(bridge.Open),
		func(ctx context.Context, o opened) (string, error) {
			return say(o.(*bridge.Bridge).ListFDB(ctx, fdb.Filter{}))
		},
		func(index int) []string { return []string{fmt.Sprintf("link add t0 index %d up type bridge", index)} },
		[]string{"link add p7 address 02:12:34:56:78:9a type veth peer name q7", "link set p7 master t0 up"}, "02:12:34:56:78:9a"},
	{iplink.KindVXLAN, openAs(vxlan.Open),
		func(ctx context.Context, o opened) (string, error) {
			return say(o.(*vxlan.VXLAN).ListFDB(ctx, fdb.Filter{}))
		},
		func(index int) []string {
			return []string{fmt.Sprintf("link add t0 index %d type vxlan id %d dstport 4789", index, index)}
		},
		[]string{"link set t0 type vxlan remote 192.0.2.77"}, "192.0.2.77"},
	{iplink.KindBond, openAs(bond.Open),
		func(ctx context.Context, o opened) (string, error) { return say(portNames(o.(*bond.Bond).Ports(ctx))) },
		func(index int) []string { return []string{fmt.Sprintf("link add t0 index %d type bond", index)} },
		[]string{"link add p7 type dummy", "link set p7 master t0"}, "p7"},
	{iplink.KindTeam, openAs(team.Open),
		func(ctx context.Context, o opened) (string, error) { return say(o.(*team.Team).Ports(ctx)) },
		func(index int) []string { return []string{fmt.Sprintf("link add t0 index %d type team", index)} },
		[]string{"link add p7 type dummy", "link set p7 master t0"}, "p7"},
	{iplink.KindMACsec, openAs(macsec.Open),
		func(ctx context.Context, o opened) (string, error) {
			s, err := o.(*macsec.MACsec).Status(ctx)
			if err != nil {
				return "", err
			}
			return fmt.Sprint(s.TxSAs), nil
		},
		func(index int) []string {
			return []string{"link add e0 type dummy", fmt.Sprintf("link add t0 link e0 index %d type macsec", index)}
		},
		[]string{"macsec add t0 tx sa 3 pn 1656 on key 01 " + strings.Repeat("81", 16)}, "1656"},
}

func portNames(ports []bond.PortLink, err error) ([]string, error) {
	var names []string
	for _, p := range ports {
		names = append(names, p.Link.Name)
	}
	return names, err
}

// places are three namespaces with a link t0 of a kind: that of the test's thread, that
// of the option, and another one.
type places struct {
	*testing.T
	opener
	here, there, other *testutil.Lab
}

const indexThere = 0x1234

func (o opener) places(t *testing.T) *places {
	testutil.Need(t, o.kind)
	p := &places{t, o, testutil.NewLab(t), testutil.NewLab(t), testutil.NewLab(t)}
	p.here.Batch(o.add(0x77)...)
	p.other.Batch(o.add(0x88)...)
	p.there.Batch(o.add(indexThere)...)
	p.there.Batch(o.mark...)
	return p
}

// try opens the link on a thread in the first namespace.
func (p *places) try(name string, options ...iplink.OpenOption) (o opened, err error) {
	p.Helper()
	p.here.In(func() { o, err = p.open(p.Context(), name, options...) })
	return o, err
}

// wants demands that the link was opened where it has the word, and closes it.
func (p *places) wants(why string, o opened, err error) {
	p.Helper()
	if err != nil {
		p.Errorf("%s: %v", why, err)
		return
	}
	report, err := p.use(p.Context(), o)
	if o.Index() != indexThere || err != nil || !strings.Contains(report, p.word) {
		p.Errorf("%s: index %#x, error %v, report %q without %q", why, o.Index(), err, report, p.word)
	}
	testutil.Must(p, o.Close())
	if _, err := p.use(p.Context(), o); !errors.Is(err, os.ErrClosed) {
		p.Errorf("%s: after Close, error %v", why, err)
	}
}

func eachOpener(t *testing.T, test func(p *places)) {
	for _, o := range openers {
		t.Run(o.kind, func(t *testing.T) { test(o.places(t)) })
	}
}

// TestOpenThere opens links in the namespace that options say, though links of the same
// name and kind are elsewhere.
func TestOpenThere(t *testing.T) {
	eachOpener(t, func(p *places) {
		ns, conn := lab.NetNS(p.there), connOf(p.T, p.there)
		for why, options := range map[string][]iplink.OpenOption{
			"In": {iplink.In(ns)}, "On": {iplink.On(conn)}, "both": {iplink.In(ns), iplink.On(conn)}, "turned round": {iplink.On(conn), iplink.In(ns)},
			"with the index": {iplink.In(ns), iplink.Index(indexThere)},
		} {
			o, err := p.try("t0", options...)
			p.wants(why, o, err)
		}
		for why, option := range map[string]iplink.OpenOption{"In": iplink.In(ns), "On": iplink.On(conn)} {
			o, err := p.try("", option, iplink.Index(indexThere))
			p.wants("by index, "+why, o, err)
		}
		if o, err := p.try("t0"); err != nil || o.Index() != 0x77 {
			p.Errorf("without an option: %v, error %v", o, err)
		} else {
			testutil.Must(p, o.Close())
		}
		if _, err := conn.Get(p.Context(), "t0"); err != nil {
			p.Errorf("the Conn afterwards: %v", err)
		}
	})
}

func connOf(t *testing.T, l *testutil.Lab) *iplink.Conn {
	t.Helper()
	c, err := lab.NetNS(l).Dial()
	testutil.Must(t, err)
	t.Cleanup(func() { c.Close() })
	return c
}

// TestOpenStays closes the namespace after the opening, deletes the link, and opens it by
// an index that it does not have.
func TestOpenStays(t *testing.T) {
	eachOpener(t, func(p *places) {
		ns, err := iplink.NetNSAtPath(p.there.Path())
		testutil.Must(p, err)
		o, err := p.try("t0", iplink.In(ns))
		testutil.Must(p, err)
		testutil.Must(p, ns.Close())
		if report, err := p.use(p.Context(), o); err != nil || !strings.Contains(report, p.word) {
			p.Errorf("%q, error %v", report, err)
		}
		if _, err := p.try("t0", iplink.In(ns)); !errors.Is(err, os.ErrClosed) {
			p.Errorf("in a closed namespace: error %v", err)
		}
		conn := connOf(p.T, p.there)
		_, err = p.try("t0", iplink.On(conn), iplink.Index(indexThere+1))
		if !errors.Is(err, fs.ErrNotExist) || !strings.Contains(fmt.Sprint(err), "its index is 4660, not 4661: it is another link") {
			p.Errorf("error %v", err)
		}
		p.there.Batch("link del t0")
		if report, err := p.use(p.Context(), o); !errors.Is(err, fs.ErrNotExist) {
			p.Errorf("of a link that is gone: %q, error %v", report, err)
		}
		testutil.Must(p, o.Close())
		for _, option := range []iplink.OpenOption{iplink.On(conn), iplink.In(lab.NetNS(p.there))} {
			if _, err := p.try("t0", option); !errors.Is(err, fs.ErrNotExist) {
				p.Errorf("error %v", err)
			}
			if _, err := p.try("", option, iplink.Index(indexThere)); !errors.Is(err, fs.ErrNotExist) {
				p.Errorf("by index: error %v", err)
			}
		}
	})
}

// TestOpenNowhere gives options that say no place.
func TestOpenNowhere(t *testing.T) {
	home, there := testutil.NewLab(t), testutil.NewLab(t)
	ns, conn := lab.NetNS(home), connOf(t, there)
	bad := map[string][]iplink.OpenOption{
		"In: invalid argument (it is nil":     {iplink.In(nil)},
		"In: invalid argument (it is zero":    {iplink.In(new(iplink.NetNS))},
		"On: invalid argument (it is nil":     {iplink.On(nil)},
		"On: invalid argument (it is nil or ": {iplink.On(new(iplink.Conn))},
		"On: invalid argument (the Conn of":   {iplink.In(ns), iplink.On(conn)},
		"In: invalid argument (the Conn of":   {iplink.On(conn), iplink.In(ns)},
		"In: invalid argument (it is given":   {iplink.In(ns), iplink.In(lab.NetNS(there))},
		"On: invalid argument (it is given":   {iplink.On(conn), iplink.On(connOf(t, there))},
		"Index: invalid argument (0 is no":    {iplink.Index(0)},
		"Index: invalid argument (-7 is no":   {iplink.Index(-7)},
		"Index: invalid argument (it is":      {iplink.Index(7), iplink.Index(8)},
		"Option: invalid argument (it is nil": {nil},
	}
	openers := append([]opener{}, openers...)
	for kind, open := range map[string]func(context.Context, string, ...iplink.OpenOption) error{
		iplink.KindMacvtap: func(ctx context.Context, name string, options ...iplink.OpenOption) error {
			return lab.ErrorOf(macvtap.Open(ctx, name, asOptions[macvtap.Option](options)...))
		},
		iplink.KindNlmon: func(ctx context.Context, name string, options ...iplink.OpenOption) error {
			return lab.ErrorOf(nlmon.Capture(ctx, name, io.Discard, asOptions[nlmon.Option](options)...))
		},
	} {
		openers = append(openers, opener{kind: kind, open: func(ctx context.Context, name string, options ...iplink.OpenOption) (opened, error) {
			return nil, open(ctx, name, options...)
		}})
	}
	for _, o := range openers {
		for want, options := range bad {
			_, err := o.open(t.Context(), "t0", options...)
			if !errors.Is(err, fs.ErrInvalid) || !strings.Contains(fmt.Sprint(err), o.kind+" t0: "+want) {
				t.Errorf("%s: error %v, want %s", o.kind, err, want)
			}
		}
	}
}

func asOptions[O any](options []iplink.OpenOption) (all []O) {
	for _, o := range options {
		all = append(all, any(o).(O))
	}
	return all
}
