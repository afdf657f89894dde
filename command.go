package iplink

import (
	"slices"
	"strconv"
	"strings"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/uapi"
)

// command returns the `ip` commands that are equivalent to s: one that creates the
// link, or changes it if s names no kind, followed by those for settings that `ip
// link add` does not support.
func (s *spec) command() string {
	if text := s.comment(); text != "" {
		return text
	}
	var w commandWriter
	if s.Kind == "" || s.byIndex() || s.kind().unmakeable() != "" {
		w.change(s)
	} else {
		w.create(s)
	}
	w.followUps(s)
	w.intentions(s)
	return w.finish() + s.keyComment() + s.leftOutComment()
}

// excluder is an info with a list that may be the whole one. excludes returns that in words,
// or an empty string if the link may have other entries.
type excluder interface {
	excludes() string
}

// intentions notes the settings that say how the verbs proceed.
func (w *commandWriter) intentions(s *spec) {
	for typ := range s.Only.All() {
		w.absent = append(w.absent, "no other entries of "+rowName(s.info().attrs, typ))
	}
	if e, ok := s.Info.(excluder); ok && e.excludes() != "" {
		w.absent = append(w.absent, e.excludes())
	}
	if s.downFirst && !w.isDown {
		w.absent = append(w.absent, "down for changes that need it")
	}
	if s.recreate {
		w.absent = append(w.absent, "a new link if this one cannot change")
	}
}

// keyHolder is implemented by the infos of kinds with keys. Their commands appear
// only in a comment.
type keyHolder interface {
	keyCommands(*spec) []string
}

// keyComment returns a comment with the commands that contain keys.
func (s *spec) keyComment() string {
	k, ok := s.Info.(keyHolder)
	if !ok {
		return ""
	}
	commands := k.keyCommands(s)
	if len(commands) == 0 {
		return ""
	}
	return " # and, with keys that are not shown: " + strings.Join(commands, " && ")
}

// commander is implemented by the infos of kinds with a program of their own.
type commander interface {
	addCommands(*commandWriter, *spec)
}

// addOwn writes the commands of the kind's own program.
func (w *commandWriter) addOwn(s *spec) {
	if own, ok := s.Info.(commander); ok {
		own.addCommands(w, s)
	}
}

// runs returns the word of a program, after the words that run it in the namespace.
func (ns *NetNS) runs(program string) string {
	switch {
	case ns == nil:
		return program
	case ns.name != "":
		return "ip netns exec " + attr.Quote(ns.name) + " " + program
	}
	return strings.TrimSuffix(ns.command(), "ip") + program
}

// ownSettings returns the settings that keyComment and addOwn cover.
func (s *spec) ownSettings() attr.Set {
	switch s.Info.(type) {
	case keyHolder, commander:
		return s.genericPart(s.Set)
	}
	return attr.Set{}
}

// commandWriter builds a list of commands.
type commandWriter struct {
	c        attr.Codec
	commands []string
	b        []byte
	absent   []string // settings that `ip` cannot express
	isDown   bool     // a command takes the link down for a change
}

func (w *commandWriter) add(text ...string) {
	for _, t := range text {
		w.b = append(append(w.b, ' '), t...)
	}
}

// print adds the words for the rows of t that are in set.
func (w *commandWriter) print(set attr.Set, refs []attr.Ref, t attr.Table) {
	var absent []string
	w.b, absent = w.c.Print(w.b, set, refs, t)
	w.absent = append(w.absent, absent...)
}

// begin starts a command and end finishes it. endIfMore finishes it only if words
// were added after begin.
func (w *commandWriter) begin(ns *NetNS, text ...string) int {
	w.b = append(w.b[:0], ns.command()...)
	w.add(text...)
	return len(w.b)
}

func (w *commandWriter) end() {
	w.commands = append(w.commands, string(w.b))
}

func (w *commandWriter) endIfMore(at int) {
	if len(w.b) > at {
		w.end()
	}
}

func (w *commandWriter) finish() string {
	text := strings.Join(w.commands, " && ")
	if len(w.absent) > 0 {
		text += " # ip has no word for: " + strings.Join(w.absent, ", ")
	}
	return text
}

func (w *commandWriter) create(s *spec) {
	if m := s.maker(); m != nil {
		m.addCommand(w, s)
		return
	}
	w.begin(s.startsIn(), "link", "add")
	w.describe(s, nil)
	w.add("type", s.Kind)
	later := s.Set.And(s.kind().dataAfter)
	w.kindWords(s, s.Set.Minus(later).Or(s.kind().spelled))
	w.end()
	if !later.Empty() {
		w.begin(s.home(), "link", "set", "dev", s.dev(s.Name), "type", s.Kind)
		w.kindWords(s, later)
		w.end()
	}
}

// startsIn returns the namespace in which the command that creates the link runs:
// the namespace of the parent or the underlay.
func (s *spec) startsIn() *NetNS {
	if s.paired() || s.linkNetNS.isID() {
		return nil
	}
	return s.linkNetNS
}

// lowerID adds the id of the namespace of the lower link, if only that is known. Such a
// command runs in the link's own namespace.
func (w *commandWriter) lowerID(s *spec) {
	if !s.linkNetNS.isID() || s.Peer != nil && s.peer().description().netns != nil {
		return
	}
	w.add("link-netnsid", strconv.Itoa(int(s.linkNetNS.known.id)))
	if s.namesByName() {
		w.absent = append(w.absent, "a link by name in a namespace by id")
	}
}

// namesByName reports whether the spec names its lower link by name.
func (s *spec) namesByName() bool {
	return s.kind().tunnel && len(s.Refs) > 0 || slices.ContainsFunc(s.linkRefs, func(r attr.Ref) bool { return r.Type == uapi.IFLA_LINK })
}

// describe adds the name and the common settings that the kernel accepts on
// creation. A peer gets its defaults from the request of the other end, which names
// the namespaces.
func (w *commandWriter) describe(s *spec, other *spec) {
	if s.Name != "" {
		w.add(nameWords(s.Name))
	}
	set := s.linkSet.Minus(s.notInAddCommand())
	if other != nil {
		set = set.Minus(master)
	}
	w.print(set, s.linkRefs, s.link.settable)
	if s.index > 0 {
		w.add("index", strconv.Itoa(s.index))
	}
	switch w.lowerID(s); {
	case s.netns.isID(): // the other end has the id
	case s.netns != nil:
		w.add("netns", s.netns.word())
	case s.startsIn() != nil && other == nil: // the command runs there
		w.add("netns", ownNetNS())
	}
	switch {
	case other == nil:
		w.flags(s)
	case !s.kind().flagsLater:
		w.flags(&spec{flags: s.flags, change: s.change &^ uapi.IFF_UP})
	}
}

// kindWords adds settings of the kind.
func (w *commandWriter) kindWords(s *spec, set attr.Set) {
	ofPeer := s.Set.And(s.kind().ofPeer)
	if s.Info != nil {
		w.print(set.Minus(s.ownSettings().Or(ofPeer)), s.Refs, s.info().attrs)
	}
	other := s.other()
	if other == nil && ofPeer.Empty() {
		return
	}
	w.add("peer")
	if w.ofPeer(s, ofPeer); other == nil {
		return
	}
	w.describe(other, s)
	if other.index != 0 && s.index == 0 {
		w.absent = append(w.absent, "the index of a peer whose link has none")
	}
}

// ofPeer adds the settings that are about the other end. Their names start with "peer",
// which the command has already.
func (w *commandWriter) ofPeer(s *spec, set attr.Set) {
	if set.Empty() {
		return
	}
	at := len(w.b)
	w.print(set, s.Refs, s.info().attrs)
	w.b = append(w.b[:at], strings.ReplaceAll(string(w.b[at:]), " peer ", " ")...)
}

// change writes the command that changes an existing link.
func (w *commandWriter) change(s *spec) {
	w.downFirst(s)
	at := w.begin(s.found(), "link", "set", "dev", s.dev(s.Name))
	if s.newName != "" {
		w.add("name", attr.Quote(s.newName))
	}
	if s.netns != nil && !s.resident {
		w.add("netns", s.netns.word())
	}
	w.print(s.linkSet.Minus(s.notInAddCommand()), s.linkRefs, s.link.settable)
	if s.downFirst && s.linkSet.Has(uapi.IFLA_MASTER) { // which brings the link up
		w.flags(&spec{flags: s.flags &^ uapi.IFF_UP, change: s.change | uapi.IFF_UP})
		w.isDown = true
	} else {
		w.flags(s)
	}
	if !s.Set.Empty() {
		w.add("type", s.Kind)
		w.kindWords(s, s.Set)
	}
	w.endIfMore(at)
}

// found returns the namespace where a command finds the link that it changes.
func (s *spec) found() *NetNS {
	if s.resident {
		return s.netns
	}
	return nil
}

// downFirst writes the command that takes a hardware link down, if one of its
// settings can change only then.
func (w *commandWriter) downFirst(s *spec) {
	if s.downFirst && !s.Set.And(s.kind().whileDown).Empty() {
		w.begin(s.home(), "link", "set", "dev", s.dev(s.Name), "down")
		w.end()
		w.isDown = true
	}
}

// flags adds the words for the interface flags that the spec sets.
func (w *commandWriter) flags(s *spec) {
	if s.change&uapi.IFF_UP != 0 {
		w.add(map[bool]string{true: "up", false: "down"}[s.flags&uapi.IFF_UP != 0])
	}
	w.onOff(s, uapi.IFF_NOARP, "arp", true)
	w.onOff(s, uapi.IFF_MULTICAST, "multicast", false)
	w.onOff(s, uapi.IFF_ALLMULTI, "allmulticast", false)
	w.onOff(s, uapi.IFF_PROMISC, "promisc", false)
	w.onOff(s, uapi.IFF_DYNAMIC, "dynamic", false)
}

func (w *commandWriter) onOff(s *spec, flag uint32, word string, inverted bool) {
	if s.change&flag == 0 {
		return
	}
	if on := s.flags&flag != 0; on != inverted {
		w.add(word, "on")
	} else {
		w.add(word, "off")
	}
}

// followUps writes the commands for settings that `ip link add` does not support,
// for both ends of a pair.
func (w *commandWriter) followUps(s *spec) {
	if isTemplate(s.Name) {
		w.omit("a name that the kernel completes", func(later *commandWriter) { later.ofOne(s) })
	} else {
		w.ofOne(s)
	}
	peer := s.other()
	if peer == nil {
		return
	}
	switch {
	case peer.netns.isID():
		w.omit("a peer in a namespace by id", func(later *commandWriter) { later.followPeer(peer) })
	case peer.Name == "" && peer.index == 0:
		w.omit("a peer without a name", func(later *commandWriter) { later.followPeer(peer) })
	case isTemplate(peer.Name):
		w.omit("a peer whose name the kernel completes", func(later *commandWriter) { later.followPeer(peer) })
	default:
		w.followPeer(peer)
	}
}

// master is the setting that the kernel ignores in the description of the other end.
var master = attr.SetOf(uapi.IFLA_MASTER)

// followPeer writes the commands for the other end.
func (w *commandWriter) followPeer(peer *spec) {
	at := w.begin(peer.home(), "link", "set", "dev", peer.dev(peer.finalName()))
	w.print(peer.linkSet.And(master), peer.linkRefs, peer.link.settable)
	w.endIfMore(at)
	if peer.kind().flagsLater {
		at := w.begin(peer.home(), "link", "set", "dev", peer.dev(peer.finalName()))
		w.flags(&spec{flags: peer.flags, change: peer.change &^ uapi.IFF_UP})
		w.endIfMore(at)
	}
	if peer.flags&peer.change&uapi.IFF_UP != 0 {
		w.begin(peer.home(), "link", "set", "dev", peer.dev(peer.finalName()), "up")
		w.end()
	}
	w.ofOne(peer)
}

// ofOne writes the later commands for one link.
func (w *commandWriter) ofOne(s *spec) {
	w.setAfterCreate(s)
	w.addOwn(s)
	w.setSysctls(s)
	w.takeAway(s)
	w.addAltNames(s)
	w.setPort(s)
	w.addObjects(s)
	w.addLayer3(s)
}

// omit notes commands for a link that they cannot refer to.
func (w *commandWriter) omit(text string, write func(*commandWriter)) {
	var later commandWriter
	if write(&later); len(later.commands) > 0 {
		w.absent = append(w.absent, text+": "+later.finish())
	}
}

// home returns the namespace in which the later commands find the link, or nil for
// the namespace of the caller.
func (s *spec) home() *NetNS {
	return s.netns
}

func (w *commandWriter) setAfterCreate(s *spec) {
	w.setReasons(s)
	at := w.begin(s.home(), "link", "set", "dev", s.dev(s.finalName()))
	w.print(s.linkSet.And(s.notInAddCommand()).Minus(protoDownReason), s.linkRefs, s.link.settable)
	w.print(s.inet6Set, nil, s.link.INET6.attrs)
	if s.maker() != nil && !s.byIndex() {
		w.flags(s)
	}
	w.endIfMore(at)
}

var protoDownReason = attr.SetOf(uapi.IFLA_PROTO_DOWN_REASON)

// setReasons writes a command for each reason to hold the link down: `ip` takes one at a
// time. They come before the command with protodown off, which needs them to be gone.
func (w *commandWriter) setReasons(s *spec) {
	if s.linkSet.And(protoDownReason).Empty() {
		return
	}
	for _, words := range (*protoDownReasons)(s.link).words() {
		w.begin(s.home(), "link", "set", "dev", s.dev(s.finalName()), "protodown_reason", words)
		w.end()
	}
}

// notInAddCommand returns the settings that the first command cannot express: those
// that the kernel ignores on creation and, for a link in another namespace, the
// master, because `ip` looks up names in the namespace where it runs.
func (s *spec) notInAddCommand() attr.Set {
	set := s.afterCreate()
	if s.netns != nil || s.startsIn() != nil {
		set.Add(uapi.IFLA_MASTER)
	}
	return set
}

// byIndex reports whether the spec identifies an existing link by its index alone.
func (s *spec) byIndex() bool {
	return s.Name == "" && s.index > 0
}

// dev returns the word that identifies the link to `ip`: its name or its index.
func (s *spec) dev(name string) string {
	if name == "" && s.byIndex() {
		return "if" + strconv.Itoa(s.index)
	}
	return attr.Quote(name)
}

// finalName returns the name of the link after the change.
func (s *spec) finalName() string {
	if s.newName != "" {
		return s.newName
	}
	return s.Name
}

func (w *commandWriter) addAltNames(s *spec) {
	at := w.begin(s.home(), "link", "property", "add", "dev", s.dev(s.finalName()))
	for _, name := range s.altNames {
		w.add("altname", attr.Quote(name))
	}
	w.endIfMore(at)
}

func (w *commandWriter) setPort(s *spec) {
	if s.port == nil {
		return
	}
	at := w.begin(s.home(), "link", "set", "dev", s.dev(s.finalName()), "type", s.port.Kind+"_slave")
	w.print(s.port.Set, s.port.Refs, infoOf(s.port).attrs)
	w.endIfMore(at)
}

func (w *commandWriter) addLayer3(s *spec) {
	dev := []string{"dev", s.dev(s.finalName())}
	for _, a := range s.addrs {
		w.begin(s.home(), "address", "add", a.String())
		w.add(dev...)
		w.end()
	}
	for _, r := range orderRoutes(s.routes) {
		w.begin(s.home(), "route", "add", r.String())
		w.add(dev...)
		w.end()
	}
	for _, n := range s.neighs {
		w.begin(s.home(), "neigh", "add", n.String())
		w.add(dev...)
		w.end()
	}
}

// nameWords returns the name, preceded by the word "name" if a keyword of `ip` could
// start with it.
func nameWords(name string) string {
	if strings.ContainsAny(name, "0123456789") {
		return attr.Quote(name)
	}
	return "name " + attr.Quote(name)
}
