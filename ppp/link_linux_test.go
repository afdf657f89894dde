package ppp_test

import (
	"errors"
	"io/fs"
	"os"
	"slices"
	"syscall"
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/ppp"
)

func open(t *testing.T) *os.File {
	t.Helper()
	file, err := os.OpenFile("/dev/ppp", os.O_RDWR, 0)
	testutil.Must(t, err)
	t.Cleanup(func() { file.Close() })
	return file
}

// TestLink makes a link, reads, changes and deletes it, and makes one that goes with its
// file.
func TestLink(t *testing.T) {
	testutil.NeedModule(t, "ppp_generic")
	conn, ns := lab.Scratch(t)
	file := open(t)
	spec := ppp.New("link0").File(file).MTU(1281).Index(0x1234).Up()
	made := lab.MustCreate(t, conn, spec)[0]
	if made.Type != iplink.HardwarePPP || made.Kind != iplink.KindPPP || made.Err != nil || len(made.Unknown) != 0 {
		t.Errorf("%+v", made)
	}
	l := ns.Link("link0")
	if l["link_type"] != "ppp" || l["mtu"] != 1281. || l["ifindex"] != 4660. || !ns.Up("link0") || lab.Within(l, "linkinfo", "info_kind") != "ppp" {
		t.Errorf("ip: %v", l)
	}
	lab.Ensured(t, conn, spec, false)
	lab.Ensured(t, conn, spec.Clone().MTU(1433), false, "mtu")
	if mtu := ns.Link("link0")["mtu"]; mtu != 1433. {
		t.Errorf("ip: MTU %v", mtu)
	}
	testutil.Must(t, conn.Delete(t.Context(), "link0"))
	again := open(t)
	lab.Ensured(t, conn, ppp.New("link1").File(again), true)
	if names := ns.Names(); !slices.Equal(names, []string{"lo", "link1"}) {
		t.Errorf("ip: %v", names)
	}
	testutil.Must(t, again.Close())
	testutil.Eventually(t, "the link is gone with its file", func() bool { return !slices.Contains(ns.Names(), "link1") })
}

// TestElsewhere makes a link in another namespace than that of the Conn.
func TestElsewhere(t *testing.T) {
	testutil.NeedModule(t, "ppp_generic")
	conn, _ := lab.Scratch(t)
	there := testutil.NewLab(t)
	lab.MustCreate(t, conn, ppp.New("link0").File(open(t)).NetNS(lab.NetNS(there)))
	if l := there.Link("link0"); l["link_type"] != "ppp" {
		t.Errorf("ip: %v", l)
	}
}

// TestFaults is about files that can have no link.
func TestFaults(t *testing.T) {
	testutil.NeedModule(t, "ppp_generic")
	conn, ns := lab.Scratch(t)
	file, closed := open(t), open(t)
	testutil.Must(t, closed.Close())
	lab.MustCreate(t, conn, ppp.New("link0").File(file))
	other, err := os.Open(os.DevNull)
	testutil.Must(t, err)
	defer other.Close()
	const bad = "create ppp link1: bad file descriptor (the File is not an open /dev/ppp, or it has a link already: open /dev/ppp once for each link)"
	for _, c := range []struct {
		file *os.File
		want string
		is   error
	}{
		{file, bad, syscall.EBADF},
		{other, bad, syscall.EBADF},
		{closed, "create ppp link1: file: invalid argument (it is closed: keep it open as long as the link is wanted)", fs.ErrInvalid},
	} {
		if _, err := conn.Create(t.Context(), ppp.New("link1").File(c.file)); err == nil || err.Error() != c.want || !errors.Is(err, c.is) {
			t.Errorf("got  %v\nwant %s", err, c.want)
		}
	}
	if _, err := conn.Create(t.Context(), ppp.New("link0").File(open(t))); !errors.Is(err, fs.ErrExist) {
		t.Errorf("a second link0: %v", err)
	}
	if names := ns.Names(); !slices.Equal(names, []string{"lo", "link0"}) {
		t.Errorf("ip: %v", names)
	}
}
