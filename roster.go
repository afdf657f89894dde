package iplink

// A roster finds the jobs of a transaction, of which there may be thousands: by
// name for those that others refer to, and by index once that is known.
type roster struct {
	entered  int // how many jobs of the transaction are in it
	named    map[linkKey]*job
	numbered map[indexKey]*job
	masters  map[indexKey]*kind // what the kernel said of masters that no job makes
}

// jobNamed returns the first job of the link of that name, nil if there is none.
func (t *transaction) jobNamed(p *place, name string) *job {
	return t.enrolled().named[linkKey{at: p, name: name}]
}

// jobNumbered returns the first job of the link with that index, nil if there is
// none.
func (t *transaction) jobNumbered(p *place, index int) *job {
	return t.enrolled().numbered[indexKey{p, index}]
}

// enrolled returns the roster with all jobs in it.
func (t *transaction) enrolled() *roster {
	r := &t.roster
	if r.named == nil {
		r.named, r.numbered, r.masters = map[linkKey]*job{}, map[indexKey]*job{}, map[indexKey]*kind{}
	}
	for _, j := range t.jobs[r.entered:] {
		r.entered++
		if key := (linkKey{at: j.at, name: j.spec.Name}); r.named[key] == nil {
			r.named[key] = j
		}
		r.number(j)
	}
	return r
}

// number enters the index of a job, if it is known by now.
func (r *roster) number(j *job) {
	key := indexKey{j.at, j.index}
	if j.index != 0 && r.numbered != nil && r.numbered[key] == nil {
		r.numbered[key] = j
	}
}
