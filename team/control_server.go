package team

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"time"
)

const (
	mostClients  = 16               // at a time; one more takes the place of the one that has been silent longest
	requestPause = time.Millisecond // after each request, so that clients leave the runner time
	requestTime  = 5 * time.Second  // after that a request is given up, and teamdctl has gone
	replyTime    = time.Second      // after that a client that does not read is dropped
)

// A controlServer serves the socket for teamdctl. A nil one serves nothing.
type controlServer struct {
	path     string
	dir      string      // that the server has made; empty otherwise
	file     fs.FileInfo // of the socket
	listener net.Listener
	config   document

	control *control
	methods map[string]controlMethod
	end     context.CancelFunc
	running sync.WaitGroup
	turn    sync.Mutex    // one request at a time
	slots   chan struct{} // one for each client

	mu      sync.Mutex
	clients []*client // the one that has been silent longest is the first
}

// A client is a connection.
type client struct{ conn net.Conn }

// openControl opens the socket if the Runner asks for it. Clients wait until it is
// served.
func (t *Team) openControl(ctx context.Context, r Runner) (*controlServer, error) {
	if r.Control == nil {
		return nil, nil
	}
	link, err := t.readLink(ctx, opRun, "", t.link.Index)
	if err != nil {
		return nil, err
	}
	path := filepath.Join(cmp.Or(r.Control.Dir, controlDir), link.name+".sock")
	s, err := newControlServer(path)
	if err != nil {
		return nil, &optionError{"control " + path, err}
	}
	s.config = r.configDocument(link.name)
	return s, nil
}

func newControlServer(path string) (*controlServer, error) {
	s := &controlServer{path: path, methods: controlMethods(), slots: make(chan struct{}, mostClients)}
	if most := len(syscall.RawSockaddrUnix{}.Path) - 1; len(path) > most {
		return nil, &refusal{syscall.ENAMETOOLONG, fmt.Sprintf("the path of a socket has at most %d bytes", most)}
	}
	if dir := filepath.Dir(path); os.Mkdir(dir, 0o755) == nil {
		s.dir = dir
	}
	if err := s.listen(); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

// listen binds the socket.
func (s *controlServer) listen() (err error) {
	if err := makeWay(s.path); err != nil {
		return err
	}
	if s.listener, err = listenControl(s.path); err != nil {
		return err
	}
	s.file, err = os.Lstat(s.path)
	return err
}

// makeWay removes a socket that nothing listens to.
func makeWay(path string) error {
	file, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case file.Mode().Type() != fs.ModeSocket:
		return &refusal{syscall.EEXIST, "there is a file that is not a socket"}
	}
	conn, err := net.Dial("unixpacket", path)
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return os.Remove(path)
	case err == nil:
		conn.Close()
	case !errors.Is(err, syscall.EAGAIN) && !errors.Is(err, syscall.EPROTOTYPE):
		return err
	}
	return &refusal{syscall.EADDRINUSE, "another program, such as teamd, is listening there"}
}

// attach connects the server with a runner, and returns the part of the runner for it.
func (s *controlServer) attach(ports portChanger, r *runner) *control {
	if s == nil {
		return nil
	}
	s.control = &control{r: r, ports: ports, config: s.config}
	return s.control
}

// serve begins to answer.
func (s *controlServer) serve(ctx context.Context) {
	if s == nil {
		return
	}
	ctx, s.end = context.WithCancel(ctx)
	s.running.Go(func() { s.accept(ctx) })
}

// close ends the serving, and removes the socket unless it belongs to another program
// by now.
func (s *controlServer) close() {
	if s == nil {
		return
	}
	if s.end != nil {
		s.end()
	}
	if s.listener != nil {
		s.listener.Close()
		if now, err := os.Lstat(s.path); err == nil && s.file != nil && os.SameFile(now, s.file) && now.ModTime().Equal(s.file.ModTime()) {
			os.Remove(s.path)
		}
	}
	s.mu.Lock()
	for _, c := range s.clients {
		c.conn.Close()
	}
	s.mu.Unlock()
	s.running.Wait()
	if s.dir != "" {
		os.Remove(s.dir) // unless others use it
	}
}

// accept admits clients until ctx ends.
func (s *controlServer) accept(ctx context.Context) {
	for ctx.Err() == nil {
		conn, err := s.listener.Accept()
		if err == nil {
			s.admit(ctx, &client{conn})
			continue
		}
		select { // there may be too many open files
		case <-ctx.Done():
		case <-time.After(requestTime / 50):
		}
	}
}

// admit serves a client, in place of another one if there are too many.
func (s *controlServer) admit(ctx context.Context, c *client) {
	select {
	case s.slots <- struct{}{}:
	default:
		s.dropOldest()
		select {
		case s.slots <- struct{}{}:
		case <-ctx.Done():
			c.conn.Close()
			return
		}
	}
	s.touch(c)
	s.running.Go(func() {
		defer func() { <-s.slots }()
		defer s.forget(c)
		s.converse(ctx, c)
	})
}

func (s *controlServer) dropOldest() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.clients) > 0 {
		s.clients[0].conn.Close()
	}
}

// touch makes a client the last of the list.
func (s *controlServer) touch(c *client) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clients = append(slices.DeleteFunc(s.clients, func(d *client) bool { return d == c }), c)
}

func (s *controlServer) forget(c *client) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c.conn.Close()
	s.clients = slices.DeleteFunc(s.clients, func(d *client) bool { return d == c })
}

// converse answers the requests of a client.
func (s *controlServer) converse(ctx context.Context, c *client) {
	b := make([]byte, mostMessage+1) // one byte more, to notice a longer message
	for ctx.Err() == nil {
		n, err := c.conn.Read(b)
		if err != nil {
			return
		}
		s.touch(c)
		if s.reply(c, s.answer(ctx, b[:n])) != nil {
			return
		}
	}
}

// reply sends a reply, or an error if it is too long for the socket.
func (s *controlServer) reply(c *client, reply []byte) error {
	if err := c.conn.SetWriteDeadline(time.Now().Add(replyTime)); err != nil {
		return err
	}
	_, err := c.conn.Write(reply)
	if errors.Is(err, syscall.EMSGSIZE) {
		_, err = c.conn.Write(replyTo("", errLong))
	}
	return err
}

// answer returns the reply to a message.
func (s *controlServer) answer(ctx context.Context, message []byte) []byte {
	name, args, err := parseRequest(message)
	if err != nil {
		return replyTo("", err)
	}
	m, ok := s.methods[name]
	switch {
	case !ok:
		return replyTo("", errMethod)
	case len(args) != m.args:
		return replyTo("", errArgs)
	}
	s.turn.Lock()
	defer s.turn.Unlock()
	defer time.Sleep(requestPause)
	ctx, cancel := context.WithTimeout(ctx, requestTime)
	defer cancel()
	text, err := m.call(s.control, ctx, args)
	if m.changes {
		s.control.r.log.Info("request of teamdctl", "method", name, "args", args, "error", err)
	}
	return replyTo(text, err)
}
