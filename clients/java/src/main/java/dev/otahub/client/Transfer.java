package dev.otahub.client;

import com.google.protobuf.ByteString;
import dev.otahub.v1.Artifact;
import dev.otahub.v1.DownloadArtifactRequest;
import dev.otahub.v1.DownloadArtifactResponse;
import dev.otahub.v1.Hashes;
import dev.otahub.v1.SoftwareServiceGrpc.SoftwareServiceBlockingV2Stub;
import dev.otahub.v1.UploadArtifactRequest;
import io.grpc.Status;
import io.grpc.StatusException;
import io.grpc.stub.BlockingClientCall;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.function.LongConsumer;

/** Bytes on their way, which are counted and hashed. */
final class Transfer {
    /** What is sent at once; the hub takes up to 1 MiB. */
    private static final int PIECE_BYTES = 256 << 10;

    private final MessageDigest hash = sha256();
    private final LongConsumer progress;
    private long done;

    /** {@code progress} is told how many bytes are done; it may be null. */
    Transfer(LongConsumer progress) {
        this.progress = progress;
    }

    /** Sends what {@code source} has, and reads the answer. */
    Artifact upload(
            BlockingClientCall<UploadArtifactRequest, Artifact> call, Upload upload, InputStream source)
            throws IOException {
        try {
            boolean heard = call.write(UploadArtifactRequest.newBuilder().setStart(upload.start()).build());
            byte[] piece;
            while (heard && (piece = source.readNBytes(PIECE_BYTES)).length > 0) {
                ByteString data = ByteString.copyFrom(piece);
                heard = call.write(UploadArtifactRequest.newBuilder().setData(data).build());
                note(data);
            }
            if (heard) {
                String wanted = upload.sha256() == null ? sum() : upload.sha256();
                Hashes hashes = Hashes.newBuilder().setSha256(wanted).build();
                call.write(UploadArtifactRequest.newBuilder().setExpectedHashes(hashes).build());
                call.halfClose();
            }
            Artifact artifact = call.read();
            if (artifact == null) {
                throw Status.UNAVAILABLE.withDescription("no answer").asException();
            }
            return artifact;
        } catch (StatusException error) {
            throw HubException.of(error);
        } catch (InterruptedException interrupted) {
            throw interrupted(interrupted);
        } finally {
            // what is not finished leaves nothing behind
            call.cancel("over", null);
        }
    }

    /** Writes an artifact's bytes, from as many streams as it takes. */
    void download(SoftwareServiceBlockingV2Stub software, Artifact artifact, OutputStream sink)
            throws IOException {
        Backoff backoff = new Backoff();
        while (done < artifact.getSizeBytes()) {
            var request =
                    DownloadArtifactRequest.newBuilder().setName(artifact.getName()).setOffsetBytes(done);
            BlockingClientCall<?, DownloadArtifactResponse> stream =
                    software.downloadArtifact(request.build());
            try {
                DownloadArtifactResponse answer;
                while ((answer = stream.read()) != null) {
                    backoff.progress();
                    answer.getData().writeTo(sink);
                    note(answer.getData());
                }
            } catch (StatusException error) {
                backoff.await(error);
            } catch (InterruptedException interrupted) {
                throw interrupted(interrupted);
            } finally {
                stream.cancel("over", null);
            }
        }
        String found = sum();
        String announced = artifact.getHashes().getSha256();
        if (!found.equals(announced)) {
            throw new ChecksumException(artifact.getFilename(), found, announced);
        }
    }

    private void note(ByteString data) {
        hash.update(data.asReadOnlyByteBuffer());
        done += data.size();
        if (progress != null) {
            progress.accept(done);
        }
    }

    private String sum() {
        return HexFormat.of().formatHex(hash.digest());
    }

    private static HubException interrupted(InterruptedException why) {
        Thread.currentThread().interrupt();
        return HubException.of(Status.CANCELLED.withCause(why).asException());
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException("every Java has SHA-256", impossible);
        }
    }
}
