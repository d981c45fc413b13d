package dev.otahub.client;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.rpc.BadRequest;
import com.google.rpc.ErrorInfo;
import com.google.rpc.QuotaFailure;
import com.google.rpc.RetryInfo;
import io.grpc.Status;
import io.grpc.protobuf.StatusProto;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Why a call failed. */
public final class HubException extends RuntimeException {
    /**
     * A broken rule: of a field (INVALID_ARGUMENT), or a quota (RESOURCE_EXHAUSTED).
     *
     * @param subject which
     * @param description how, for people
     */
    public record Violation(String subject, String description) {}

    private final transient com.google.rpc.Status status;

    private HubException(Throwable cause, com.google.rpc.Status status) {
        super(status.getMessage(), cause);
        this.status = status;
    }

    /** The exception that one of gRPC's stands for. */
    public static HubException of(Throwable error) {
        if (error instanceof HubException already) {
            return already;
        }
        com.google.rpc.Status status = StatusProto.fromThrowable(error);
        if (status == null) {
            status = StatusProto.fromStatusAndTrailers(Status.fromThrowable(error), null);
        }
        return new HubException(error, status);
    }

    /** gRPC's code: what to go by when the reason is unknown. */
    public Status.Code code() {
        return Status.fromCodeValue(status.getCode()).getCode();
    }

    /** From {@code Reason} without its prefix: {@code ACTION_CLOSED}. Empty if nobody said. */
    public String reason() {
        return detail(ErrorInfo.getDefaultInstance()).map(ErrorInfo::getReason).orElse("");
    }

    /** What the message mentions; {@code errors.proto} names the keys of each reason. */
    public Map<String, String> metadata() {
        return detail(ErrorInfo.getDefaultInstance()).map(ErrorInfo::getMetadataMap).orElse(Map.of());
    }

    /** Fields of the request that break a rule. */
    public List<Violation> fields() {
        return detail(BadRequest.getDefaultInstance()).stream()
                .flatMap(detail -> detail.getFieldViolationsList().stream())
                .map(violation -> new Violation(violation.getField(), violation.getDescription()))
                .toList();
    }

    /** Quotas that are full. */
    public List<Violation> quotas() {
        return detail(QuotaFailure.getDefaultInstance()).stream()
                .flatMap(detail -> detail.getViolationsList().stream())
                .map(violation -> new Violation(violation.getSubject(), violation.getDescription()))
                .toList();
    }

    /** After what time the same call may succeed. */
    public Optional<Duration> retryAfter() {
        return detail(RetryInfo.getDefaultInstance())
                .map(RetryInfo::getRetryDelay)
                .map(delay -> Duration.ofSeconds(delay.getSeconds(), delay.getNanos()));
    }

    /** Whether the connection failed, or the hub asks to try again. */
    public boolean isTransient() {
        boolean broken = code() == Status.Code.INTERNAL || code() == Status.Code.UNKNOWN;
        return code() == Status.Code.UNAVAILABLE || (broken && reason().isEmpty());
    }

    private <T extends Message> Optional<T> detail(T kind) {
        @SuppressWarnings("unchecked")
        Class<T> type = (Class<T>) kind.getClass();
        return status.getDetailsList().stream()
                .filter(detail -> detail.is(type))
                .findFirst()
                .map(
                        detail -> {
                            try {
                                return detail.unpack(type);
                            } catch (InvalidProtocolBufferException malformed) {
                                return null;
                            }
                        });
    }
}
