package iplink

import "github.com/iplink-go/iplink/internal/attr"

// isRaw reports whether the settings of the kind are given as bytes.
func (s *spec) isRaw() bool {
	_, raw := s.Info.(*rawSettings)
	return raw
}

// hasRaw is isRaw of the link or its peer.
func (s *spec) hasRaw() bool {
	return s.isRaw() || s.Peer != nil && s.peer().wanted().isRaw()
}

// known returns what a link has of the settings of s. Of a link that is of another
// kind nothing is known.
func (s *spec) known(l *Link) (have info, ok bool) {
	if s.isRaw() {
		return reportedOf(l), l.Kind == s.Kind
	}
	have, ok = l.Info.(info)
	return have, ok
}

// hidden returns the settings of s that the kernel does not report, or kept to
// itself in its report of a link.
func (s *spec) hidden(l *Link) attr.Set {
	if s.isRaw() {
		return s.Set.Minus(reportedOf(l).types())
	}
	return s.Set.And(unseen(s.info().attrs, l.raw.info))
}

// compareInfo compares the settings of a kind with what a link has of them, as far
// as the kernel reports them.
func (t *transaction) compareInfo(j *job, l *Link, have info) []attr.Difference {
	set := j.spec.Set
	if raw, ok := have.(*rawSettings); ok {
		set = set.And(raw.types())
	}
	return j.kind.table().Compare(&t.codec, set, l.raw.info, j.infoRefs, j.spec.info(), have)
}

// unprovable reports whether the link that was read back need not have the bytes
// that were sent.
func (t *transaction) unprovable(s *spec) bool {
	return s.isRaw() && t.op != "ensure"
}
