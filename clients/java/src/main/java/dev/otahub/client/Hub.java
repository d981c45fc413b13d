package dev.otahub.client;

import com.google.protobuf.Message;
import com.google.protobuf.MessageOrBuilder;
import dev.otahub.v1.ActionServiceGrpc;
import dev.otahub.v1.ActionServiceGrpc.ActionServiceBlockingStub;
import dev.otahub.v1.Artifact;
import dev.otahub.v1.DistributionSetServiceGrpc;
import dev.otahub.v1.DistributionSetServiceGrpc.DistributionSetServiceBlockingStub;
import dev.otahub.v1.DistributionSetTagServiceGrpc;
import dev.otahub.v1.DistributionSetTagServiceGrpc.DistributionSetTagServiceBlockingStub;
import dev.otahub.v1.DistributionSetTypeServiceGrpc;
import dev.otahub.v1.DistributionSetTypeServiceGrpc.DistributionSetTypeServiceBlockingStub;
import dev.otahub.v1.EventServiceGrpc;
import dev.otahub.v1.RolloutServiceGrpc;
import dev.otahub.v1.RolloutServiceGrpc.RolloutServiceBlockingStub;
import dev.otahub.v1.SoftwareModuleTypeServiceGrpc;
import dev.otahub.v1.SoftwareModuleTypeServiceGrpc.SoftwareModuleTypeServiceBlockingStub;
import dev.otahub.v1.SoftwareServiceGrpc;
import dev.otahub.v1.SoftwareServiceGrpc.SoftwareServiceBlockingStub;
import dev.otahub.v1.TargetFilterServiceGrpc;
import dev.otahub.v1.TargetFilterServiceGrpc.TargetFilterServiceBlockingStub;
import dev.otahub.v1.TargetServiceGrpc;
import dev.otahub.v1.TargetServiceGrpc.TargetServiceBlockingStub;
import dev.otahub.v1.TargetTagServiceGrpc;
import dev.otahub.v1.TargetTagServiceGrpc.TargetTagServiceBlockingStub;
import dev.otahub.v1.TargetTypeServiceGrpc;
import dev.otahub.v1.TargetTypeServiceGrpc.TargetTypeServiceBlockingStub;
import dev.otahub.v1.TenantAdminServiceGrpc;
import dev.otahub.v1.TenantAdminServiceGrpc.TenantAdminServiceBlockingStub;
import dev.otahub.v1.TenantServiceGrpc;
import dev.otahub.v1.TenantServiceGrpc.TenantServiceBlockingStub;
import dev.otahub.v1.UserServiceGrpc;
import dev.otahub.v1.UserServiceGrpc.UserServiceBlockingStub;
import dev.otahub.v1.WebhookServiceGrpc;
import dev.otahub.v1.WebhookServiceGrpc.WebhookServiceBlockingStub;
import dev.otahub.v1.WatchEventsRequest;
import io.grpc.ChannelCredentials;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.ServiceDescriptor;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.LongConsumer;
import java.util.stream.Stream;

/**
 * A connection to a hub. Threads may share it.
 *
 * <p>Each service has a method that gives its calls: {@code hub.targets().getTarget(request)}. They
 * throw gRPC's {@link StatusRuntimeException}, of which {@link HubException#of} knows more; {@link
 * #call} and everything else here throws {@link HubException}. Calls that only read, and those
 * that carry a request id, are made again with back-off while the hub is out of reach; the id is
 * made up unless there is one.
 */
public final class Hub implements AutoCloseable {
    private static final int ANSWER_BYTES_MAX = 64 << 20;
    private static final List<ServiceDescriptor> SERVICES =
            List.of(
                    ActionServiceGrpc.getServiceDescriptor(),
                    DistributionSetServiceGrpc.getServiceDescriptor(),
                    DistributionSetTagServiceGrpc.getServiceDescriptor(),
                    DistributionSetTypeServiceGrpc.getServiceDescriptor(),
                    RolloutServiceGrpc.getServiceDescriptor(),
                    SoftwareModuleTypeServiceGrpc.getServiceDescriptor(),
                    SoftwareServiceGrpc.getServiceDescriptor(),
                    TargetFilterServiceGrpc.getServiceDescriptor(),
                    TargetServiceGrpc.getServiceDescriptor(),
                    TargetTagServiceGrpc.getServiceDescriptor(),
                    TargetTypeServiceGrpc.getServiceDescriptor(),
                    TenantAdminServiceGrpc.getServiceDescriptor(),
                    TenantServiceGrpc.getServiceDescriptor(),
                    UserServiceGrpc.getServiceDescriptor(),
                    WebhookServiceGrpc.getServiceDescriptor());

    private final ManagedChannel channel;

    /** As {@link #Hub(String, Credential, Tls)}, trusting the usual issuers. */
    public Hub(String address, Credential credential) {
        this(address, credential, Tls.usual());
    }

    /**
     * As {@link #Hub(String, Credential, Tls)}.
     *
     * @param ca a PEM file of issuers to trust instead of the usual ones
     */
    public Hub(String address, Credential credential, Path ca) {
        this(address, credential, Tls.usual().trusting(ca));
    }

    /**
     * A hub at {@code http://HOST:PORT} or, with TLS, {@code https://HOST:PORT}. Connects with the
     * first call.
     *
     * @param tls whom to trust, and with which certificate
     */
    public Hub(String address, Credential credential, Tls tls) {
        URI where = URI.create(address);
        if (where.getHost() == null || !List.of("http", "https").contains(where.getScheme())) {
            throw new IllegalArgumentException(
                    address + " is no address: http://HOST:PORT or https://HOST:PORT");
        }
        channel =
                Grpc.newChannelBuilder(where.getAuthority(), transport(where.getScheme(), tls))
                        .defaultServiceConfig(Calls.retries(SERVICES))
                        .enableRetry()
                        .intercept(new Calls(credential.authorization()))
                        .keepAliveTime(20, TimeUnit.SECONDS)
                        .maxInboundMessageSize(ANSWER_BYTES_MAX)
                        .build();
    }

    private static ChannelCredentials transport(String scheme, Tls tls) {
        return scheme.equals("http") ? InsecureChannelCredentials.create() : tls.credentials();
    }

    /** Ends the connection. */
    @Override
    public void close() {
        channel.shutdownNow();
    }

    /** Makes a call that fails with a {@link HubException}: {@code call(hub.targets()::getTarget, request)}. */
    public static <Q, A> A call(Function<Q, A> call, Q request) {
        try {
            return call.apply(request);
        } catch (StatusRuntimeException error) {
            throw HubException.of(error);
        }
    }

    /** The pages of a list, from where {@code request} begins. */
    public <Q extends Message, A extends MessageOrBuilder> Stream<A> pages(
            Function<Q, A> list, Q request) {
        return Pages.of(list, request);
    }

    /** The items of a list: {@code each(hub.targets()::listTargets, request, ListTargetsResponse::getTargetsList)}. */
    public <Q extends Message, A extends MessageOrBuilder, T> Stream<T> each(
            Function<Q, A> list, Q request, Function<A, ? extends Collection<T>> items) {
        return Pages.each(list, request, items);
    }

    /** Events as they happen. */
    public Watch watch(WatchEventsRequest request) {
        return new Watch(EventServiceGrpc.newBlockingV2Stub(channel), request);
    }

    /** An action {@code actions/{id}} until it is over. */
    public ActionWatch watchAction(String name) {
        return new ActionWatch(this, name);
    }

    /**
     * Uploads a file; the hub checks its SHA-256.
     *
     * @param progress is told how many bytes are done; may be null
     */
    public Artifact upload(Upload upload, InputStream source, LongConsumer progress)
            throws IOException {
        var call = SoftwareServiceGrpc.newBlockingV2Stub(channel).uploadArtifact();
        return new Transfer(progress).upload(call, upload, source);
    }

    /**
     * Writes an artifact's bytes; goes on where it was if the connection breaks. Throws {@link
     * ChecksumException} if what has come is not what the hub announced.
     *
     * @param progress is told how many bytes are done; may be null
     */
    public void download(Artifact artifact, OutputStream sink, LongConsumer progress)
            throws IOException {
        new Transfer(progress).download(SoftwareServiceGrpc.newBlockingV2Stub(channel), artifact, sink);
    }

    /** {@code targets/{controllerId}}, with the id percent-encoded. */
    public static String targetName(String controllerId) {
        return "targets/" + URLEncoder.encode(controllerId, StandardCharsets.UTF_8).replace("+", "%20");
    }

    /** Actions. */
    public ActionServiceBlockingStub actions() {
        return ActionServiceGrpc.newBlockingStub(channel);
    }

    /** Distribution sets. */
    public DistributionSetServiceBlockingStub distributionSets() {
        return DistributionSetServiceGrpc.newBlockingStub(channel);
    }

    /** Tags of distribution sets. */
    public DistributionSetTagServiceBlockingStub distributionSetTags() {
        return DistributionSetTagServiceGrpc.newBlockingStub(channel);
    }

    /** Distribution set types. */
    public DistributionSetTypeServiceBlockingStub distributionSetTypes() {
        return DistributionSetTypeServiceGrpc.newBlockingStub(channel);
    }

    /** Rollouts. */
    public RolloutServiceBlockingStub rollouts() {
        return RolloutServiceGrpc.newBlockingStub(channel);
    }

    /** Software modules and artifacts. */
    public SoftwareServiceBlockingStub software() {
        return SoftwareServiceGrpc.newBlockingStub(channel);
    }

    /** Software module types. */
    public SoftwareModuleTypeServiceBlockingStub softwareModuleTypes() {
        return SoftwareModuleTypeServiceGrpc.newBlockingStub(channel);
    }

    /** Stored target filters. */
    public TargetFilterServiceBlockingStub targetFilters() {
        return TargetFilterServiceGrpc.newBlockingStub(channel);
    }

    /** Targets. */
    public TargetServiceBlockingStub targets() {
        return TargetServiceGrpc.newBlockingStub(channel);
    }

    /** Tags of targets. */
    public TargetTagServiceBlockingStub targetTags() {
        return TargetTagServiceGrpc.newBlockingStub(channel);
    }

    /** Target types. */
    public TargetTypeServiceBlockingStub targetTypes() {
        return TargetTypeServiceGrpc.newBlockingStub(channel);
    }

    /** Settings of the caller's tenant, and the caller itself. */
    public TenantServiceBlockingStub tenant() {
        return TenantServiceGrpc.newBlockingStub(channel);
    }

    /** The hub's tenants. */
    public TenantAdminServiceBlockingStub tenants() {
        return TenantAdminServiceGrpc.newBlockingStub(channel);
    }

    /** Users, API tokens and who changed what. */
    public UserServiceBlockingStub users() {
        return UserServiceGrpc.newBlockingStub(channel);
    }

    /** Events that are sent to others by HTTP. */
    public WebhookServiceBlockingStub webhooks() {
        return WebhookServiceGrpc.newBlockingStub(channel);
    }
}
