//go:build linux

package main

import (
	"errors"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/testutil"
)

// wantTree is what a whole lab looks like, without the prefix.
const wantTree = `
  host1
  ├─ br0: bridge
  │  ├─ to-db1: veth to eth0 in db1
  │  ├─ to-web1: veth to eth0 in web1
  │  └─ vx4242: vxlan 4242 to 192.0.2.2 port 4789 over underlay
  └─ underlay: veth to underlay in host2 192.0.2.1/24
  web1
  └─ eth0: veth to to-web1 in host1 10.20.0.11/24 2001:db8:20::11/64
  db1
  └─ eth0: veth to to-db1 in host1 10.20.0.12/24 2001:db8:20::12/64
  host2
  ├─ br0: bridge
  │  ├─ to-db2: veth to eth0 in db2
  │  ├─ to-web2: veth to eth0 in web2
  │  └─ vx4242: vxlan 4242 to 192.0.2.1 port 4789 over underlay
  └─ underlay: veth to underlay in host1 192.0.2.2/24
  web2
  └─ eth0: veth to to-web2 in host2 10.20.0.21/24 2001:db8:20::21/64
  db2
  └─ eth0: veth to to-db2 in host2 10.20.0.22/24 2001:db8:20::22/64
`

// treeOf returns what show tells of a lab, without the prefix.
func treeOf(t *testing.T, l *lab) string {
	t.Helper()
	var told strings.Builder
	again := *l
	again.narrator = narrator{&told}
	if err := again.show(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, tree, _ := strings.Cut(told.String(), ":\n")
	return strings.ReplaceAll(tree, l.prefix, "")
}

// TestTreeIsReadBack changes the lab behind its back.
func TestTreeIsReadBack(t *testing.T) {
	l := buildTestLab(t)
	host, err := os.Open("/run/netns/" + l.hosts[0].ns.Name())
	if err != nil {
		t.Fatal(err)
	}
	defer host.Close()
	testutil.IP(t, host, "link", "set", "to-db1", "nomaster")
	testutil.IP(t, host, "link", "set", "to-web1", "down")
	testutil.IP(t, host, "link", "set", "vx4242", "type", "vxlan", "id", "4242", "remote", "192.0.2.77")
	testutil.IP(t, host, "address", "add", "192.0.2.11/24", "dev", "to-db1")
	want := `
  host1
  ├─ br0: bridge
  │  └─ vx4242: vxlan 4242 to 192.0.2.77 port 4789 over underlay
  ├─ to-db1: veth to eth0 in db1 192.0.2.11/24
  └─ underlay: veth to underlay in host2 192.0.2.1/24
`
	if tree := treeOf(t, l); !strings.HasPrefix(tree, want) {
		t.Errorf("got %s\nwant %s", tree, want)
	}
}

// TestCommands types the commands that were told.
func TestCommands(t *testing.T) {
	l, told := newTestLab(t)
	if err := errors.Join(l.build(t.Context()), l.cleanUp()); err != nil {
		t.Fatal(err)
	}
	typed := 0
	for _, m := range regexp.MustCompile(`(?m)^  (\S*)\$ ip (.*?)(?:  #.*)?$`).FindAllStringSubmatch(told.String(), -1) {
		words := strings.Fields(m[2])
		if words[0] == "netns" && words[1] == "del" {
			break
		}
		typeIP(t, l, m[1], words)
		typed++
	}
	for _, name := range []string{"host1", "web1", "db1", "host2", "web2", "db2"} {
		ns, err := iplink.OpenNetNS(l.prefix + name)
		if err != nil {
			t.Fatal(err)
		}
		l.all = append(l.all, ns)
	}
	if tree := treeOf(t, l); typed != 30 || tree != wantTree {
		t.Errorf("%d commands built %s", typed, tree)
	}
}

// typeIP runs `ip` where the prompt is.
func typeIP(t *testing.T, l *lab, prompt string, words []string) {
	t.Helper()
	path := "/proc/thread-self/ns/net"
	if prompt != "" {
		path = "/run/netns/" + prompt
	}
	ns, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer ns.Close()
	testutil.IP(t, ns, words...)
}
