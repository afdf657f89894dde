// Package vsockmon makes vsockmon links. They show the messages of AF_VSOCK sockets,
// which connect virtual machines and their host, to programs that capture packets.
package vsockmon
