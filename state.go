package iplink

import (
	"context"
	"strings"
	"syscall"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/uapi"
)

// ready refuses a change that the link as it is does not allow. Where all that
// is in the way is that the link is up, DownFirst and Down clear it.
func (t *transaction) ready(ctx context.Context, j *job, have *Link) error {
	s := j.spec
	if before := j.kind.before; before != nil {
		if fault := before(j, have); fault != nil {
			return s.refuse(t.op, fault)
		}
	}
	if err := t.readyPorts(ctx, j); err != nil {
		return err
	}
	return t.readyDown(j, have)
}

// readyPorts refuses to change what does not change while the link has ports.
func (t *transaction) readyPorts(ctx context.Context, j *job) error {
	s := j.spec
	row := s.firstRow(j.infoSet.And(j.kind.whileFree))
	if row == "" {
		return nil
	}
	ports, err := (&Conn{rt: j.at.rt}).list(ctx, filter{masterIndex: j.index})
	if err != nil {
		return s.failed(t.op, "", err)
	}
	if len(ports) == 0 {
		return nil
	}
	var names []string
	for _, p := range ports {
		names = append(names, p.Name)
	}
	return s.refuse(t.op, &attr.Error{Name: row, Errno: j.kind.notFree,
		Text: "changes only while the link has no ports: take out " + strings.Join(names, ", ")})
}

// firstRow returns the name of a row of the kind that is in set.
func (s *spec) firstRow(set attr.Set) string {
	for typ := range set.All() {
		return rowName(s.info.attrs, typ)
	}
	return ""
}

// readyDown refuses what only a link that is down can do, unless the builder
// has it taken down.
func (t *transaction) readyDown(j *job, have *Link) error {
	s := j.spec
	fault := j.needsDown()
	down := s.change&^s.flags&uapi.IFF_UP != 0
	switch {
	case fault == nil || !have.Up():
		return nil
	case down && fault.Name == "master":
		return s.downInMaster(t.op)
	case !down && !s.downFirst:
		fault.Text += ": DownFirst takes it down before"
		return s.refuse(t.op, fault)
	}
	j.downFirst, j.deferUp = true, !down
	return nil
}

// needsDown returns what is wrong with a change while the link is up, nil if
// nothing is.
func (j *job) needsDown() *attr.Error {
	const text = "changes only while the link is down"
	if row := j.spec.firstRow(j.infoSet.And(j.kind.whileDown)); row != "" {
		return &attr.Error{Name: row, Text: text, Errno: syscall.EBUSY}
	}
	if j.kind.mtuDown && j.linkSet.Has(uapi.IFLA_MTU) {
		return &attr.Error{Name: "mtu", Text: text, Errno: syscall.EBUSY}
	}
	if j.joinsDown != 0 && j.linkSet.Has(uapi.IFLA_MASTER) {
		return &attr.Error{Name: "master", Text: "takes only links that are down", Errno: j.joinsDown}
	}
	return nil
}

// downInMaster refuses to leave down what its new master brings up.
func (s *spec) downInMaster(op string) error {
	return s.invalid(op, "master", "brings its ports up, so that Down cannot be had: DownFirst takes the link down before it joins")
}
