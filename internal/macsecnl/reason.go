package macsecnl

import (
	"errors"
	"syscall"

	"github.com/iplink-go/iplink/internal/rtnl"
	"github.com/iplink-go/iplink/internal/uapi"
)

// A Refusal is the error of a request, with the request, the cause and an
// explanation.
type Refusal struct {
	Request Request
	Err     error  // the errno if the kernel rejected the request
	Message string // the kernel's message, or the meaning of its errno
	Left    error  // errors of the undo requests

	FromKernel bool // Message is the kernel's
}

// Error returns the cause and the message, but never a key.
func (r *Refusal) Error() string {
	text := r.Err.Error()
	if r.Message != "" {
		text += " (" + r.Message + ")"
	}
	if r.Left != nil {
		text += "; and undoing what was done before: " + r.Left.Error()
	}
	return text
}

// Unwrap returns the cause.
func (r *Refusal) Unwrap() error {
	return r.Err
}

// refuse explains the error of a request.
func (r Request) refuse(err error) *Refusal {
	refusal := &Refusal{Request: r, Err: err}
	answer, ok := errors.AsType[*rtnl.Errno](err)
	if !ok {
		return refusal
	}
	refusal.Err, refusal.Message, refusal.FromKernel = answer.Errno, answer.Message, answer.Message != ""
	if answer.Errno == syscall.ENOENT && r.adds() {
		// ENOENT would suggest a missing file; in fact a part of the kernel is
		// missing.
		refusal.Err = syscall.EOPNOTSUPP
		refusal.Message, refusal.FromKernel = MissingCrypto, false
	} else if answer.Message == "" {
		refusal.Message = r.reason(answer.Errno)
	}
	return refusal
}

// MissingCrypto is the meaning of ENOENT when the kernel is given a key.
const MissingCrypto = "this kernel has no gcm(aes) (CONFIG_CRYPTO_GCM, CONFIG_CRYPTO_AES)"

// adds reports whether the request adds an association.
func (r *Request) adds() bool {
	return r.Command == uapi.MACSEC_CMD_ADD_TXSA || r.Command == uapi.MACSEC_CMD_ADD_RXSA
}

// reasons are the meanings of the family's bare errnos, by command.
var reasons = map[uint8]map[syscall.Errno]string{
	uapi.MACSEC_CMD_ADD_RXSC: {syscall.EEXIST: "a MACsec link on this parent has a channel of this SCI already"},
	uapi.MACSEC_CMD_UPD_RXSC: {syscall.ENODEV: noChannel},
	uapi.MACSEC_CMD_DEL_RXSC: {syscall.ENODEV: noChannel},
	uapi.MACSEC_CMD_ADD_TXSA: {syscall.EBUSY: numberTaken},
	uapi.MACSEC_CMD_UPD_TXSA: {syscall.ENODEV: noAssociation},
	uapi.MACSEC_CMD_DEL_TXSA: {syscall.ENODEV: noAssociation, syscall.EBUSY: stillActive},
	uapi.MACSEC_CMD_ADD_RXSA: {syscall.EBUSY: numberTaken, syscall.ENODEV: noChannel + ": add it before"},
	uapi.MACSEC_CMD_UPD_RXSA: {syscall.ENODEV: "there is no such association, or no such channel"},
	uapi.MACSEC_CMD_DEL_RXSA: {syscall.ENODEV: "there is no such association, or no such channel", syscall.EBUSY: stillActive},
	uapi.MACSEC_CMD_UPD_OFFLOAD: {
		syscall.EBUSY:      "changes only while the link is down and has no channel or association",
		syscall.EOPNOTSUPP: "the parent cannot take the work over",
	},
}

const (
	noChannel     = "there is no such channel"
	noAssociation = "there is no such association"
	numberTaken   = "there is an association of this number already"
	stillActive   = "it is active: deactivate it before"
)

// reason returns the meaning of a bare errno, or an empty string if it is unknown.
func (r *Request) reason(errno syscall.Errno) string {
	if errno == syscall.EPERM {
		return rtnl.NeedsNetAdmin
	}
	return reasons[r.Command][errno]
}
