//go:build !linux

package team

import "errors"

type packetSocket struct{}

func openPacket(int, packetKind) (*packetSocket, error) { return nil, errors.ErrUnsupported }

func (*packetSocket) send([]byte, uint16, [macLen]byte) error { return errors.ErrUnsupported }
func (*packetSocket) receive(func([]byte))                    {}
func (*packetSocket) close()                                  {}
