package otahub

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"

	v1 "github.com/otahub/otahub/clients/go/v1"
)

// pieceBytes is what is sent at once; the hub takes up to 1 MiB.
const pieceBytes = 256 << 10

// Progress is told how many bytes of an artifact are done.
type Progress func(done int64)

// A ChecksumError says that the bytes that came are not those that the hub announced.
type ChecksumError struct {
	Filename, Found, Announced string
}

func (e *ChecksumError) Error() string {
	return fmt.Sprintf("%s is %s, not %s", e.Filename, e.Found, e.Announced)
}

// An Upload is a file for a module.
type Upload struct {
	// Module is softwareModules/{id}.
	Module string
	// Filename is the name that it is to have.
	Filename string
	// SHA256 is what the bytes must hash to; without one, it is what was read.
	SHA256 string
	// Progress is optional.
	Progress Progress
}

// Upload sends what source has; the hub checks its SHA-256.
func (h *Hub) Upload(ctx context.Context, upload Upload, source io.Reader) (*v1.Artifact, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // what is not finished leaves nothing behind
	stream, err := h.Software.UploadArtifact(ctx)
	if err != nil {
		return nil, err
	}
	if err := upload.send(stream.Send, source); err != nil && err != io.EOF {
		return nil, err
	}
	return stream.CloseAndRecv()
}

// send ends with io.EOF if the hub does not listen any more: its answer says why.
func (u Upload) send(send func(*v1.UploadArtifactRequest) error, source io.Reader) error {
	start := &v1.UploadArtifactStart{Parent: u.Module, Filename: u.Filename}
	err := send(&v1.UploadArtifactRequest{Step: &v1.UploadArtifactRequest_Start{Start: start}})
	counted := counter{hash: sha256.New(), progress: u.Progress}
	for err == nil {
		piece := make([]byte, pieceBytes)
		count, failed := io.ReadFull(source, piece)
		if failed != nil && failed != io.EOF && failed != io.ErrUnexpectedEOF {
			return failed
		}
		if count == 0 {
			break
		}
		err = send(&v1.UploadArtifactRequest{Step: &v1.UploadArtifactRequest_Data{Data: piece[:count]}})
		counted.note(piece[:count])
	}
	if err != nil {
		return err
	}
	hashes := &v1.Hashes{Sha256: u.SHA256}
	if hashes.Sha256 == "" {
		hashes.Sha256 = counted.sum()
	}
	return send(&v1.UploadArtifactRequest{Step: &v1.UploadArtifactRequest_ExpectedHashes{ExpectedHashes: hashes}})
}

// Download writes an artifact's bytes to sink, and goes on where it was if the connection breaks.
// It ends with a [*ChecksumError] if what has come is not what the hub announced.
func (h *Hub) Download(ctx context.Context, artifact *v1.Artifact, sink io.Writer, progress Progress) error {
	counted := counter{hash: sha256.New(), progress: progress}
	var broken failures
	for counted.done < artifact.GetSizeBytes() {
		err := h.downloadOnce(ctx, artifact, &counted, func(data []byte) error {
			broken = 0
			_, err := sink.Write(data)
			return err
		})
		if err == nil {
			break
		}
		if err := broken.wait(ctx, err); err != nil {
			return err
		}
	}
	if announced := artifact.GetHashes().GetSha256(); counted.sum() != announced {
		return &ChecksumError{artifact.GetFilename(), counted.sum(), announced}
	}
	return nil
}

func (h *Hub) downloadOnce(
	ctx context.Context, artifact *v1.Artifact, counted *counter, take func([]byte) error,
) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	request := &v1.DownloadArtifactRequest{Name: artifact.GetName(), OffsetBytes: counted.done}
	stream, err := h.Software.DownloadArtifact(ctx, request)
	for err == nil {
		var answer *v1.DownloadArtifactResponse
		if answer, err = stream.Recv(); err == nil {
			err = take(answer.GetData())
			counted.note(answer.GetData())
		}
	}
	if err == io.EOF {
		return nil
	}
	return err
}

// counter hashes what passes.
type counter struct {
	done     int64
	hash     hash.Hash
	progress Progress
}

func (c *counter) note(data []byte) {
	c.hash.Write(data)
	c.done += int64(len(data))
	if c.progress != nil {
		c.progress(c.done)
	}
}

func (c *counter) sum() string {
	return hex.EncodeToString(c.hash.Sum(nil))
}
