package iplink

import (
	"bytes"
	"slices"
	"unsafe"

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
func (w *watcher) imageOf(l *Link, message []byte) image {
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

// forgetModels makes room for one more model. If there is none, the watcher forgets
// all models; links keep those that they need.
func (w *watcher) forgetModels(bytes int) {
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

// A pool has copies of what links hold of messages, such as names, the same for
// all that have the same: a table that forgets one for another. It does not remember
// copies longer than mostPooled, which two links hardly ever share.
type pool struct {
	have [256][]byte
	slab *slab // where copies lie; nil for each in memory of its own
}

const mostPooled = 1 << 10

// copy returns a copy that nobody may write to.
func (p *pool) copy(b []byte) []byte {
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

func (p *pool) keep(b []byte) []byte {
	if p.slab != nil {
		return p.slab.keep(b)
	}
	return slices.Clip(slices.Clone(b))
}

// slot returns where a copy of b would be. Some of the bytes suffice to tell.
func (p *pool) slot(b []byte) *[]byte {
	const some = 8
	hash := uint32(len(b))
	for at := 0; at < len(b); at += 1 + len(b)/some {
		hash = hash*16777619 ^ uint32(b[at])
	}
	return &p.have[hash%uint32(len(p.have))]
}
