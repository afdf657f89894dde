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
	if err := t.permitted(j, have); err != nil {
		return err
	}
	if err := t.readyPorts(ctx, j); err != nil {
		return err
	}
	return t.readyDown(j, have)
}

// permitted refuses what is wrong with a change, and has it carry what the kernel
// wants along with it. Diff, which changes nothing, refuses what no link can have.
func (t *transaction) permitted(j *job, have *Link) error {
	s := j.spec
	if t.op == "diff" && s.checkValues(t.op) == nil {
		return nil
	}
	if before := j.kind.before; before != nil {
		if fault := before(j, have); fault != nil && t.op != "diff" {
			return s.refuse(t.op, fault)
		}
	}
	if fault := j.addressMisfit(have); fault != nil {
		return s.refuse(t.op, fault)
	}
	return j.checkSent(t.op, have)
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
		return rowName(s.info().attrs, typ)
	}
	return ""
}

// readyDown refuses what only a link that is down can do, unless the builder
// has it taken down. A link that leaves a master which opens its ports is closed by
// it: it is brought up again if it is to be up.
func (t *transaction) readyDown(j *job, have *Link) error {
	s := j.spec
	leaves := j.linkSet.Has(uapi.IFLA_MASTER) && kindOf(have.PortKind).portsDown != 0
	fault := j.needsDown(leaves)
	up, down := s.flags&s.change&uapi.IFF_UP != 0, s.change&^s.flags&uapi.IFF_UP != 0
	comes := j.change&uapi.IFF_UP != 0 || j.linkSet.Has(uapi.IFLA_MASTER)
	j.deferUp = leaves && up || comes && j.deferUp
	switch {
	case fault == nil || !have.Up():
		return nil
	case !down && !s.downFirst:
		fault.Text += ": DownFirst takes it down before"
		return s.refuse(t.op, fault)
	}
	j.downFirst, j.deferUp = true, !down
	return nil
}

// needsDown returns what is wrong with a change while the link is up, nil if
// nothing is. A link that leaves its master is down when it joins another.
func (j *job) needsDown(leaves bool) *attr.Error {
	const text = "changes only while the link is down"
	if row := j.spec.firstRow(j.infoSet.And(j.kind.whileDown)); row != "" {
		return &attr.Error{Name: row, Text: text, Errno: syscall.EBUSY}
	}
	if j.kind.mtuDown && j.linkSet.Has(uapi.IFLA_MTU) {
		return &attr.Error{Name: "mtu", Text: text, Errno: syscall.EBUSY}
	}
	if j.joinsDown != 0 && j.linkSet.Has(uapi.IFLA_MASTER) && !leaves {
		return &attr.Error{Name: "master", Text: "takes only links that are down", Errno: j.joinsDown}
	}
	return nil
}

// raised reports whether the link is to be down only so that its master takes it,
// which then brings it up.
func (j *job) raised() bool {
	return j.joinsDown != 0 && j.spec.change&^j.spec.flags&uapi.IFF_UP != 0
}
