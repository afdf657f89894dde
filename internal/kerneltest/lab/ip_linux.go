package lab

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/testutil"
)

// OwnFlags leaves out the words of `ip` that are not flags, and sorts the rest.
func OwnFlags(words []string) []string {
	words = slices.DeleteFunc(words, func(word string) bool { return word == "NO-CARRIER" || word == "M-DOWN" })
	slices.Sort(words)
	return words
}

// IPFlags returns the words of `ip`, sorted; it does not print RUNNING.
func IPFlags(f iplink.Flags) []string {
	words := strings.Split((f &^ iplink.FlagRunning).String(), "|")
	slices.Sort(words)
	return words
}

// IPLink is the report of `ip -d -j link` about a link, as far as tests use it.
type IPLink struct {
	Index     int    `json:"ifindex"`
	Name      string `json:"ifname"`
	Flags     []string
	MTU       uint32
	Master    string
	Address   string
	Operstate string
	Alias     string   `json:"ifalias"`
	AltNames  []string `json:"altnames"`
	Mode      string   `json:"inet6_addr_gen_mode"`
	Info      struct {
		Kind string     `json:"info_kind"`
		Port IPPortData `json:"info_slave_data"`
	} `json:"linkinfo"`
}

// IPPortData is the report of `ip` about a port of a bridge.
type IPPortData struct {
	Cost    uint32
	Hairpin bool
}

// IPLinks returns the reports of `ip` about all links, by index.
func IPLinks(t testing.TB, ns *os.File) map[int]IPLink {
	t.Helper()
	var list []IPLink
	out := testutil.IP(t, ns, "-d", "-j", "link", "show")
	if err := json.Unmarshal([]byte(out), &list); err != nil {
		t.Fatalf("%v in %s", err, out)
	}
	links := map[int]IPLink{}
	for _, l := range list {
		links[l.Index] = l
	}
	return links
}
