package iplink

import (
	"slices"
	"strings"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/own"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/words"
)

// MarshalText returns the result of String.
func (m BatadvGWMode) MarshalText() ([]byte, error) {
	return []byte(m.String()), nil
}

// UnmarshalText reads a result of String. The error matches fs.ErrInvalid.
func (m *BatadvGWMode) UnmarshalText(text []byte) error {
	return attr.ReadWord(batadvGWModes, "batadv gateway mode", text, m)
}

// batadvLogs are the words of batctl for the bits of LogLevel.
var batadvLogs = attr.Words{"batman", "routes", "tt", "bla", "dat", "nc", "mcast", "tp"}

// logWords returns the words for LogLevel.
func (v *BatadvInfo) logWords() string {
	switch v.LogLevel {
	case 0:
		return "none"
	case 255:
		return "all"
	}
	return attr.BitWords(v.LogLevel, batadvLogs, " ")
}

// batctlDefault is the link of commands that name none.
const batctlDefault = "bat0"

// batctlCommand reads a command of batctl that changes a setting of a mesh.
func (p *parsing) batctlCommand(at place, args *words.Args) (err error) {
	name := batctlDefault
	if args.Take("meshif") || args.Take("-m") {
		if name, err = args.Value(); err != nil {
			return err
		}
	}
	d, err := p.link(at, name, args)
	if err != nil {
		return err
	}
	if d.s.Kind == "" {
		d.s.become(KindBatadv)
	}
	if d.s.Kind != KindBatadv {
		return args.Faultf("%q is %s", name, article(d.s.Kind))
	}
	if err := readBatadv(&d.s.Settings, args); err != nil || !args.More() {
		return err
	}
	args.Next()
	return args.Unknown(nil)
}

// batadvByHand are the rows whose words are not the name and a value.
var batadvByHand = attr.SetOf(uapi.BATADV_ATTR_ISOLATION_MARK, uapi.BATADV_ATTR_ISOLATION_MASK, uapi.BATADV_ATTR_GW_MODE,
	uapi.BATADV_ATTR_GW_BANDWIDTH_DOWN, uapi.BATADV_ATTR_GW_BANDWIDTH_UP, uapi.BATADV_ATTR_GW_SEL_CLASS, uapi.BATADV_ATTR_LOG_LEVEL)

// readBatadv reads a setting and its value.
func readBatadv(s *own.Settings, args *words.Args) error {
	word, err := args.Value()
	if err != nil {
		return err
	}
	switch word {
	case "isolation_mark", "mark":
		return readBatadvMark(s, args)
	case "gw_mode", "gw":
		return readBatadvGateway(s, args)
	case "loglevel", "ll":
		return readBatadvLog(s, args)
	}
	info, _ := s.Info.(*BatadvInfo)
	table := attr.NewReader(&s.Set, &s.Refs, info.mesh, attr.Scope{Without: batadvByHand, Bare: true})
	if !table.Knows(word) { // batctl takes no abbreviations
		return args.Unknown(append(table.Words(), "isolation_mark", "gw_mode", "loglevel"))
	}
	_, _, err = table.Read(word, args)
	return err
}

// readBatadvMark reads a mark in any base and, in base 16, its mask.
func readBatadvMark(s *own.Settings, args *words.Args) error {
	text, err := args.Value()
	if err != nil {
		return err
	}
	number, bits, masked := strings.Cut(text, "/")
	mark, ok := words.Number(number, 32)
	mask := uint64(1<<32 - 1)
	if masked && ok {
		mask, ok = words.Hex(bits, 32)
	}
	if !ok {
		return args.Faultf("%q is not a mark of 32 bits, with or without a mask", text)
	}
	own.Put[BatadvInfo](s, uapi.BATADV_ATTR_ISOLATION_MARK).IsolationMark = uint32(mark & mask)
	own.Put[BatadvInfo](s, uapi.BATADV_ATTR_ISOLATION_MASK).IsolationMask = uint32(mask)
	return nil
}

// readBatadvGateway reads the mode of a gateway, and the class of a client or the
// bandwidths of a server.
func readBatadvGateway(s *own.Settings, args *words.Args) error {
	word, err := args.Value()
	if err != nil {
		return err
	}
	mode := slices.Index(batadvGWModes, word)
	if mode < 0 {
		return args.Unknown(batadvGWModes)
	}
	info := own.Put[BatadvInfo](s, uapi.BATADV_ATTR_GW_MODE)
	info.GWMode = BatadvGWMode(mode)
	switch {
	case !args.More():
		return nil
	case info.GWMode == BatadvGWClient:
		return info.readClass(s, args)
	case info.GWMode == BatadvGWServer:
		return info.readBandwidths(s, args)
	}
	return nil
}

// readClass reads the class of a client, which is a bandwidth with BATMAN_V.
func (v *BatadvInfo) readClass(s *own.Settings, args *words.Args) (err error) {
	class := uint64(0)
	if v.Algorithm != BatadvV {
		class, err = args.Number(32)
	} else {
		class, err = bandwidth(args.Next(), args)
	}
	v.GWSelClass = uint32(class)
	s.Set.Add(uapi.BATADV_ATTR_GW_SEL_CLASS)
	return err
}

// readBandwidths reads the bandwidth to a server's clients and, after "/", the one from
// them.
func (v *BatadvInfo) readBandwidths(s *own.Settings, args *words.Args) error {
	down, up, both := strings.Cut(args.Next(), "/")
	n, err := bandwidth(down, args)
	v.GWBandwidthDown = uint32(n)
	s.Set.Add(uapi.BATADV_ATTR_GW_BANDWIDTH_DOWN)
	if err != nil || !both {
		return err
	}
	n, err = bandwidth(up, args)
	v.GWBandwidthUp = uint32(n)
	s.Set.Add(uapi.BATADV_ATTR_GW_BANDWIDTH_UP)
	return err
}

// bandwidth reads a bandwidth in kbit/s or, with "mbit", in Mbit/s, and returns it in
// units of 100 kbit/s.
func bandwidth(text string, args *words.Args) (uint64, error) {
	lower := strings.ToLower(text)
	number, mega := strings.CutSuffix(lower, "mbit")
	n, ok := words.Number(strings.TrimSuffix(number, "kbit"), 39)
	if mega {
		n *= 10
	} else {
		n /= 100
	}
	if !ok || n >= 1<<32 {
		return 0, args.Faultf("%q is not a bandwidth, such as 10mbit or 500kbit", text)
	}
	return n, nil
}

// readBatadvLog reads the subjects about which the kernel logs.
func readBatadvLog(s *own.Settings, args *words.Args) error {
	if !args.More() {
		_, err := args.Value()
		return err
	}
	info := own.Put[BatadvInfo](s, uapi.BATADV_ATTR_LOG_LEVEL)
	info.LogLevel = 0
	for args.More() {
		word := args.Next()
		bit := slices.Index(batadvLogs, word)
		switch {
		case word == "none" || word == "all":
			info.LogLevel = map[string]uint32{"all": 255}[word]
			return nil
		case bit < 0:
			return args.Unknown(append(slices.Clone(batadvLogs), "none", "all"))
		}
		info.LogLevel |= 1 << bit
	}
	return nil
}
