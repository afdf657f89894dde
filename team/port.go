package team

import (
	"context"
	"errors"
	"fmt"
	"math"
	"syscall"

	"github.com/iplink-go/iplink/internal/teamnl"
)

// A Port is the kernel's view of a port of a team.
type Port struct {
	// Index is the interface index, and Name the name, which is empty if the port no
	// longer exists.
	Index int
	Name  string
	// LinkUp reports whether the kernel considers the link up, regardless of the
	// option UserLinkUp, which a program sets.
	LinkUp bool
	// Speed is in Mbit/s, 0 while the link is down or if the speed is unknown, and
	// FullDuplex reports whether both ends can send at the same time.
	Speed      uint32
	FullDuplex bool
	// Removed reports, in an Event, that the link is no longer a port.
	Removed bool
}

// Ports returns the ports, in the order in which they joined.
func (t *Team) Ports(ctx context.Context) ([]Port, error) {
	all, err := teamnl.Ports(ctx, t.nl, t.link.Index)
	if err != nil {
		return nil, t.failed("ports of", "", err)
	}
	return t.named(all), nil
}

func (t *Team) named(all []teamnl.Port) []Port {
	var ports []Port
	name := t.link.Names()
	for _, p := range all {
		ports = append(ports, Port{Index: p.Index, Name: name(p.Index), LinkUp: p.LinkUp,
			Speed: knownSpeed(p.Speed), FullDuplex: p.FullDuplex(), Removed: p.Removed})
	}
	return ports
}

// knownSpeed returns the speed, or 0 for the kernel's SPEED_UNKNOWN.
func knownSpeed(speed uint32) uint32 {
	if speed == math.MaxUint32 {
		return 0
	}
	return speed
}

// An AddFlag modifies the behaviour of AddPort.
type AddFlag uint8

// DownFirst lets AddPort take down a link that is up. The team brings it up again.
// IPv6 addresses are lost unless the kernel is configured to keep them.
const DownFirst AddFlag = 1

const (
	opAdd    = "add port to"
	opRemove = "remove port from"
)

// AddPort makes a link a port. A link that is up is rejected with an error that
// matches syscall.EBUSY, as the kernel would do, unless DownFirst is given; so is a
// port of another link. A port of this team remains one. After an error the link is
// in its former state.
func (t *Team) AddPort(ctx context.Context, name string, flags ...AddFlag) error {
	l, err := t.lookUp(ctx, opAdd, name)
	if err != nil || l.master == t.link.Index {
		return err
	}
	downFirst := false
	for _, f := range flags {
		downFirst = downFirst || f == DownFirst
	}
	switch {
	case l.index == t.link.Index:
		return t.link.Invalid(opAdd, "port "+name, "a team is not a port of itself")
	case l.master != 0:
		return t.busy(name, fmt.Sprintf("it is a port of %s: remove it there before", t.link.Names()(l.master)))
	case l.up && !downFirst:
		return t.busy(name, "it is up: take it down before, or say DownFirst")
	}
	return t.join(ctx, l)
}

func (t *Team) busy(port, message string) error {
	return t.failed(opAdd, "port "+port, &refusal{syscall.EBUSY, message})
}

// join adds a link, which it takes down if it is up.
func (t *Team) join(ctx context.Context, l linkState) error {
	if l.up {
		if err := t.setUp(ctx, opAdd, l.name, l.index, false); err != nil {
			return t.undone(ctx, l, err)
		}
	}
	if err := t.setMaster(ctx, opAdd, l.name, l.index, t.link.Index); err != nil {
		return t.undone(ctx, l, err)
	}
	return nil
}

// undone restores a link, and returns why.
func (t *Team) undone(ctx context.Context, was linkState, why error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), undoTime)
	defer cancel()
	if left := t.disjoin(ctx, was); left != nil {
		return errors.Join(why, left)
	}
	return why
}

// disjoin restores a link. The link may be a port after all, if ctx ended between
// the request and the answer.
func (t *Team) disjoin(ctx context.Context, was linkState) error {
	const op = "undo " + opAdd
	now, err := t.readLink(ctx, op, "port "+was.name, was.index)
	if err == nil && now.master == t.link.Index {
		err = t.setMaster(ctx, op, was.name, was.index, 0)
	}
	if err == nil && was.up {
		err = t.setUp(ctx, op, was.name, was.index, true)
	}
	return err
}

// RemovePort makes a port a separate link again, which the kernel leaves down. For a
// link that is not a port of this team the error matches fs.ErrNotExist.
func (t *Team) RemovePort(ctx context.Context, name string) error {
	l, err := t.lookUp(ctx, opRemove, name)
	if err != nil {
		return err
	}
	if l.master != t.link.Index {
		return t.failed(opRemove, "port "+name, &refusal{syscall.ENOENT, "it is not a port of this team"})
	}
	return t.setMaster(ctx, opRemove, name, l.index, 0)
}

func (t *Team) lookUp(ctx context.Context, op, name string) (linkState, error) {
	if name == "" {
		return linkState{}, t.link.Invalid(op, "port", "name the link")
	}
	index, err := t.link.Resolve(ctx, op, "port", name, 0)
	if err != nil {
		return linkState{}, err
	}
	return t.readLink(ctx, op, "port "+name, index)
}

// A refusal is an errno returned by this library, with the reason.
type refusal struct {
	errno   syscall.Errno
	message string
}

func (r *refusal) Error() string { return r.message }
func (r *refusal) Unwrap() error { return r.errno }
