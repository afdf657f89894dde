package kerneltest_test

import (
	"errors"
	"io/fs"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bond"
	"github.com/iplink-go/iplink/bridge"
	"github.com/iplink-go/iplink/dummy"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/veth"
	"github.com/iplink-go/iplink/vxcan"
	"github.com/iplink-go/iplink/vxlan"
)

type pairCase struct {
	kind string
	spec func(far *iplink.NetNS) iplink.Spec
	peer string
	mtu  float64
}

// pairCases are pairs whose other end is in another namespace, and the name it
// has there, without its number where the kernel chooses it.
var pairCases = map[string]pairCase{
	"veth": {iplink.KindVeth, func(far *iplink.NetNS) iplink.Spec { return veth.New("foo0").LinkNetNS(far) }, "veth", 1500},
	"veth with settings": {iplink.KindVeth, func(far *iplink.NetNS) iplink.Spec {
		return veth.New("foo0").MTU(1432).Address([]byte{2, 0, 0, 0, 0x12, 0x34}).Up().LinkNetNS(far)
	}, "veth", 1432},
	"veth with a peer": {iplink.KindVeth, func(far *iplink.NetNS) iplink.Spec {
		return veth.New("foo0").LinkNetNS(far).Peer(veth.New("bar7").MTU(1300))
	}, "bar7", 1300},
	"veth with an unnamed peer": {iplink.KindVeth, func(far *iplink.NetNS) iplink.Spec {
		return veth.New("foo0").Peer(veth.New("").NetNS(far))
	}, "veth", 1500},
	"veth with an unnamed peer that has settings": {iplink.KindVeth, func(far *iplink.NetNS) iplink.Spec {
		return veth.New("foo0").Peer(veth.New("").MTU(1300).NetNS(far))
	}, "veth", 1300},
	"vxcan": {iplink.KindVXCAN, func(far *iplink.NetNS) iplink.Spec { return vxcan.New("foo0").MTU(16).LinkNetNS(far) }, "vxcan", 16},
	"vxcan with a peer": {iplink.KindVXCAN, func(far *iplink.NetNS) iplink.Spec {
		return vxcan.New("foo0").LinkNetNS(far).Peer(vxcan.New("bar7").MTU(16))
	}, "bar7", 16},
}

// TestLinkNetNSOfPairs makes each pair by the library and by the command that
// String prints, and looks with `ip` where its ends are.
func TestLinkNetNSOfPairs(t *testing.T) {
	for name, test := range pairCases {
		t.Run(name, func(t *testing.T) {
			testutil.Need(t, test.kind)
			_, far := lab.Scratch(t)
			c, near := lab.Scratch(t)
			if _, err := c.Create(t.Context(), test.spec(lab.NetNS(far))); err != nil {
				t.Fatal(err)
			}
			test.check(t, near, far)
			if all, err := c.Ensure(t.Context(), test.spec(lab.NetNS(far))); err != nil || all[0].Changed() {
				t.Errorf("Ensure: %v, error %v", all, err)
			}
			near.IP("link", "del", "foo0")
			line := test.spec(lab.NetNS(far)).String()
			if refusal := testutil.Shell(t, near.File, line); refusal != "" {
				t.Fatalf("%s: %s", line, refusal)
			}
			test.check(t, near, far)
		})
	}
}

// check looks at both ends.
func (c pairCase) check(t *testing.T, near, far *testutil.Lab) {
	t.Helper()
	same(t, "near", near.Names(), []string{"lo", "foo0"})
	there := far.Names()
	if len(there) != 2 || !strings.HasPrefix(there[1], c.peer) {
		t.Fatalf("the other namespace has %v", there)
	}
	main, peer := near.Link("foo0"), far.Link(there[1])
	if main["link_index"] != peer["ifindex"] || peer["mtu"] != c.mtu || main["address"] == peer["address"] && c.kind == iplink.KindVeth {
		t.Errorf("%v and %v", main, peer)
	}
}

// TestUnnamedPeerHasAllSettings gives a peer whose name the kernel chooses what
// goes by further requests.
func TestUnnamedPeerHasAllSettings(t *testing.T) {
	_, far := lab.Scratch(t)
	c, _ := lab.Scratch(t)
	spec := veth.New("foo0").Up().Peer(veth.New("").NetNS(lab.NetNS(far)).Alias("x y").AltName("the-other").Up())
	lab.Ensured(t, c, spec, true)
	peer := far.Link("the-other")
	if peer["ifalias"] != "x y" || !slices.Contains(peer["flags"].([]any), any("UP")) || !strings.HasPrefix(peer["ifname"].(string), "veth") {
		t.Errorf("ip: %v", peer)
	}
	lab.Ensured(t, c, spec, false)
	far.IP("link", "set", "the-other", "alias", "z")
	lab.Ensured(t, c, spec, false, "alias")
	two := []iplink.Spec{veth.New("a").Peer(veth.New("").NetNS(lab.NetNS(far))), veth.New("b").Peer(veth.New("").NetNS(lab.NetNS(far)))}
	for range 2 {
		if _, err := c.Ensure(t.Context(), two...); err != nil {
			t.Fatal(err)
		}
	}
	if got := far.Names(); len(got) != 4 {
		t.Errorf("the other namespace has %v", got)
	}
}

// TestLinkNetNSOfPairsIsCompared wants the other end in another namespace than it
// is.
func TestLinkNetNSOfPairsIsCompared(t *testing.T) {
	_, one := lab.Scratch(t)
	_, two := lab.Scratch(t)
	c, home := lab.Scratch(t)
	lab.Ensured(t, c, veth.New("foo0").LinkNetNS(lab.NetNS(one)), true)
	for _, wrong := range []iplink.Spec{veth.New("foo0").LinkNetNS(lab.NetNS(two)), veth.New("foo0").LinkNetNS(lab.NetNS(home))} {
		_, err := c.Ensure(t.Context(), wrong)
		isImmutable(t, err, "link-netns")
		_, err = c.Update(t.Context(), wrong)
		isImmutable(t, err, "link-netns")
	}
	_, err := c.Ensure(t.Context(), veth.New("foo0").LinkNetNS(lab.NetNS(two)).Peer(veth.New("")))
	isImmutable(t, err, "peer")
	if _, err := c.Update(t.Context(), veth.New("foo0").LinkNetNS(lab.NetNS(one))); err != nil {
		t.Error(err)
	}
	if change := lab.Ensured(t, c, veth.New("foo0").LinkNetNS(lab.NetNS(two)).Recreate(), false, "link-netns"); !change.Recreated {
		t.Error("the pair was not made anew")
	}
	same(t, "one", one.Names(), []string{"lo"})
}

// TestLinkNetNSIsRefused where it would mean nothing.
func TestLinkNetNSIsRefused(t *testing.T) {
	c, ns := lab.Scratch(t)
	_, far := lab.Scratch(t)
	ns.IP("link", "add", "br0", "type", "bridge")
	for _, spec := range []iplink.Spec{
		bridge.New("br0").LinkNetNS(lab.NetNS(far)),
		dummy.New("d0").LinkNetNS(lab.NetNS(far)),
		bond.New("b0").LinkNetNS(lab.NetNS(far)),
		veth.New("v0").Peer(veth.New("v1").LinkNetNS(lab.NetNS(far))),
	} {
		_, err := c.Create(t.Context(), spec)
		_, again := c.Ensure(t.Context(), spec)
		for _, err := range []error{err, again} {
			if e, ok := errors.AsType[*iplink.Error](err); !ok || e.Attr != "link-netns" || !errors.Is(err, fs.ErrInvalid) {
				t.Errorf("%v: %v", spec, err)
			}
		}
	}
	_, err := c.Update(t.Context(), bridge.New("br0").LinkNetNS(lab.NetNS(far)))
	if !errors.Is(err, fs.ErrInvalid) {
		t.Errorf("update: %v", err)
	}
	same(t, "home", ns.Names(), []string{"lo", "br0"})
	if _, err := c.Create(t.Context(), vxlan.New("vx0").VNI(7).LinkNetNS(lab.NetNS(far))); err != nil || ns.Link("vx0")["link_netnsid"] == nil {
		t.Errorf("a VXLAN without Dev: %v", err)
	}
}

// TestPeerIndexIsTaken by another link in the peer's namespace.
func TestPeerIndexIsTaken(t *testing.T) {
	for _, kind := range []string{iplink.KindVeth, iplink.KindVXCAN} {
		t.Run(kind, func(t *testing.T) {
			testutil.Need(t, kind)
			c, home := lab.Scratch(t)
			_, far := lab.Scratch(t)
			far.IP("link", "add", "there", "index", "291", "type", "bridge")
			pair := func(peer string, index int) iplink.Spec {
				if kind == iplink.KindVXCAN {
					return vxcan.New("foo0").Peer(vxcan.New(peer).Index(index).NetNS(lab.NetNS(far)))
				}
				return veth.New("foo0").Peer(veth.New(peer).Index(index).NetNS(lab.NetNS(far)))
			}
			for peer, want := range map[string][]string{"bar7": {"bar7", "291", "there"}, "": {"peer", "291", "there"}} {
				_, err := c.Create(t.Context(), pair(peer, 291))
				_, again := c.Ensure(t.Context(), pair(peer, 291))
				for _, err := range []error{err, again} {
					if !errors.Is(err, fs.ErrExist) || !errors.Is(err, syscall.EBUSY) || missesAny(err.Error(), want) {
						t.Errorf("%v, want %v", err, want)
					}
				}
			}
			_, err := c.Create(t.Context(), pair("there", 292))
			if !errors.Is(err, fs.ErrExist) || missesAny(err.Error(), []string{"peer", "there"}) {
				t.Error(err)
			}
			same(t, "home", home.Names(), []string{"lo"})
			same(t, "far", far.Names(), []string{"lo", "there"})
		})
	}
}

func missesAny(text string, words []string) bool {
	return slices.ContainsFunc(words, func(word string) bool { return !strings.Contains(text, word) })
}
