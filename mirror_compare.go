package iplink

import (
	"bytes"
	"slices"
	"unsafe"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// An image is the message that a link was decoded from, to compare with another.
// Of many links most messages are alike: a watch keeps how one differs from a
// model.
type image struct {
	model   string
	differs string // the words that do, behind how many do not
}

// A modelKey says which messages most likely have the same attributes in the same
// places.
type modelKey struct {
	kind, portKind string
	len            int
}

const (
	wordLen = 4 // which all attributes are aligned to
	farWord = 255
)

// imageOf returns the image of a message. One that is not like its model becomes
// the next model.
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

// Models may take modelRoom bytes, and modelShare more for each link. Whoever may
// change one link can have messages of all lengths, each with a model.
const (
	modelRoom  = 256 << 10
	modelShare = 1 << 10
)

// forgetModels makes room for one more model. If there is none, the mirror forgets
// all models; links keep those that they need.
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

// wholeImage returns the image of a message that does not change any more.
func wholeImage(message []byte) image {
	return image{model: unsafe.String(unsafe.SliceData(message), len(message))}
}

// message returns the message, which must not be written to.
func (i image) message() []byte {
	if i.differs == "" {
		return unsafe.Slice(unsafe.StringData(i.model), len(i.model))
	}
	return applyDifferences([]byte(i.model), i.differs)
}

// appendDifferences appends the words of b that are not those of a, which is as
// long, each behind a byte that says how many words before it are. If that is
// farWord, there are more of them and no word follows.
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

// applyDifferences makes of a message the one that appendDifferences was given.
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

// A interner has copies of what links hold of messages, such as names, the same for
// all that have the same: a table that forgets one for another. It does not remember
// copies longer than mostPooled, which two links hardly ever share.
type interner struct {
	have [256][]byte
	slab *slab // where copies lie; nil for each in memory of its own
}

const mostPooled = 1 << 10

// copy returns a copy that nobody may write to.
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

// slot returns where a copy of b would be. Some of the bytes suffice to tell.
func (p *interner) slot(b []byte) *[]byte {
	const some = 8
	hash := uint32(len(b))
	for at := 0; at < len(b); at += 1 + len(b)/some {
		hash = hash*16777619 ^ uint32(b[at])
	}
	return &p.have[hash%uint32(len(p.have))]
}

// unwatched are the attributes that a mirror does not keep, for no event tells
// of them and they are half of what the kernel says: counters, and the values of
// sysctl. IFLA_STATS64 is kept as the numbers that Link.Stats has room for.
var (
	unwatched      = attr.SetOf(uapi.IFLA_STATS, uapi.IFLA_STATS64)
	unwatchedINET  = attr.SetOf(uapi.IFLA_INET_CONF)
	unwatchedINET6 = attr.SetOf(uapi.IFLA_INET6_CONF, uapi.IFLA_INET6_STATS, uapi.IFLA_INET6_ICMP6STATS)
)

// parse decodes an announcement or an answer, which the Link outlives, without
// what is unwatched. What is broken is kept as it is, for the Link to tell.
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

// finish lets go of the message that the link was decoded from, but for a copy of
// the nest of its kind.
func (l *Link) finish(data []byte) {
	l.raw.data, l.raw.xstats, l.raw.portData = data, nil, nil
}

// appendWatched appends a message without what is unwatched, and reports whether
// it could be read.
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

// appendFamily appends what is watched of the settings of IPv4 or IPv6.
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

// An attributeFilter appends what is to be kept of an attribute, and reports
// whether it could be read.
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
