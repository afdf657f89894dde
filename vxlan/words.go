package vxlan

import (
	"strings"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/own"
	"github.com/iplink-go/iplink/internal/words"
)

// Words makes iplink.ParseCommand and iplink.ParseBatch read `bridge vni`, as the commands
// of the setter VNIs are, and iplink.ParseJSON "vnis". Programs without it do not contain
// the reader.
func Words() iplink.ParseOption {
	return iplink.ReadObjects(map[string]own.ObjectReader{
		"vni": {Words: readVNIWords, Key: "vnis", List: readVNIList, Sample: []vniForm{}},
	})
}

// vniWords are the words that follow `bridge vni add`, without the link.
var vniWords = []string{"vni", "group", "remote"}

// readVNIWords reads the arguments of `bridge vni add`.
func readVNIWords(s *own.Settings, _ bool, verb string, args *words.Args) (err error) {
	if verb == "delete" {
		return args.Fault("a builder takes no single network away: OnlyVNIs leaves no others")
	}
	var n VNIs
	for args.More() && err == nil {
		switch args.Next() {
		case "vni":
			err = n.readRange(args)
		case "group", "remote":
			n.Group, err = args.Addr()
		default:
			err = args.Unknown(vniWords)
		}
	}
	if err == nil && n.First == 0 {
		err = args.Missing(`"vni" and a number`)
	}
	if err == nil {
		addVNIs(s, false, []VNIs{n})
	}
	return err
}

// readRange reads a number, or two with a hyphen.
func (n *VNIs) readRange(args *words.Args) error {
	text, err := args.Value()
	if err != nil {
		return err
	}
	left, right, isRange := strings.Cut(text, "-")
	first, ok := words.Number(left, 24)
	last := uint64(0)
	if isRange && ok {
		last, ok = words.Number(right, 24)
	}
	if !ok || first == 0 || isRange && last < first {
		return args.Faultf("%q is not a network, 1…%d, or a range of them", text, mostVNI)
	}
	n.First, n.Last = uint32(first), uint32(last)
	return nil
}
