package testutil_test

import (
	"strings"
	"testing"

	"github.com/iplink-go/iplink/internal/testutil"
)

// TestIPServer compares answers with the answers of a process for each command, while
// others delete and make links.
func TestIPServer(t *testing.T) {
	l := testutil.NewLab(t)
	s := testutil.NewIPServer(t, l.File)
	s.Do("link add t2 type bridge")
	s.Do("link add t0 mtu 1234 type veth peer name t1")
	for _, other := range []string{"link set t0 mtu 1300", "link del t0", "link add t0 group 4660 type veth peer name t1", "link set t1 master t2", "link del t2"} {
		l.IP(other)
		if strings.HasPrefix(other, "link del") {
			continue
		}
		for _, show := range []string{"link", "link show dev t0"} {
			if got, want := s.Do(show), l.IP("-d -j "+show); got != want {
				t.Errorf("after %s, %s:\n%s\nwant\n%s", other, show, got, want)
			}
		}
	}
	if got := s.Link("t0")["group"]; got != "4660" {
		t.Errorf("group %v", got)
	}
}

// TestBridgeServer compares answers with the answers of a process for each command.
func TestBridgeServer(t *testing.T) {
	l := testutil.NewLab(t)
	s := testutil.NewBridgeServer(t, l.File)
	l.Batch("link add t2 type bridge", "link add t0 master t2 type veth peer name t1")
	s.Do("fdb add 02:00:00:00:12:34 dev t0 master static")
	l.IP("link set t1 master t2")
	for _, show := range []string{"link", "fdb show br t2"} {
		want := testutil.Bridge(t, l.File, append([]string{"-j"}, strings.Fields(show)...)...)
		if got := s.Do(show); got != want || !strings.Contains(got, "t1") {
			t.Errorf("%s:\n%s\nwant\n%s", show, got, want)
		}
	}
}
