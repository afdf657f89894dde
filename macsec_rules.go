package iplink

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"slices"
	"strings"
	"syscall"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/macsecnl"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
	"github.com/iplink-go/iplink/internal/words"
)

// A MACsecSCI identifies a secure channel by the address of a station and a port, in
// the byte order of frames.
type MACsecSCI [8]byte

// MACsecSCIOf returns the identifier for an Ethernet address, 6 bytes, and a port, 1
// to 65535. For an address of another length it returns the zero MACsecSCI, which
// every verb rejects.
func MACsecSCIOf(mac net.HardwareAddr, port uint16) (sci MACsecSCI) {
	if len(mac) == 6 {
		binary.BigEndian.PutUint16(sci[copy(sci[:], mac):], port)
	}
	return sci
}

// MAC returns the address.
func (s MACsecSCI) MAC() net.HardwareAddr {
	return s[:6]
}

// Port returns the port.
func (s MACsecSCI) Port() uint16 {
	return binary.BigEndian.Uint16(s[6:])
}

// String returns the form of iproute2: 16 hexadecimal digits.
func (s MACsecSCI) String() string {
	return hex.EncodeToString(s[:])
}

// MarshalText returns the result of String.
func (s MACsecSCI) MarshalText() ([]byte, error) {
	return []byte(s.String()), nil
}

// UnmarshalText reads up to 16 hexadecimal digits. The error matches fs.ErrInvalid.
func (s *MACsecSCI) UnmarshalText(text []byte) error {
	number, ok := words.Hex(string(text), 64)
	if !ok {
		return fmt.Errorf("%q is not an SCI of up to 16 hexadecimal digits: %w", text, fs.ErrInvalid)
	}
	binary.BigEndian.PutUint64(s[:], number)
	return nil
}

// macsecSCI is an identifier in its attribute.
type macsecSCI MACsecSCI

// AppendPayload appends the bytes in their order in frames.
func (s *macsecSCI) AppendPayload(b []byte) []byte {
	return append(b, s[:]...)
}

// ParsePayload reads the bytes.
func (s *macsecSCI) ParsePayload(b []byte) error {
	if err := attr.Width(b, len(s)); err != nil {
		return err
	}
	*s = macsecSCI(b)
	return nil
}

// AppendWords appends the digits.
func (s *macsecSCI) AppendWords(b []byte) []byte {
	return hex.AppendEncode(b, s[:])
}

// ReadWords reads 16 digits.
func (s *macsecSCI) ReadWords(_ string, args *words.Args) error {
	v, err := args.Value()
	if err != nil {
		return err
	}
	if err := (*MACsecSCI)(s).UnmarshalText([]byte(v)); err != nil {
		return args.Fault(strings.TrimSuffix(err.Error(), ": "+fs.ErrInvalid.Error()))
	}
	return nil
}

// JSONValue returns the identifier.
func (s *macsecSCI) JSONValue() any { return (*MACsecSCI)(s) }

// Check rejects the zero identifier, which results from an invalid address.
func (s *macsecSCI) Check() error {
	if *s == (macsecSCI{}) {
		return errors.New("the zero SCI is none: it needs an address of 6 bytes, and a port")
	}
	return nil
}

// A MACsecCipher is a cipher suite, by its number in IEEE 802.1AE.
type MACsecCipher uint64

// Cipher suites. The XPN suites use 64-bit packet numbers.
const (
	MACsecGCMAES128    MACsecCipher = 0x0080c20001000001 // 16-byte keys
	MACsecGCMAES256    MACsecCipher = 0x0080c20001000002 // 32-byte keys
	MACsecGCMAESXPN128 MACsecCipher = 0x0080c20001000003 // 16-byte keys, and salt
	MACsecGCMAESXPN256 MACsecCipher = 0x0080c20001000004 // 32-byte keys, and salt
)

// macsecDefaultCipher is the number that GCM-AES-128 had before the standard changed
// it. The kernel still reports that number.
const macsecDefaultCipher MACsecCipher = 0x0080020001000001

var macsecCiphers = []string{"gcm-aes-128", "gcm-aes-256", "gcm-aes-xpn-128", "gcm-aes-xpn-256"}

// String returns the word of iproute2, or the number in hexadecimal.
func (c MACsecCipher) String() string {
	if i := uint64(c - MACsecGCMAES128); i < uint64(len(macsecCiphers)) {
		return macsecCiphers[i]
	}
	return fmt.Sprintf("%#016x", uint64(c))
}

// MarshalText returns the result of String.
func (c MACsecCipher) MarshalText() ([]byte, error) {
	return []byte(c.String()), nil
}

// UnmarshalText reads a result of String. The error matches fs.ErrInvalid.
func (c *MACsecCipher) UnmarshalText(text []byte) error {
	if i := slices.Index(macsecCiphers, strings.ToLower(string(text))); i >= 0 {
		*c = MACsecGCMAES128 + MACsecCipher(i)
		return nil
	}
	if string(text) == "default" { // of iproute2
		*c = MACsecGCMAES128
		return nil
	}
	n, ok := words.Number(string(text), 64)
	if !ok {
		return fmt.Errorf("%q is not a cipher suite, one of %s, or a number: %w", text, strings.Join(macsecCiphers, ", "), fs.ErrInvalid)
	}
	*c = MACsecCipher(n)
	return nil
}

// xpn reports whether packet numbers have 64 bits.
func (c MACsecCipher) xpn() bool {
	return c == MACsecGCMAESXPN128 || c == MACsecGCMAESXPN256
}

// macsecCipher is a cipher suite in its attribute.
type macsecCipher MACsecCipher

// AppendPayload appends the number.
func (c *macsecCipher) AppendPayload(b []byte) []byte {
	return wire.Order.AppendUint64(b, uint64(*c))
}

// ParsePayload reads the number, and replaces the old one of GCM-AES-128 by the new
// one.
func (c *macsecCipher) ParsePayload(b []byte) error {
	if err := attr.Width(b, 8); err != nil {
		return err
	}
	*c = macsecCipher(wire.Order.Uint64(b))
	if *c == macsecCipher(macsecDefaultCipher) {
		*c = macsecCipher(MACsecGCMAES128)
	}
	return nil
}

// AppendWords appends the word.
func (c *macsecCipher) AppendWords(b []byte) []byte {
	return append(b, MACsecCipher(*c).String()...)
}

// ReadWords reads the word.
func (c *macsecCipher) ReadWords(_ string, args *words.Args) error {
	word, err := args.Value()
	if err != nil {
		return err
	}
	if err := (*MACsecCipher)(c).UnmarshalText([]byte(word)); err != nil {
		return args.Unknown(macsecCiphers)
	}
	return nil
}

// JSONValue returns the cipher suite.
func (c *macsecCipher) JSONValue() any { return (*MACsecCipher)(c) }

// Check rejects unknown numbers.
func (c *macsecCipher) Check() error {
	if uint64(*c)-uint64(MACsecGCMAES128) >= uint64(len(macsecCiphers)) {
		return fmt.Errorf("%v is not a cipher suite", MACsecCipher(*c))
	}
	return nil
}

// A MACsecValidation is the treatment of received frames that fail the check.
type MACsecValidation uint8

// Treatments of frames that fail the check.
const (
	MACsecDisabled MACsecValidation = iota // they are not checked
	MACsecCheck                            // they are counted and accepted
	MACsecStrict                           // they are counted and dropped
)

var macsecValidations = attr.Words{"disabled", "check", "strict"}

// String returns the word of iproute2.
func (v MACsecValidation) String() string {
	return attr.Word(macsecValidations, v)
}

// A MACsecOffload is the part of the hardware that does the work.
type MACsecOffload uint8

// Parts of the hardware.
const (
	MACsecOffloadOff MACsecOffload = iota // none: the kernel does it
	MACsecOffloadPHY                      // the transceiver
	MACsecOffloadMAC                      // the controller
)

var macsecOffloads = attr.Words{"off", "phy", "mac"}

// String returns the word of iproute2.
func (o MACsecOffload) String() string {
	return attr.Word(macsecOffloads, o)
}

// validate applies the rules of macsec_validate_attr in the kernel, which reports
// violations as bare errnos.
func (m *MACsecInfo) validate(_ string, s *spec) error {
	err := errors.Join(m.requireSCI(s.Set.Has), m.requireWindow(s.Set.Has))
	if s.Set.And(macsecApart).Empty() {
		return err
	}
	return errors.Join(err, m.checkSAs(m.suite(s)))
}

func (m *MACsecInfo) requireSCI(has func(uint16) bool) error {
	sends := has(uapi.IFLA_MACSEC_INC_SCI) && m.SendSCI
	station, scb := has(uapi.IFLA_MACSEC_ES) && m.EndStation, has(uapi.IFLA_MACSEC_SCB) && m.SCB
	switch {
	case has(uapi.IFLA_MACSEC_SCI) && has(uapi.IFLA_MACSEC_PORT):
		return &attr.Error{Name: "port", Text: "the SCI holds a port: set one of both"}
	case station && scb:
		return &attr.Error{Name: "scb", Text: "cannot go with EndStation"}
	case sends && station:
		return &attr.Error{Name: "end_station", Text: "needs SendSCI(false)"}
	case sends && scb:
		return &attr.Error{Name: "scb", Text: "needs SendSCI(false)"}
	case has(uapi.IFLA_MACSEC_SCI) && (station || scb):
		return &attr.Error{Name: "sci", Text: "cannot go with EndStation or SCB: others take the SCI from the address then"}
	}
	return nil
}

// planCreate leaves SendSCI(false) for a second request if the SCI or its port was
// chosen: the kernel refuses both in one.
func (m *MACsecInfo) planCreate(_ context.Context, _ *transaction, j *job) error {
	chosen := !j.spec.Set.And(attr.SetOf(uapi.IFLA_MACSEC_SCI, uapi.IFLA_MACSEC_PORT)).Empty()
	if chosen && !m.SendSCI {
		j.infoSet.Remove(uapi.IFLA_MACSEC_INC_SCI)
	}
	return nil
}

// macsecXPNWindow is the largest window with an XPN cipher.
const macsecXPNWindow = 1<<30 - 1

func (m *MACsecInfo) requireWindow(has func(uint16) bool) error {
	switch {
	case has(uapi.IFLA_MACSEC_REPLAY_PROTECT) && m.Replay && !has(uapi.IFLA_MACSEC_WINDOW):
		return &attr.Error{Name: "replay", Text: "needs Window"}
	case has(uapi.IFLA_MACSEC_WINDOW) && m.Cipher.xpn() && m.Window > macsecXPNWindow:
		return &attr.Error{Name: "window", Text: fmt.Sprintf("%d is more than %d, the most with %v", m.Window, macsecXPNWindow, m.Cipher)}
	}
	return nil
}

// macsecBefore rejects changes that contradict the state of the link; the kernel
// accepts some of them.
func macsecBefore(j *job, have *Link) *attr.Error {
	has, ok := have.Info.(*MACsecInfo)
	want, is := j.spec.Info.(*MACsecInfo)
	if !ok || !is {
		return nil
	}
	j.fitMACsec(want, has, have.raw.info)
	changes := j.infoSet.Has
	switch {
	case changes(uapi.IFLA_MACSEC_WINDOW) && has.Cipher.xpn() && want.Window > macsecXPNWindow:
		return &attr.Error{Name: "window", Text: fmt.Sprintf("%d is more than %d, the most with %v", want.Window, macsecXPNWindow, has.Cipher)}
	case changes(uapi.IFLA_MACSEC_INC_SCI) && want.SendSCI && has.EndStation && !changes(uapi.IFLA_MACSEC_ES):
		return &attr.Error{Name: "send_sci", Text: "needs EndStation(false)"}
	case changes(uapi.IFLA_MACSEC_INC_SCI) && want.SendSCI && has.SCB && !changes(uapi.IFLA_MACSEC_SCB):
		return &attr.Error{Name: "send_sci", Text: "needs SCB(false)"}
	case changes(uapi.IFLA_MACSEC_ES) && want.EndStation && has.SCB && !changes(uapi.IFLA_MACSEC_SCB):
		return &attr.Error{Name: "end_station", Text: "needs SCB(false)"}
	case changes(uapi.IFLA_MACSEC_SCB) && want.SCB && has.EndStation && !changes(uapi.IFLA_MACSEC_ES):
		return &attr.Error{Name: "scb", Text: "needs EndStation(false)"}
	case changes(uapi.IFLA_MACSEC_OFFLOAD) && !have.raw.info.Has(uapi.IFLA_MACSEC_OFFLOAD):
		return &attr.Error{Name: "offload", Text: "this kernel takes it only when the link is made"}
	}
	if j.infoSet.And(macsecApart).Empty() {
		return nil
	}
	fault, _ := errors.AsType[*attr.Error](want.checkSAs(macsecnl.Suite(has.Cipher)))
	return fault
}

// fitMACsec adds the window to a change of the replay protection that needs it. It
// leaves out settings that the kernel does not report, if the wanted value is the
// one assumed without a report.
func (j *job) fitMACsec(want, has *MACsecInfo, reported attr.Set) {
	const window, offload = uapi.IFLA_MACSEC_WINDOW, uapi.IFLA_MACSEC_OFFLOAD
	switch {
	case j.infoSet.Has(uapi.IFLA_MACSEC_REPLAY_PROTECT):
		j.infoSet = j.infoSet.Or(j.spec.Set.And(attr.SetOf(window)))
	case !reported.Has(window) && want.Window == has.Window:
		j.infoSet.Remove(window)
	}
	if !reported.Has(offload) && want.Offload == has.Offload {
		j.infoSet.Remove(offload)
	}
}

// macsecOverhead is the size of the tag with the SCI and of the check value.
func macsecOverhead(_ *Link, of info) uint32 {
	const tag, icv = 16, 16
	if m, ok := of.(*MACsecInfo); ok && m.ICVLen != 0 {
		return tag + uint32(m.ICVLen)
	}
	return tag + icv
}

// macsecReason returns the meaning of the driver's bare errnos.
func macsecReason(errno syscall.Errno) string {
	switch errno {
	case syscall.EBUSY:
		return "the parent has a link with this SCI already, or is a port of a bridge, bond or team"
	case syscall.EINVAL:
		return "the parent must be Ethernet, and the length of the check value one that the cipher supports"
	case syscall.EOPNOTSUPP:
		return "the parent cannot take the work over"
	case syscall.ENOENT:
		return macsecnl.MissingCrypto
	}
	return ""
}

// genericSet returns the settings sent over generic netlink.
func (m *MACsecInfo) genericSet() attr.Set { return macsecApart }

// apply makes the missing channels and associations. If one is rejected, those
// before it are undone.
func (m *MACsecInfo) apply(ctx context.Context, netns, index int, _ attr.Set) error {
	c, err := dialMACsec(ctx, netns)
	if err != nil {
		return err
	}
	defer c.Close()
	d, err := c.Find(ctx, index)
	if errors.Is(err, fs.ErrNotExist) { // a new device; for any other, read has failed already
		d, err = macsecnl.Device{Index: index, Suite: macsecnl.Suite(m.Cipher)}, nil
	}
	if err != nil {
		return err
	}
	steps := m.steps(&d)
	if len(steps) == 0 {
		return nil
	}
	return refusedByMACsec(c.Run(ctx, steps...))
}

// steps returns the steps that give a link the wanted channels and associations.
func (m *MACsecInfo) steps(d *macsecnl.Device) []macsecnl.Step {
	steps := saSteps(d, nil, wireSAs(m.TxSAs), d.TxSAs)
	for _, c := range m.RxSCs {
		sci := macsecnl.SCI(c.SCI)
		have := d.FindRxSC(sci)
		if have == nil {
			steps = append(steps, macsecnl.AddingRxSC(d.Index, sci, wireSAs(c.SAs), d.Suite.XPN())...)
		}
		if active := have == nil || have.Active; active != c.Active { // a new one is active
			steps = append(steps, macsecnl.SwitchingRxSC(d.Index, sci, c.Active))
		}
		if have == nil {
			continue
		}
		steps = append(steps, saSteps(d, &sci, wireSAs(c.SAs), have.SAs)...)
	}
	return steps
}

func saSteps(d *macsecnl.Device, sci *macsecnl.SCI, want, have []macsecnl.SA) (steps []macsecnl.Step) {
	for _, w := range want {
		h := macsecnl.FindSA(have, w.AN)
		switch {
		case h == nil:
			steps = append(steps, macsecnl.Adding(d.Index, sci, w, d.Suite.XPN()))
		case h.Active != w.Active:
			steps = append(steps, macsecnl.Switching(d.Index, sci, w.AN, w.Active))
		}
	}
	return steps
}

// read returns the channels and associations of a link.
func (m *MACsecInfo) read(ctx context.Context, netns, index int) (genericInfo, error) {
	c, err := dialMACsec(ctx, netns)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	d, err := c.Find(ctx, index)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrMACsecTruncated
	}
	if err != nil {
		return nil, err
	}
	known := &MACsecInfo{TxSAs: reported(d.TxSAs), RxSCs: []MACsecRxSC{}}
	for _, r := range d.RxSCs {
		known.RxSCs = append(known.RxSCs, MACsecRxSC{SCI: MACsecSCI(r.SCI), Active: r.Active, SAs: reported(r.SAs)})
	}
	return known, nil
}

func reported(sas []macsecnl.SA) []MACsecSA {
	all := make([]MACsecSA, len(sas))
	for i, sa := range sas {
		all[i] = MACsecSA{AN: sa.AN, PN: sa.PN, Active: sa.Active, KeyID: sa.KeyID, SSCI: sa.SSCI}
	}
	return all
}

// addTo adds the channels and associations to a link that was read.
func (m *MACsecInfo) addTo(l *Link) {
	if have, ok := l.Info.(*MACsecInfo); ok {
		have.TxSAs, have.RxSCs = m.TxSAs, m.RxSCs
		l.raw.info = l.raw.info.Or(macsecApart)
	}
}

func dialMACsec(ctx context.Context, netns int) (*macsecnl.Conn, error) {
	c, err := macsecnl.Dial(ctx, netns)
	return c, withoutFamily(KindMACsec, err)
}

// refusedByMACsec returns an error that names the association at fault.
func refusedByMACsec(err error) error {
	refusal, ok := errors.AsType[*macsecnl.Refusal](err)
	if !ok {
		return err
	}
	e := &Error{Attr: refusal.Request.Subject(), Message: refusal.Message, FromKernel: refusal.FromKernel, Err: refusal.Err}
	if refusal.Left != nil {
		e.Message, e.FromKernel = e.Message+"; "+refusal.Left.Error(), false
	}
	return e
}
