// Package highfd keeps descriptors above those of the standard files. A program
// that has closed these, as daemons do, gets their numbers for what it opens next:
// then 0, which means no descriptor to some, would be one, and what a panic writes
// to 2 would go to a socket or a link.
package highfd

// lowest is the lowest number that is no standard file's.
const lowest = 3
