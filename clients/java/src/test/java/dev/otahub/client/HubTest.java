package dev.otahub.client;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.otahub.v1.Artifact;
import dev.otahub.v1.CreateSoftwareModuleRequest;
import dev.otahub.v1.CreateTargetRequest;
import dev.otahub.v1.EventKind;
import dev.otahub.v1.GetCallerRequest;
import dev.otahub.v1.GetTargetRequest;
import dev.otahub.v1.ListTargetsRequest;
import dev.otahub.v1.ListTargetsResponse;
import dev.otahub.v1.SoftwareModule;
import dev.otahub.v1.Target;
import dev.otahub.v1.WatchEventsRequest;
import dev.otahub.v1.WatchEventsResponse;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Against a real hub, which tests/clients/with_hub.py starts. */
class HubTest {
    private final String prefix = UUID.randomUUID().toString();

    private static Hub at(String variable) {
        return new Hub(System.getenv(variable), admin());
    }

    private static Credential admin() {
        return Credential.user(System.getenv("OTAHUB_USER"), System.getenv("OTAHUB_PASSWORD"));
    }

    private static Target create(Hub hub, String controllerId) {
        Target target = Target.newBuilder().setControllerId(controllerId).build();
        return Hub.call(
                hub.targets()::createTarget, CreateTargetRequest.newBuilder().setTarget(target).build());
    }

    private static String caller(Hub hub) {
        return Hub.call(hub.tenant()::getCaller, GetCallerRequest.getDefaultInstance()).getUsername();
    }

    private static byte[] firmware() {
        byte[] data = new byte[700_000];
        for (int i = 0; i < data.length; i++) {
            data[i] = (byte) (i * 7 % 251);
        }
        return data;
    }

    @Test
    void pagesHoldEveryItemOnce() {
        try (Hub hub = at("OTAHUB_ADDRESS")) {
            List<String> names =
                    IntStream.range(0, 5).mapToObj(n -> create(hub, prefix + n).getName()).toList();
            var request =
                    ListTargetsRequest.newBuilder()
                            .setPageSize(2)
                            .setFilter("controller_id = \"" + prefix + "*\"")
                            .build();
            List<Integer> sizes =
                    hub.pages(hub.targets()::listTargets, request)
                            .map(ListTargetsResponse::getTargetsCount)
                            .toList();
            assertEquals(List.of(2, 2, 1), sizes);
            List<String> found =
                    hub.each(hub.targets()::listTargets, request, ListTargetsResponse::getTargetsList)
                            .map(Target::getName)
                            .toList();
            assertEquals(names, found);
        }
    }

    @Test
    void errorsAreTyped() {
        try (Hub hub = at("OTAHUB_ADDRESS")) {
            create(hub, prefix);
            var taken = assertThrows(HubException.class, () -> create(hub, prefix));
            assertEquals(Status.Code.ALREADY_EXISTS, taken.code());
            assertEquals("ALREADY_EXISTS", taken.reason());
            assertEquals(Map.of("type", "Target"), taken.metadata());
            var nobody = GetTargetRequest.newBuilder().setName(Hub.targetName("nobody")).build();
            var plain =
                    assertThrows(StatusRuntimeException.class, () -> hub.targets().getTarget(nobody));
            assertEquals("NOT_FOUND", HubException.of(plain).reason());
            var invalid = assertThrows(HubException.class, () -> create(hub, "a b"));
            assertEquals("controller_id", invalid.fields().get(0).subject());
            assertFalse(invalid.isTransient());
        }
    }

    @Test
    void strangersAreRefused() {
        try (Hub hub = new Hub(System.getenv("OTAHUB_ADDRESS"), Credential.user("admin", "wrong"))) {
            var refused = assertThrows(HubException.class, () -> caller(hub));
            assertEquals(Status.Code.UNAUTHENTICATED, refused.code());
        }
        assertThrows(
                IllegalArgumentException.class, () -> new Hub("localhost:1", Credential.none()));
    }

    @Test
    void tlsWithAPrivateIssuer() {
        String address = System.getenv("OTAHUB_TLS_ADDRESS");
        try (Hub hub = new Hub(address, admin(), Path.of(System.getenv("OTAHUB_TLS_CA")))) {
            assertEquals("admin", caller(hub));
        }
        try (Hub trustingOthers = new Hub(address, admin())) {
            var refused = assertThrows(HubException.class, () -> caller(trustingOthers));
            assertEquals(Status.Code.UNAVAILABLE, refused.code());
        }
    }

    @Test
    void tlsWithACertificateOfOnesOwn() {
        String address = System.getenv("OTAHUB_MTLS_ADDRESS");
        Tls trusting = Tls.usual().trusting(Path.of(System.getenv("OTAHUB_TLS_CA")));
        Path certificate = Path.of(System.getenv("OTAHUB_MTLS_CERT"));
        Path key = Path.of(System.getenv("OTAHUB_MTLS_KEY"));
        try (Hub hub = new Hub(address, admin(), trusting.identifiedBy(certificate, key))) {
            assertEquals("admin", caller(hub));
        }
        try (Hub nobody = new Hub(address, admin(), trusting)) {
            var refused = assertThrows(HubException.class, () -> caller(nobody));
            assertEquals(Status.Code.UNAVAILABLE, refused.code());
        }
    }

    @Test
    void readsAndIdentifiedWritesSurviveALineThatHangsUp() {
        for (int n = 0; n < 4; n++) {
            try (Hub hub = at("OTAHUB_FLAKY_ADDRESS")) {
                assertEquals("admin", caller(hub));
                assertEquals(prefix + n, create(hub, prefix + n).getControllerId());
            }
        }
    }

    @Test
    void artifactsArriveWholeOnALineThatHangsUp() throws IOException {
        byte[] data = firmware();
        Artifact artifact;
        try (Hub hub = at("OTAHUB_ADDRESS")) {
            var wanted =
                    SoftwareModule.newBuilder().setTypeKey("os").setDisplayName(prefix).setVersion("1");
            var request = CreateSoftwareModuleRequest.newBuilder().setSoftwareModule(wanted).build();
            String module = Hub.call(hub.software()::createSoftwareModule, request).getName();
            List<Long> told = new ArrayList<>();
            var source = new ByteArrayInputStream(data);
            artifact = hub.upload(new Upload(module, "firmware.bin"), source, told::add);
            assertEquals(data.length, artifact.getSizeBytes());
            assertEquals(data.length, told.get(told.size() - 1));
            var wrong = new Upload(module, "other.bin", "0".repeat(64));
            source.reset();
            var refused = assertThrows(HubException.class, () -> hub.upload(wrong, source, null));
            assertEquals("CHECKSUM_MISMATCH", refused.reason());
        }
        try (Hub hub = at("OTAHUB_FLAKY_ADDRESS")) {
            var sink = new ByteArrayOutputStream();
            hub.download(artifact, sink, null);
            assertArrayEquals(data, sink.toByteArray());
            var hashes = artifact.getHashes().toBuilder().setSha256("0".repeat(64));
            Artifact differs = artifact.toBuilder().setHashes(hashes).build();
            assertThrows(
                    ChecksumException.class,
                    () -> hub.download(differs, new ByteArrayOutputStream(), null));
        }
    }

    @Test
    void aWatchOnALineThatHangsUpMissesNothing() {
        var request = WatchEventsRequest.newBuilder().addKinds(EventKind.EVENT_KIND_TARGET_CREATED);
        List<String> names;
        try (Hub hub = at("OTAHUB_ADDRESS"); Watch watch = hub.watch(request.build())) {
            WatchEventsResponse first = watch.next();
            assertFalse(first.hasEvent());
            request.setResumeToken(first.getResumeToken());
            names = IntStream.range(0, 3).mapToObj(n -> create(hub, prefix + n).getName()).toList();
        }
        List<String> seen = new ArrayList<>();
        while (seen.size() < names.size()) {
            // a new connection each time, of which every other one is hung up on
            try (Hub flaky = at("OTAHUB_FLAKY_ADDRESS"); Watch watch = flaky.watch(request.build())) {
                WatchEventsResponse message = watch.next();
                if (message.hasEvent()) {
                    seen.add(message.getEvent().getResource());
                }
                request.setResumeToken(message.getResumeToken());
            }
        }
        assertEquals(names, seen);
    }
}
