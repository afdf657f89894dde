// Package highfd keeps descriptors above the numbers of the standard files. A
// program that has closed the standard files, as daemons do, reuses their numbers
// for the next files it opens. Descriptor 0 would then be valid, although some code
// treats it as unset, and the output of a panic to descriptor 2 would go to a socket
// or a link.
package highfd

// lowest is the lowest number above the standard files.
const lowest = 3
