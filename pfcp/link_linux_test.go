package pfcp_test

import (
	"errors"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/pfcp"
)

// TestLink makes a link, whose socket stays in the namespace of the Conn, and one that
// finds the port taken.
func TestLink(t *testing.T) {
	testutil.Need(t, iplink.KindPFCP)
	conn, ns := lab.Scratch(t)
	inner := testutil.NewLab(t)
	spec := pfcp.New("pfcp0").MTU(67).NetNS(lab.NetNS(inner)).Up()
	lab.MustCreate(t, conn, spec)
	lab.Ensured(t, conn, spec, false)
	if l := inner.Link("pfcp0"); l["mtu"] != 67. || l["link_type"] != "none" {
		t.Errorf("ip: %v", l)
	}
	if table, err := ns.Proc("udp"); err != nil || !strings.Contains(table, ":2265 ") { // 8805
		t.Errorf("no socket at port 8805: %v\n%s", err, table)
	}
	_, err := conn.Create(t.Context(), pfcp.New("a"))
	if !errors.Is(err, syscall.EADDRINUSE) || !strings.Contains(err.Error(), "UDP port 8805 is taken by another socket") {
		t.Error(err)
	}
	testutil.Must(t, testutil.Opened(inner, iplink.Dial).Delete(t.Context(), "pfcp0"))
	lab.MustCreate(t, conn, pfcp.New("a"))
	_, err = conn.Create(t.Context(), pfcp.New("b"))
	if !errors.Is(err, syscall.EADDRINUSE) || !strings.Contains(err.Error(), `a namespace has one pfcp link, and that is "a" here`) {
		t.Error(err)
	}
	if got := ns.Names(); slices.Contains(got, "b") {
		t.Errorf("left behind: %v", got)
	}
}
