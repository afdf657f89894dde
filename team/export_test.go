package team

// SetEventBuffer sets the size of the receive buffers that Run and Events ask for.
func (t *Team) SetEventBuffer(bytes int) { t.buffer = bytes }
