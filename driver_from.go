package iplink

import (
	"github.com/jsimonetti/rtnetlink/v2"

	"github.com/iplink-go/iplink/internal/attr"
)

// Driven is the builder for a link of the kind that an rtnetlink.LinkDriver
// describes; FromDriver returns one.
type Driven struct {
	builder[Driven]
	driver rtnetlink.LinkDriver
}

// FromDriver returns the builder for a link of that name whose kind and settings
// are those of driver: for kinds that this library does not know, such as netkit
// and GENEVE. The settings are encoded anew by each verb, which reports what
// Verify and Encode say, and a Clone shares the driver. A driver for ports is
// refused.
//
// What the attributes mean only the driver knows. Update sends those whose bytes
// are not what the kernel reports, and neither it nor Create compares them
// afterwards. Ensure leaves alone what the kernel does not report, and fails with
// ErrNotApplied if what it reports afterwards still has other bytes, as is so
// where reports have another form than requests.
func FromDriver(name string, driver rtnetlink.LinkDriver) *Driven {
	d := &Driven{driver: driver}
	return d.start(d, driver.Kind(), name)
}

func (d *Driven) settings() info {
	v := new(drivenInfo)
	v.encode(d.driver, d.spec.linkMessage(d.driver))
	d.spec.set = v.types()
	return v
}

// linkMessage is the message that a driver verifies: what rtnetlink knows of the
// settings of all links.
func (s *spec) linkMessage(driver rtnetlink.LinkDriver) *rtnetlink.LinkMessage {
	return &rtnetlink.LinkMessage{
		Index:  uint32(s.index),
		Flags:  s.flags,
		Change: s.change,
		Attributes: &rtnetlink.LinkAttributes{
			Name:      s.name,
			MTU:       s.link.MTU,
			Address:   s.link.Address,
			Broadcast: s.link.Broadcast,
			Info:      &rtnetlink.LinkInfo{Kind: s.kind, Data: driver},
		},
	}
}

// isDriven reports whether a driver has encoded the settings of the kind.
func (s *spec) isDriven() bool {
	_, driven := s.info.(*drivenInfo)
	return driven
}

// hasDriven is isDriven of the link or its peer.
func (s *spec) hasDriven() bool {
	return s.isDriven() || s.peer != nil && s.peer.wanted().isDriven()
}

// known returns what a link has of the settings of s. Of a link that is of another
// kind nothing is known.
func (s *spec) known(l *Link) (have info, ok bool) {
	if s.isDriven() {
		return reportedOf(l), l.Kind == s.kind
	}
	have, ok = l.Info.(info)
	return have, ok
}

// hidden returns the settings of s that the kernel does not report, or kept to
// itself in its report of a link.
func (s *spec) hidden(l *Link) attr.Set {
	if s.isDriven() {
		return s.set.Minus(reportedOf(l).types())
	}
	return s.set.And(unseen(s.info.attrs, l.raw.info))
}

// compareInfo compares the settings of a kind with what a link has of them, as far
// as the kernel reports them.
func (t *transaction) compareInfo(j *job, l *Link, have info) []attr.Difference {
	set := j.spec.set
	if driven, ok := have.(*drivenInfo); ok {
		set = set.And(driven.types())
	}
	return j.kind.table().Compare(&t.codec, set, l.raw.info, j.infoRefs, j.spec.info, have)
}

// unprovable reports whether the link that was read back need not have the bytes
// that a driver wrote.
func (t *transaction) unprovable(s *spec) bool {
	return s.isDriven() && t.op != "ensure"
}
