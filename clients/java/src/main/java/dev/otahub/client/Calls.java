package dev.otahub.client;

import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ForwardingClientCall.SimpleForwardingClientCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServiceDescriptor;
import io.grpc.protobuf.ProtoMethodDescriptorSupplier;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** The way of every call: the credential goes along, and a request id where there may be one. */
final class Calls implements ClientInterceptor {
    private static final Metadata.Key<String> AUTHORIZATION =
            Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);
    private static final String REQUEST_ID = "request_id";

    private final String authorization;

    /** Calls as {@code authorization} says, or as nobody if it is null. */
    Calls(String authorization) {
        this.authorization = authorization;
    }

    @Override
    public <Q, A> ClientCall<Q, A> interceptCall(
            MethodDescriptor<Q, A> method, CallOptions options, Channel next) {
        return new SimpleForwardingClientCall<>(next.newCall(method, options)) {
            @Override
            public void start(Listener<A> listener, Metadata headers) {
                if (authorization != null) {
                    headers.put(AUTHORIZATION, authorization);
                }
                super.start(listener, headers);
            }

            @Override
            public void sendMessage(Q request) {
                super.sendMessage(identified(request));
            }
        };
    }

    /** gRPC's own retries, for the calls of {@code services} that may be made twice. */
    static Map<String, ?> retries(List<ServiceDescriptor> services) {
        List<Map<String, String>> names =
                services.stream()
                        .flatMap(service -> service.getMethods().stream())
                        .filter(Calls::isRepeatable)
                        .map(
                                method ->
                                        Map.of(
                                                "service", method.getServiceName(),
                                                "method", method.getBareMethodName()))
                        .toList();
        Map<String, ?> policy =
                Map.of(
                        "maxAttempts", 5.0,
                        "initialBackoff", "0.25s",
                        "maxBackoff", "4s",
                        "backoffMultiplier", 2.0,
                        "retryableStatusCodes", List.of("UNAVAILABLE"));
        return Map.of("methodConfig", List.of(Map.of("name", names, "retryPolicy", policy)));
    }

    /** Whether a call only reads, or tells by a request id that it is a repetition. */
    private static boolean isRepeatable(MethodDescriptor<?, ?> method) {
        String name = method.getBareMethodName();
        var schema = (ProtoMethodDescriptorSupplier) method.getSchemaDescriptor();
        boolean hasId = schema.getMethodDescriptor().getInputType().findFieldByName(REQUEST_ID) != null;
        return name.startsWith("Get") || name.startsWith("List") || hasId;
    }

    private static <Q> Q identified(Q request) {
        Message message = (Message) request;
        FieldDescriptor field = message.getDescriptorForType().findFieldByName(REQUEST_ID);
        if (field == null || !message.getField(field).equals("")) {
            return request;
        }
        @SuppressWarnings("unchecked")
        Q identified = (Q) message.toBuilder().setField(field, UUID.randomUUID().toString()).build();
        return identified;
    }
}
