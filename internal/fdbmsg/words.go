package fdbmsg

import (
	"github.com/iplink-go/iplink/fdb"
	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/own"
	"github.com/iplink-go/iplink/internal/words"
)

// entryWords are the words that follow `bridge fdb add`, without the link.
var entryWords = []string{"self", "master", "use", "router", "extern_learn", "sticky", "permanent", "local", "static", "dynamic", "temp",
	"vlan", "dst", "port", "vni", "nhid", "via", "src_vni", "activity_notify", "norefresh", "inactive"}

// ReadEntry reads the arguments of `bridge fdb add`, without the link.
func ReadEntry(args *words.Args) (e fdb.Entry, err error) {
	if e.MAC, err = args.HardwareAddr(); err != nil {
		return e, err
	}
	for args.More() {
		word := args.Next()
		if full, ok := words.Match(word, entryWords); ok {
			word = full
		}
		if flag, ok := flagOf(word); ok {
			e.Flags |= flag
			continue
		}
		if err := readEntryWord(&e, word, args); err != nil {
			return e, err
		}
	}
	return e, nil
}

func flagOf(word string) (fdb.Flags, bool) {
	for _, flag := range []fdb.Flags{fdb.Self, fdb.Master, fdb.Use, fdb.Router, fdb.ExternLearn, fdb.Sticky} {
		if flag.String() == word {
			return flag, true
		}
	}
	return 0, false
}

func readEntryWord(e *fdb.Entry, word string, args *words.Args) (err error) {
	number := func(bits int) (n uint64) {
		if err == nil {
			n, err = args.Number(bits)
		}
		return n
	}
	switch word {
	case "permanent", "local":
		e.State = fdb.Permanent
	case "static", "temp":
		e.State = fdb.Static
	case "dynamic":
		e.State = fdb.Dynamic
	case "vlan":
		e.VLAN = uint16(number(16))
	case "dst":
		e.Dst, err = args.Addr()
	case "port":
		e.DstPort = uint16(number(16))
	case "vni":
		e.VNI = uint32(number(32))
	case "nhid":
		e.NextHop = uint32(number(32))
	case "src_vni":
		e.SrcVNI = uint32(number(32))
	case "via":
		if e.Via, err = args.Value(); err == nil {
			if index, ok := attr.LinkIndex(e.Via); ok {
				e.Via, e.ViaIndex = "", index
			}
		}
	case "activity_notify":
		e.Notify = true
	case "inactive":
		e.Inactive = true
	case "norefresh":
		e.NoRefresh = true
	default:
		return args.Unknown(entryWords)
	}
	return err
}

// Tunnels reports whether an entry is for the database of a VXLAN link.
func Tunnels(e fdb.Entry) bool {
	return (&object{Entry: e}).tunnels()
}

// KeeperOf returns the keeper of the entries in the settings of a builder, or nil.
func KeeperOf(s *own.Settings) Keeper {
	if had := own.FindObjects[*Objects](s); had != nil {
		return had.own
	}
	return nil
}
