package macsec

import (
	"context"
	"errors"
	"syscall"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/macsecnl"
	"github.com/iplink-go/iplink/internal/openlink"
	"github.com/iplink-go/iplink/internal/own"
	"github.com/iplink-go/iplink/internal/rtnl"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// A MACsec, a MAC security entity, is an existing MACsec link, opened to manage its
// keys: the transmit associations (TxSA), and the receive channels and associations
// (RxSC, RxSA). It has its own netlink sockets and is safe for concurrent use by
// multiple goroutines.
//
// All errors are of type *iplink.Error: Op is the verb in the terms of `ip macsec`,
// and Attr identifies the subject, such as "rx 02000000000b0001 sa 1 key". Errors
// never contain a key.
type MACsec struct {
	link  *openlink.Handle
	nl    *macsecnl.Conn
	suite macsecnl.Suite
}

// Open opens the MACsec link with the given name in the network namespace of the
// calling thread, or where iplink.In, iplink.On and iplink.Index say. The MACsec stays
// in that namespace. The error matches fs.ErrNotExist if the link does not exist, and
// iplink.ErrKind if the link is not a MACsec link. The caller must close the MACsec.
func Open(ctx context.Context, name string, options ...iplink.OpenOption) (*MACsec, error) {
	m := new(MACsec)
	_, err := openlink.OpenAnd(ctx, iplink.KindMACsec, name, own.At(options), func(ctx context.Context, link *openlink.Handle) (err error) {
		m.link = link
		if m.nl, err = macsecnl.Dial(ctx, rtnl.Here); err != nil {
			return m.failed("open", err)
		}
		if err := m.readSuite(ctx); err != nil {
			return errors.Join(err, m.nl.Close())
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return m, nil
}

// readSuite reads the cipher suite, which determines the length of packet numbers
// and never changes.
func (m *MACsec) readSuite(ctx context.Context) error {
	data, err := m.readData(ctx, "open")
	if err != nil {
		return err
	}
	suite := wire.Find(data, uapi.IFLA_MACSEC_CIPHER_SUITE)
	if len(suite) != 8 {
		return m.failed("open", errors.New("the kernel does not tell the cipher suite"))
	}
	m.suite = macsecnl.SuiteOf(wire.Order.Uint64(suite))
	return nil
}

// readData reads the settings of the link.
func (m *MACsec) readData(ctx context.Context, op string) ([]byte, error) {
	l, err := m.link.Own(ctx, op)
	return l.Data, err
}

// Close closes the sockets, except one that iplink.On lent. It does not change the link.
func (m *MACsec) Close() error {
	return errors.Join(m.nl.Close(), m.link.Close())
}

// Name returns the name with which the link was opened.
func (m *MACsec) Name() string {
	return m.link.Name
}

// Index returns the link's interface index.
func (m *MACsec) Index() int {
	return m.link.Index
}

// run executes all of the steps or none.
func (m *MACsec) run(ctx context.Context, op string, steps ...macsecnl.Step) error {
	if len(steps) == 0 {
		return nil
	}
	err := m.nl.Run(ctx, steps...)
	if errors.Is(err, syscall.ENODEV) && m.isGone(ctx) {
		return &iplink.Error{Op: op, Kind: iplink.KindMACsec, Name: m.Name(), Err: syscall.ENODEV}
	}
	if err != nil {
		return m.failed(op, err)
	}
	return nil
}

// isGone reports whether an ENODEV error means that the link itself no longer
// exists.
func (m *MACsec) isGone(ctx context.Context) bool {
	_, err := m.readData(ctx, "")
	return errors.Is(err, syscall.ENODEV)
}

// failed returns an error that names the operation and its subject.
func (m *MACsec) failed(op string, err error) error {
	return failed(op, m.Name(), err)
}

func failed(op, name string, err error) error {
	e := &iplink.Error{Op: op, Kind: iplink.KindMACsec, Name: name, Err: err}
	refusal, ok := errors.AsType[*macsecnl.Refusal](err)
	answer, bare := errors.AsType[*rtnl.Errno](err)
	switch {
	case ok:
		e.Attr, e.Err, e.Message, e.FromKernel = refusal.Request.Subject(), refusal.Err, refusal.Message, refusal.FromKernel
		if refusal.Left != nil {
			e.Message, e.FromKernel = e.Message+"; "+refusal.Left.Error(), false
		}
	case errors.Is(err, rtnl.ErrFamily):
		e.Err, e.Message = syscall.EOPNOTSUPP, "this kernel has no macsec driver (CONFIG_MACSEC)"
	case bare:
		e.Err, e.Message, e.FromKernel = answer.Errno, answer.Message, answer.Message != ""
	}
	return e
}

// invalid returns an error for a request that is rejected before anything is sent.
func (m *MACsec) invalid(op, subject string, f *macsecnl.Flaw) error {
	return m.link.Invalid(op, subject+" "+f.Word, "%s", f.Text)
}
