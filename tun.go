package iplink

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"syscall"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/netns"
	"github.com/iplink-go/iplink/internal/rtnl"
	"github.com/iplink-go/iplink/internal/tunctl"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
	"github.com/iplink-go/iplink/internal/words"
)

var tunKind = kind{
	config:     "TUN",
	start:      func() info { return &TunInfo{Type: TunIP} },
	info:       func() info { return &TunInfo{Owner: tunNobody, Group: tunNobody} },
	spelled:    attr.SetOf(uapi.IFLA_TUN_TYPE),
	mtu:        [2]uint32{68, 65535},
	announced:  true,
	defaultsOf: tunDefaults,
}

// tunNobody stands for a link without an owner or without a group.
const tunNobody = -1

// tunDefaults returns the settings of a new link, which depend on Type and MultiQueue.
func tunDefaults(i info) string {
	v, words := i.(*TunInfo), ""
	if v.Type == TunIP {
		words = "txqueuelen 500 arp off "
	}
	if v.MultiQueue {
		words += fmt.Sprintf("numtxqueues %d numrxqueues %[1]d", tunQueues)
	}
	return words
}

// TunInfo is the kernel's report of a tun or tap link.
type TunInfo struct {
	// Type distinguishes IP packets and Ethernet frames (IFLA_TUN_TYPE).
	Type TunType
	// Owner and Group are the ids of the user and of the group that can open the link
	// without CAP_NET_ADMIN, as the user namespace of the caller numbers them; -1 for
	// none (IFLA_TUN_OWNER, IFLA_TUN_GROUP).
	Owner, Group int
	// PI puts a header of 4 bytes with flags and EtherType before each packet in a file
	// (IFLA_TUN_PI).
	PI bool
	// VNetHdr puts a virtio header before each packet in a file (IFLA_TUN_VNET_HDR).
	VNetHdr bool
	// Persist keeps the link when no program has it open (IFLA_TUN_PERSIST).
	Persist bool
	// MultiQueue allows up to 256 open files, rather than one
	// (IFLA_TUN_MULTI_QUEUE).
	MultiQueue bool
	// NumQueues is the number of open files, and NumDisabledQueues the number of those
	// that are turned off, which NumQueues does not count. The kernel reports both only
	// with MultiQueue (IFLA_TUN_NUM_QUEUES, IFLA_TUN_NUM_DISABLED_QUEUES).
	NumQueues, NumDisabledQueues uint32
}

func (v *TunInfo) attrs(c *attr.Codec) {
	attr.Enum(c.CreateOnly(), uapi.IFLA_TUN_TYPE, "mode", &v.Type, tunTypes)
	attr.Custom(c, uapi.IFLA_TUN_OWNER, "user", (*tunID)(&v.Owner))
	attr.Custom(c.Key("user_group"), uapi.IFLA_TUN_GROUP, "group", (*tunID)(&v.Group))
	attr.ByteFlag(c, uapi.IFLA_TUN_PI, "pi", &v.PI)
	attr.ByteFlag(c, uapi.IFLA_TUN_VNET_HDR, "vnet_hdr", &v.VNetHdr)
	attr.ByteFlag(c.CreateOnly(), uapi.IFLA_TUN_MULTI_QUEUE, "multi_queue", &v.MultiQueue)
	attr.ByteFlag(c.NoKeyword(), uapi.IFLA_TUN_PERSIST, "persist", &v.Persist)
	attr.U32(c.ReadOnly(), uapi.IFLA_TUN_NUM_QUEUES, "numqueues", &v.NumQueues)
	attr.U32(c.ReadOnly(), uapi.IFLA_TUN_NUM_DISABLED_QUEUES, "numdisabled", &v.NumDisabledQueues)
}

// A TunType is the sort of packets that a link carries.
type TunType uint8

// Sorts of packets.
const (
	TunIP       TunType = 1 // tun: IP packets
	TunEthernet TunType = 2 // tap: Ethernet frames
)

var tunTypes = attr.Words{1: "tun", 2: "tap"}

// String returns the word of iproute2.
func (t TunType) String() string {
	return attr.Word(tunTypes, t)
}

// MarshalText returns the result of String.
func (t TunType) MarshalText() ([]byte, error) {
	return []byte(t.String()), nil
}

// UnmarshalText reads a result of String. The error matches fs.ErrInvalid.
func (t *TunType) UnmarshalText(text []byte) error {
	return attr.ReadWord(tunTypes, "tun type", text, t)
}

// tunID is the id of a user or a group.
type tunID int

// AppendPayload appends the number as the kernel reports it.
func (i *tunID) AppendPayload(b []byte) []byte {
	return wire.Order.AppendUint32(b, uint32(*i))
}

// ParsePayload reads the number.
func (i *tunID) ParsePayload(b []byte) error {
	if err := attr.Width(b, 4); err != nil {
		return err
	}
	*i = tunID(wire.Order.Uint32(b))
	return nil
}

// AppendWords appends the number.
func (i *tunID) AppendWords(b []byte) []byte {
	return strconv.AppendInt(b, int64(*i), 10)
}

// JSONValue returns the number.
func (i *tunID) JSONValue() any { return (*int)(i) }

// Check rejects numbers that are no ids.
func (i *tunID) Check() error {
	if *i < 0 || uint64(*i) >= math.MaxUint32 {
		return fmt.Errorf("%d is not in 0…%d", *i, uint32(math.MaxUint32-1))
	}
	return nil
}

// tunQueues is the number of queues of a link with MultiQueue.
const tunQueues = 256

// validate rejects common settings that the driver does not take.
func (v *TunInfo) validate(op string, s *spec) error {
	if s.linkSet.Has(uapi.IFLA_ADDRESS) && v.Type == TunIP {
		return &attr.Error{Name: "address", Text: "IP packets have no link-layer address: use NewTap"}
	}
	if op != "create" {
		return nil
	}
	queues := uint32(1)
	if s.Set.Has(uapi.IFLA_TUN_MULTI_QUEUE) && v.MultiQueue {
		queues = tunQueues
	}
	for _, n := range []struct {
		typ  uint16
		want uint32
	}{{uapi.IFLA_NUM_TX_QUEUES, s.link.TxQueues}, {uapi.IFLA_NUM_RX_QUEUES, s.link.RxQueues}} {
		if s.linkSet.Has(n.typ) && n.want != queues {
			return &attr.Error{Name: rowName(s.link.settable, n.typ), Text: fmt.Sprintf("%d, where the driver makes %d: MultiQueue chooses between 1 and %d", n.want, queues, tunQueues)}
		}
	}
	return nil
}

// request returns the settings in set for package tunctl.
func (v *TunInfo) request(name string, set attr.Set) *tunctl.Request {
	r := &tunctl.Request{Name: name, Tap: v.Type == TunEthernet, PI: v.PI, VNetHdr: v.VNetHdr, MultiQueue: v.MultiQueue, Persist: v.Persist}
	for _, id := range []struct {
		typ uint16
		of  int
		to  **uint32
	}{{uapi.IFLA_TUN_OWNER, v.Owner, &r.Owner}, {uapi.IFLA_TUN_GROUP, v.Group, &r.Group}} {
		if number := uint32(id.of); set.Has(id.typ) {
			*id.to = &number
		}
	}
	return r
}

// make makes a link that stays when the call ends.
func (v *TunInfo) make(name string, index int, set attr.Set, indexOf func(string) (int, error)) (int, error) {
	r := v.request(name, set)
	r.Index, r.Persist = index, true
	made, err := tunctl.Make(r, indexOf)
	return made, tunError(err)
}

// apply changes the settings in set. It attaches to the link with its other settings as
// they are, because the kernel takes the flags of the link from each file that attaches.
func (v *TunInfo) apply(ctx context.Context, netns, index int, set attr.Set) error {
	return inNetNS(netns, func() error {
		c, err := Dial()
		if err != nil {
			return err
		}
		defer c.Close()
		now, err := c.GetIndex(ctx, index)
		if err != nil {
			return err
		}
		want, ok := now.Info.(*TunInfo)
		if !ok {
			return syscall.ENODEV
		}
		var codec attr.Codec
		if err := codec.Copy(set, nil, v.attrs, want.attrs); err != nil {
			return err
		}
		return tunError(tunctl.Change(want.request(now.Name, set), index))
	})
}

// tunError adds the reason and the setting to an error of package tunctl.
func tunError(err error) error {
	if err == nil || tunctl.Reason(err) == "" && tunctl.Setting(err) == "" {
		return err
	}
	return &Error{Attr: tunctl.Setting(err), Message: tunctl.Reason(err), Err: tunctl.Cause(err)}
}

// addCommand writes the command of `ip tuntap`, which makes links that stay.
func (v *TunInfo) addCommand(w *commandWriter, s *spec) {
	w.begin(s.home(), "tuntap", "add", "dev", s.dev(s.Name))
	w.print(s.Set.Or(s.kind().spelled).Minus(attr.SetOf(uapi.IFLA_TUN_PERSIST)), s.Refs, v.attrs)
	w.end()
	if s.index > 0 {
		w.absent = append(w.absent, "the index")
	}
}

// inNetNS runs fn in the namespace of a descriptor, or where the caller is for
// rtnl.Here.
func inNetNS(fd int, fn func() error) error {
	if fd == rtnl.Here {
		return fn()
	}
	ns, err := netNSOf(netns.FromFD(fd))
	if err != nil {
		return err
	}
	defer ns.Close()
	return ns.Do(fn)
}

// ReadWords reads the number.
func (i *tunID) ReadWords(_ string, args *words.Args) error {
	n, err := args.Number(32)
	if err != nil {
		return err
	}
	id := tunID(n)
	if err := id.Check(); err != nil {
		return args.Fault(err.Error())
	}
	*i = id
	return nil
}

// tuntapCommand reads `ip tuntap add` and `ip tuntap delete`.
func (p *parsing) tuntapCommand(at place, args *words.Args) error {
	verb, ok := words.Match(args.Next(), []string{"add", "delete"})
	if !ok {
		return args.Unknown([]string{"add", "delete"})
	}
	e := newEditor(KindTun, "")
	s := &e.spec
	if err := readTuntap(s, args); err != nil {
		return err
	}
	switch {
	case s.Name == "":
		return args.Missing("the name of the link")
	case !s.Set.Has(uapi.IFLA_TUN_TYPE):
		return args.Missing(`"mode" and a mode`)
	}
	d := &subject{spec: e, s: s, key: placeName{at.word, s.Name}, made: true}
	if verb == "delete" {
		a := Absent(s.Name)
		d.spec, d.s = a, a.description()
	}
	d.s.netns = at.ns
	return p.add(d, args)
}

// readTuntap reads the words about a link. Any other word is the name.
func readTuntap(s *spec, args *words.Args) error {
	table := attr.NewReader(&s.Set, &s.Refs, s.info().attrs, attr.Scope{})
	for args.More() {
		word := args.Next()
		switch {
		case word == "one_queue": // which the kernel ignores
			continue
		case word == "dev", word == "name":
			if _, err := args.Value(); err != nil {
				return err
			}
		default:
			if _, known, err := table.Read(word, args); err != nil {
				return err
			} else if known {
				continue
			}
		}
		if err := nameTuntap(s, args); err != nil {
			return err
		}
	}
	return nil
}

// nameTuntap makes the last word the name of the link.
func nameTuntap(s *spec, args *words.Args) error {
	if s.Name != "" {
		return args.Unknown([]string{"dev", "group", "mode", "multi_queue", "name", "one_queue", "pi", "user", "vnet_hdr"})
	}
	args.Back()
	s.Name = args.Next()
	return nil
}
