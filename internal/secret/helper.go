package secret

import (
	"encoding/gob"
	"errors"
	"io"
	"log/slog"
	"os/exec"
	"sync"
	"time"
)

// helperTime is what a derivation may take; after it the process is ended.
const helperTime = 10 * time.Second

// Helper hashes in a process of its own, so that requests share neither scheduler
// nor heap with it (docs/decisions/0004). The process starts with the first password
// and ends with this one, because its input does. What it fails to do is done here.
type Helper struct {
	command func() *exec.Cmd // runs ServeDerivations on its input and output
	log     *slog.Logger
	mu      sync.Mutex
	running *helperProcess // nil before the first and after a failure
}

type helperProcess struct {
	command *exec.Cmd
	in      io.WriteCloser
	ask     *gob.Encoder
	answers *gob.Decoder
}

// wireDerivation is a derivation on its way to the process.
type wireDerivation struct {
	Memory, Passes uint32
	Threads        uint8
	Password       string
	Salt           []byte
	Size           uint32
}

// NewHelper returns a helper whose process the command starts; Close ends it.
func NewHelper(command func() *exec.Cmd, log *slog.Logger) *Helper {
	return &Helper{command: command, log: log}
}

// ServeDerivations is the helper's process: it answers until in ends.
func ServeDerivations(in io.Reader, out io.Writer) error {
	asked, answer := gob.NewDecoder(in), gob.NewEncoder(out)
	for {
		var d wireDerivation
		if err := asked.Decode(&d); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		p := parameters{memory: d.Memory, passes: d.Passes, threads: d.Threads}
		if err := answer.Encode(deriveHere(derivation{p, d.Password, d.Salt, d.Size})); err != nil {
			return err
		}
	}
}

// Close ends the process if there is one.
func (h *Helper) Close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.end()
}

func (h *Helper) derive(d derivation) []byte {
	h.mu.Lock()
	defer h.mu.Unlock()
	key, err := h.ask(d)
	if err != nil {
		h.end()
		h.log.Warn("the helper that hashes passwords failed; this one is hashed here", "error", err)
		return deriveHere(d)
	}
	return key
}

func (h *Helper) ask(d derivation) (key []byte, err error) {
	if h.running == nil {
		if h.running, err = startHelper(h.command()); err != nil {
			return nil, err
		}
	}
	process := h.running
	late := time.AfterFunc(helperTime, func() { _ = process.command.Process.Kill() }) // reading its answer then fails
	defer late.Stop()
	err = process.ask.Encode(wireDerivation{d.memory, d.passes, d.threads, d.password, d.salt, d.size})
	if err != nil {
		return nil, err
	}
	if err := process.answers.Decode(&key); err != nil {
		return nil, err
	}
	if len(key) != int(d.size) {
		return nil, errors.New("a key of another size")
	}
	return key, nil
}

func startHelper(command *exec.Cmd) (*helperProcess, error) {
	in, err := command.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := command.Start(); err != nil {
		return nil, err
	}
	return &helperProcess{command, in, gob.NewEncoder(in), gob.NewDecoder(out)}, nil
}

// end leaves nothing running; how the process ended matters to nobody.
func (h *Helper) end() {
	if h.running == nil {
		return
	}
	_ = h.running.in.Close()
	_ = h.running.command.Process.Kill()
	_ = h.running.command.Wait()
	h.running = nil
}
