package kerneltest_test

import (
	"errors"
	"io/fs"
	"os"
	"strings"
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/veth"
	"golang.org/x/sys/unix"
)

// TestNSID finds that a namespace has no id without giving it one, gives it one, and
// finds that. `ip` shows the same, also at a link whose other end is there.
func TestNSID(t *testing.T) {
	conn, here := lab.Scratch(t)
	there, third := lab.UnnamedNetNS(t), lab.UnnamedNetNS(t)
	if id, err := conn.NSID(t.Context(), there); id != -1 || err != nil {
		t.Errorf("at first: %d, %v", id, err)
	}
	if out := here.IP("netns", "list-id"); out != "" {
		t.Errorf("after a look: %s", out)
	}
	for range 2 { // that it has the id is no error
		if err := conn.SetNSID(t.Context(), there, 0x1234); err != nil {
			t.Fatal(err)
		}
	}
	if out := here.IP("netns", "list-id"); !strings.HasPrefix(out, "nsid 4660") || strings.Count(out, "nsid") != 1 {
		t.Errorf("list-id: %s", out)
	}
	if id, err := conn.NSID(t.Context(), there); id != 0x1234 || err != nil {
		t.Errorf("then: %d, %v", id, err)
	}
	lab.MustCreate(t, conn, veth.New("t0").Peer(veth.New("t1").NetNS(there)))
	if got := here.Link("t0")["link_netnsid"]; got != 4660. {
		t.Errorf("link-netnsid %v", got)
	}
	for text, err := range map[string]error{"another id": conn.SetNSID(t.Context(), there, 0x4321), "an id that is taken": conn.SetNSID(t.Context(), third, 0x1234)} {
		if !errors.Is(err, fs.ErrExist) {
			t.Errorf("%s: %v", text, err)
		}
	}
	lab.Refused(t, conn.SetNSID(t.Context(), third, -1), "nsid", "-1 is not in 0…2147483647")
	if id, err := conn.NSID(t.Context(), third); id != -1 || err != nil {
		t.Errorf("the third: %d, %v", id, err)
	}
}

// TestNetNSFromFD opens the namespace of a descriptor, which stays open, and refuses other
// descriptors.
func TestNetNSFromFD(t *testing.T) {
	l := testutil.NewLab(t)
	ns, err := iplink.NetNSFromFD(int(l.File.Fd()))
	if err != nil || !ns.Equal(lab.NetNS(l)) {
		t.Fatalf("%v, %v", ns, err)
	}
	testutil.Must(t, ns.Close())
	l.IP("link") // the descriptor is still open
	null, err := os.Open(os.DevNull)
	testutil.Must(t, err)
	defer null.Close()
	files := openFiles(t)
	if ns, err := iplink.NetNSFromFD(int(null.Fd())); ns != nil || err == nil || !strings.Contains(err.Error(), "not a network namespace") {
		t.Errorf("%v, %v", ns, err)
	}
	if ns, err := iplink.NetNSFromFD(-1); ns != nil || !errors.Is(err, unix.EBADF) {
		t.Errorf("%v, %v", ns, err)
	}
	if now := openFiles(t); now != files {
		t.Errorf("%d open files, were %d", now, files)
	}
}
