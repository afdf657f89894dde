package iplink_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/vxlan"
)

// ours and theirs are the groups of what each side makes.
const ours, theirs = 0x1234, 0x4321

// contested returns the description of a link whose name both sides want.
func contested(i int, group uint32) iplink.Spec {
	return vxlan.New(fmt.Sprintf("n%d", i)).VNI(uint32(i) + group).Group(group)
}

// TestCreateCompetition makes links whose names a rival takes and frees all the
// time: what the rival has made must stay as it is, and of ours nothing may be
// left after an error, half of which are injected.
func TestCreateCompetition(t *testing.T) {
	c, ns := scratch(t)
	other, err := ns.Dial()
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	r, rival := seeded(t), &rival{t: t, conn: other}
	stopped := make(chan struct{})
	go func() { defer close(stopped); rival.run() }()
	made := 0
	for range many(t, 60, 1000) {
		inject := &injection{at: r.IntN(40), fault: faults["error"], conn: c}
		specs := randomContested(r)
		if err := inject.run(t, create(c, specs)); err == nil {
			made++
			ns.ip("link", "del", "group", strconv.Itoa(ours))
		} else if left := ns.ip("-br", "link", "show", "group", strconv.Itoa(ours)); left != "" {
			t.Errorf("fault at %d of %d, %v: error %v, but of ours is left %s", inject.at, inject.now, specs, err, left)
			break
		}
	}
	rival.stop.Store(true)
	<-stopped
	t.Logf("we made ours %d times, the rival %d times", made, rival.made)
	if made == 0 || rival.made == 0 {
		t.Error("there was no competition")
	}
}

// randomContested describes two to four of the contested links: the index of a
// single one is the kernel's choice, and if no answer tells it nobody knows.
func randomContested(r *rand.Rand) []iplink.Spec {
	var specs []iplink.Spec
	for _, i := range r.Perm(4)[:2+r.IntN(3)] {
		specs = append(specs, contested(i, ours))
	}
	return specs
}

// rival makes and deletes links, its own and now and then ours.
type rival struct {
	t    *testing.T
	conn *iplink.Conn
	stop atomic.Bool
	made int
}

func (r *rival) run() {
	for i := 0; !r.stop.Load() && !r.t.Failed(); i++ {
		links, err := r.conn.Create(context.Background(), contested(i%4, theirs))
		switch {
		case err == nil:
			r.made++
			time.Sleep(5 * time.Millisecond)
			r.take(links[0])
		case i%16 == 0:
			// The name may be free by now, or ours, never the rival's.
			_ = r.conn.Delete(context.Background(), fmt.Sprintf("n%d", i%4))
		}
	}
}

// take deletes a link of the rival's that must be as it was.
func (r *rival) take(made *iplink.Link) {
	now, err := r.conn.GetIndex(context.Background(), made.Index)
	if err != nil || now.Name != made.Name || now.Group != theirs || now.Address.String() != made.Address.String() {
		r.t.Errorf("the rival's %s, index %d: %+v, error %v", made.Name, made.Index, now, err)
		return
	}
	if err := r.conn.Delete(context.Background(), made.Name); err != nil {
		r.t.Error(err)
	}
}
