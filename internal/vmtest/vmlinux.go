package vmtest

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"os/exec"
)

// Fields of the x86 boot protocol's setup header (Documentation/arch/x86/boot.rst),
// as offsets in a bzImage.
const (
	setupSectors  = 0x1f1
	payloadOffset = 0x248
	payloadLength = 0x24c
	sectorSize    = 512
)

// unpackKernel writes the kernel to a file that QEMU can boot: the ELF file inside
// the bzImage, which starts a second sooner, or else the bzImage itself.
func unpackKernel(ctx context.Context, bzImage, to string) error {
	image, err := os.ReadFile(bzImage)
	if err != nil {
		return err
	}
	payload, err := kernelPayload(image)
	if err == nil {
		payload, err = decompressKernel(ctx, payload)
	}
	if err != nil || !bytes.HasPrefix(payload, []byte("\x7fELF")) {
		payload = image
	}
	return writeFile(to, payload)
}

// kernelPayload returns the compressed kernel inside a bzImage.
func kernelPayload(image []byte) ([]byte, error) {
	if len(image) < payloadLength+4 || string(image[0x202:0x206]) != "HdrS" {
		return nil, errors.New("not a bzImage")
	}
	start := (int64(image[setupSectors])+1)*sectorSize + int64(binary.LittleEndian.Uint32(image[payloadOffset:]))
	end := start + int64(binary.LittleEndian.Uint32(image[payloadLength:]))
	if end > int64(len(image)) || end-start < 16 {
		return nil, errors.New("the bzImage's payload is not inside it")
	}
	return image[start:end], nil
}

// decompressKernel decompresses the formats that distributions use. The kernel's
// build appends the size, 4 bytes, to all formats except gzip.
func decompressKernel(ctx context.Context, payload []byte) ([]byte, error) {
	withoutSize := payload[:len(payload)-4]
	switch {
	case bytes.HasPrefix(payload, []byte("\x1f\x8b")):
		z, err := gzip.NewReader(bytes.NewReader(payload))
		if err != nil {
			return nil, err
		}
		z.Multistream(false)
		return io.ReadAll(z)
	case bytes.HasPrefix(payload, []byte("\x28\xb5\x2f\xfd")):
		return pipeThrough(ctx, withoutSize, "zstd", "-dcq")
	case bytes.HasPrefix(payload, []byte("\xfd7zXZ\x00")):
		return pipeThrough(ctx, withoutSize, "xz", "-dcq")
	}
	return nil, errors.New("unknown compression of the kernel")
}

func pipeThrough(ctx context.Context, input []byte, name string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Stdin = bytes.NewReader(input)
	return cmd.Output()
}
