// Package ppp makes links of the Point-to-Point Protocol, RFC 1661. Such a link belongs to
// an open /dev/ppp and is deleted when that is closed. This package makes the link alone:
// a program such as pppd attaches channels to the file, by ioctl, and negotiates; until
// then the link passes no packets. Links that pppd has made are read and changed like any
// others.
package ppp
