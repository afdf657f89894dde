// Package lowpan makes lowpan links, which carry IPv6 over IEEE 802.15.4 radio with
// compressed headers, 6LoWPAN, RFC 4944 and RFC 6282. The radio is a link such as wpan0;
// `iwpan` sets its PAN id and its short address.
package lowpan
