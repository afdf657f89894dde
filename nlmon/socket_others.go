//go:build !linux

package nlmon

import "errors"

type socket struct{}

func openSocket(int, int) (*socket, error) { return nil, errors.ErrUnsupported }

func (s *socket) close()                              { _ = s }
func (s *socket) interrupt()                          { _ = s }
func (s *socket) receive(*Packet) error               { return errors.ErrUnsupported }
func (s *socket) tryReceive(*Packet) bool             { return false }
func (s *socket) statistics() (uint32, uint32, error) { return 0, 0, errors.ErrUnsupported }
