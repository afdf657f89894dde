// Package ifb makes ifb links. A traffic control filter redirects packets of other
// links to one, mostly those that they receive, and its queueing discipline shapes them.
package ifb
