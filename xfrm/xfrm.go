// Package xfrm makes xfrm links, interfaces for IPsec. The packets that are routed to such a
// link are protected by the IPsec states and policies with its number, and those that they
// protect arrive through it. This package makes the link alone; a program such as
// strongSwan or `ip xfrm` adds the states and policies.
package xfrm
