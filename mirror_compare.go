package iplink

import (
	"bytes"
	"slices"
	"unsafe"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// An image is the message that a link was decoded from, for comparison with another.
// Most messages are similar to each other, so a watch keeps only the differences
// from a model.
type image struct {
	model   string
	differs string // the differing words, each after the number of equal ones
}

// A modelKey selects messages that probably have the same attributes in the same
// places.
type modelKey struct {
	kind, portKind string
	len            int
}

const (
	wordLen = 4 // the alignment of attributes
	farWord = 255
)

// imageOf returns the image of a message. A message that is not similar to its model
// becomes the next model.
func (w *mirror) imageOf(l *Link, message []byte) image {
	key := modelKey{l.Kind, l.PortKind, len(message)}
	model, ok := w.models[key]
	if ok {
		w.differs = appendDifferences(w.differs[:0], model, message)
	}
	if !ok || len(w.differs) > len(message)/2 {
		model = slices.Clone(message)
		w.forgetModels(len(message))
		w.models[key], w.differs = model, w.differs[:0]
	}
	return image{wholeImage(model).model, string(w.differs)}
}

// Models may use modelRoom bytes, plus modelShare for each link. A user who can
// change one link can produce messages of all lengths, each with its model.
const (
	modelRoom  = 256 << 10
	modelShare = 1 << 10
)

// forgetModels makes room for one more model. If there is no room, the mirror drops
// all models; links keep the ones they need.
func (w *mirror) forgetModels(bytes int) {
	room := modelRoom
	for _, s := range w.spaces {
		room += len(s.links) * modelShare
	}
	if w.modelled += bytes; w.modelled > room {
		clear(w.models)
		w.modelled = bytes
	}
}

// wholeImage returns the image of a message that will not change.
func wholeImage(message []byte) image {
	return image{model: unsafe.String(unsafe.SliceData(message), len(message))}
}

// message returns the message, which must not be modified.
func (i image) message() []byte {
	if i.differs == "" {
		return unsafe.Slice(unsafe.StringData(i.model), len(i.model))
	}
	return applyDifferences([]byte(i.model), i.differs)
}

// appendDifferences appends the words of b that differ from the words of a, which has
// the same length. Each word follows a byte with the number of equal words before it.
// If that byte is farWord, the count continues in the next byte and no word follows.
func appendDifferences(to, a, b []byte) []byte {
	same := 0
	for at := 0; at+wordLen <= len(b); at += wordLen {
		if wire.Order.Uint32(a[at:]) == wire.Order.Uint32(b[at:]) {
			same++
			continue
		}
		for ; same >= farWord; same -= farWord {
			to = append(to, farWord)
		}
		to = append(append(to, byte(same)), b[at:at+wordLen]...)
		same = 0
	}
	return to
}

// applyDifferences turns a, the message given to appendDifferences, into b.
func applyDifferences(b []byte, differs string) []byte {
	for at := 0; len(differs) > 0; {
		same := int(differs[0])
		at, differs = at+same*wordLen, differs[1:]
		if same < farWord {
			at, differs = at+copy(b[at:], differs[:wordLen]), differs[wordLen:]
		}
	}
	return b
}

// An interner holds copies of data from messages, such as names, and shares them
// between links. It is a table in which a new entry replaces an old one. It does not
// remember copies longer than mostPooled, which two links rarely share.
type interner struct {
	have [256][]byte
	slab *slab // memory for the copies; nil if each is allocated by itself
}

const mostPooled = 1 << 10

// copy returns a copy that must not be modified.
func (p *interner) copy(b []byte) []byte {
	switch {
	case len(b) == 0:
		return []byte{}
	case len(b) > mostPooled:
		return p.keep(b)
	}
	have := p.slot(b)
	if !bytes.Equal(*have, b) {
		*have = p.keep(b)
	}
	return *have
}

func (p *interner) keep(b []byte) []byte {
	if p.slab != nil {
		return p.slab.keep(b)
	}
	return slices.Clip(slices.Clone(b))
}

// slot returns the place for a copy of b. It is chosen by some of the bytes.
func (p *interner) slot(b []byte) *[]byte {
	const some = 8
	hash := uint32(len(b))
	for at := 0; at < len(b); at += 1 + len(b)/some {
		hash = hash*16777619 ^ uint32(b[at])
	}
	return &p.have[hash%uint32(len(p.have))]
}

// unwatched are the attributes that a mirror does not keep: counters and sysctl
// values. They are half of the kernel's report, and no event depends on them.
// IFLA_STATS64 is kept as the numbers in Link.Stats.
var (
	unwatched      = attr.SetOf(uapi.IFLA_STATS, uapi.IFLA_STATS64)
	unwatchedINET  = attr.SetOf(uapi.IFLA_INET_CONF)
	unwatchedINET6 = attr.SetOf(uapi.IFLA_INET6_CONF, uapi.IFLA_INET6_STATS, uapi.IFLA_INET6_ICMP6STATS)
)

// parse decodes an announcement or an answer, which the Link outlives, without the
// unwatched attributes. Malformed data is kept as it is, for the Link to report.
func (w *mirror) parse(m wire.Message) *Link {
	message, overlong := legible(m.Data)
	l := w.parseLegible(message)
	l.addErr("", overlong)
	l.noteUndescribed(m)
	return l
}

func (w *mirror) parseLegible(message []byte) *Link {
	watched, ok := appendWatched(w.watched[:0], message)
	if !ok {
		l := parseLink(&w.codec, message)
		l.finish(nil)
		l.raw.image = wholeImage(slices.Clone(message))
		return l
	}
	shown := len(watched)
	if stats := wire.Find(message[wire.LinkLen:], uapi.IFLA_STATS64); stats != nil {
		watched = wire.AppendAttr(watched, uapi.IFLA_STATS64, stats)
	}
	w.watched = watched
	l := parseLink(&w.codec, watched)
	l.raw.image = w.imageOf(l, watched[:shown])
	l.finish(nil)
	return l
}

// finish releases the message that the link was decoded from, except for a copy of
// the nest of its kind.
func (l *Link) finish(data []byte) {
	l.raw.data, l.raw.xstats, l.raw.portData = data, nil, nil
}

// appendWatched appends a message without the unwatched attributes, and reports
// whether it was well-formed.
func appendWatched(b, message []byte) ([]byte, bool) {
	if len(message) < wire.LinkLen {
		return b, false
	}
	return appendFiltered(append(b, message[:wire.LinkLen]...), message[wire.LinkLen:], func(b []byte, a wire.Attr) ([]byte, bool) {
		switch {
		case has(unwatched, a.Type):
			return b, true
		case a.Type == uapi.IFLA_AF_SPEC:
			return appendNest(b, a, appendFamily)
		}
		return wire.AppendAttr(b, a.Type, a.Data), true
	})
}

// appendFamily appends the watched settings of IPv4 or IPv6.
func appendFamily(b []byte, family wire.Attr) ([]byte, bool) {
	drop := unwatchedINET
	if family.Type == uapi.AF_INET6 {
		drop = unwatchedINET6
	}
	return appendNest(b, family, func(b []byte, a wire.Attr) ([]byte, bool) {
		if has(drop, a.Type) {
			return b, true
		}
		return wire.AppendAttr(b, a.Type, a.Data), true
	})
}

// An attributeFilter appends the part of an attribute to keep, and reports whether
// the attribute was well-formed.
type attributeFilter func([]byte, wire.Attr) ([]byte, bool)

func appendNest(b []byte, nest wire.Attr, keep attributeFilter) ([]byte, bool) {
	b, at := wire.Begin(b, nest.Type)
	b, ok := appendFiltered(b, nest.Data, keep)
	return wire.End(b, at), ok
}

func appendFiltered(b, attrs []byte, keep attributeFilter) ([]byte, bool) {
	for a, err := range wire.Attrs(attrs) {
		if err != nil {
			return b, false
		}
		var ok bool
		if b, ok = keep(b, a); !ok {
			return b, false
		}
	}
	return b, true
}
