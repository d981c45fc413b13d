package dev.otahub.examples;

import static java.util.stream.Collectors.joining;

import dev.otahub.client.Credential;
import dev.otahub.client.Hub;
import dev.otahub.client.HubException;
import dev.otahub.client.Upload;
import dev.otahub.v1.ApiToken;
import dev.otahub.v1.AssignDistributionSetsRequest;
import dev.otahub.v1.Assignment;
import dev.otahub.v1.CancelActionRequest;
import dev.otahub.v1.CreateApiTokenRequest;
import dev.otahub.v1.CreateDistributionSetRequest;
import dev.otahub.v1.CreateSoftwareModuleRequest;
import dev.otahub.v1.CreateTargetRequest;
import dev.otahub.v1.DistributionSet;
import dev.otahub.v1.GetCallerRequest;
import dev.otahub.v1.GetTargetRequest;
import dev.otahub.v1.ListActionEntriesRequest;
import dev.otahub.v1.ListTargetsRequest;
import dev.otahub.v1.ListTargetsResponse;
import dev.otahub.v1.RevokeApiTokenRequest;
import dev.otahub.v1.SoftwareModule;
import dev.otahub.v1.Target;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;

/**
 * An update from upload to installed, with refusals on the way; prints what came of each step.
 *
 * <p>The clients in other languages do the same and print the same. Takes the hub from the
 * environment (tests/clients/hub.py), and from OTAHUB_SCENARIO what all names are to begin with.
 */
public final class Scenario {
    private static final String PREFIX = System.getenv("OTAHUB_SCENARIO");
    private static final String ADDRESS = System.getenv("OTAHUB_ADDRESS");

    private final Hub hub;

    private Scenario(Hub hub) {
        this.hub = hub;
    }

    /** Runs all steps. */
    public static void main(String[] arguments) throws Exception {
        var admin = Credential.user(System.getenv("OTAHUB_USER"), System.getenv("OTAHUB_PASSWORD"));
        try (Hub hub = new Hub(ADDRESS, admin)) {
            var caller = Hub.call(hub.tenant()::getCaller, GetCallerRequest.getDefaultInstance());
            System.out.printf("caller: %s of %s%n", caller.getUsername(), caller.getTenant());
            Scenario scenario = new Scenario(hub);
            Target target = scenario.targets();
            scenario.strangers();
            DistributionSet set = scenario.software();
            String action = scenario.assign(target, set);
            scenario.install(target, action);
        }
    }

    /** Five targets, and what cannot be made or found. */
    private Target targets() throws Exception {
        List<Target> made = new ArrayList<>();
        for (int n = 1; n <= 5; n++) {
            made.add(createTarget(hub, PREFIX + "-" + n));
        }
        var request =
                ListTargetsRequest.newBuilder()
                        .setPageSize(2)
                        .setFilter("controller_id = \"" + PREFIX + "-*\"")
                        .build();
        String ids =
                hub.each(hub.targets()::listTargets, request, ListTargetsResponse::getTargetsList)
                        .map(target -> target.getControllerId().substring(PREFIX.length() + 1))
                        .collect(joining(" "));
        System.out.println("targets: " + ids);
        refused("the same again", () -> createTarget(hub, PREFIX + "-1"));
        refused("with a blank", () -> createTarget(hub, "a b"));
        var nobody = GetTargetRequest.newBuilder().setName("targets/nobody").build();
        refused("nobody", () -> Hub.call(hub.targets()::getTarget, nobody));
        return made.get(0);
    }

    private static Target createTarget(Hub hub, String controllerId) {
        var target = Target.newBuilder().setControllerId(controllerId);
        var request = CreateTargetRequest.newBuilder().setTarget(target).build();
        return Hub.call(hub.targets()::createTarget, request);
    }

    /** Somebody with a wrong password, and a token that may only read. */
    private void strangers() throws Exception {
        try (Hub stranger = new Hub(ADDRESS, Credential.user("admin", "wrong"))) {
            var request = GetCallerRequest.getDefaultInstance();
            refused("a wrong password", () -> Hub.call(stranger.tenant()::getCaller, request));
        }
        var wanted = ApiToken.newBuilder().setDescription(PREFIX).addAuthorities("READ_TARGET");
        var token =
                Hub.call(
                        hub.users()::createApiToken,
                        CreateApiTokenRequest.newBuilder().setApiToken(wanted).build());
        try (Hub reader = new Hub(ADDRESS, Credential.token(token.getSecret()))) {
            refused("a reader", () -> createTarget(reader, PREFIX + "-6"));
        }
        var name = token.getApiToken().getName();
        Hub.call(
                hub.users()::revokeApiToken, RevokeApiTokenRequest.newBuilder().setName(name).build());
    }

    /** A set with one module with one file. */
    private DistributionSet software() throws Exception {
        var wanted =
                SoftwareModule.newBuilder().setTypeKey("os").setDisplayName(PREFIX).setVersion("1.0");
        var module =
                Hub.call(
                        hub.software()::createSoftwareModule,
                        CreateSoftwareModuleRequest.newBuilder().setSoftwareModule(wanted).build());
        byte[] data = new byte[700_000];
        for (int i = 0; i < data.length; i++) {
            data[i] = (byte) (i * 7 % 251);
        }
        var wrong = new Upload(module.getName(), "firmware.bin", "0".repeat(64));
        refused("a wrong hash", () -> hub.upload(wrong, new ByteArrayInputStream(data), null));
        var upload = new Upload(module.getName(), "firmware.bin");
        var artifact = hub.upload(upload, new ByteArrayInputStream(data), null);
        System.out.printf(
                "uploaded: %s, %d bytes, %s%n",
                artifact.getFilename(), artifact.getSizeBytes(), artifact.getHashes().getSha256());
        var sink = new ByteArrayOutputStream();
        hub.download(artifact, sink, null);
        System.out.printf("downloaded: %d bytes, %s%n", sink.size(), sha256(sink.toByteArray()));
        var order =
                DistributionSet.newBuilder()
                        .setTypeKey("os")
                        .setDisplayName(PREFIX)
                        .setVersion("1.0")
                        .addSoftwareModules(module);
        var set =
                Hub.call(
                        hub.distributionSets()::createDistributionSet,
                        CreateDistributionSetRequest.newBuilder().setDistributionSet(order).build());
        System.out.printf(
                "set: version %s, %s%n",
                set.getVersion(), set.getComplete() ? "complete" : "incomplete");
        return set;
    }

    /** An action, which a second order does not make again. */
    private String assign(Target target, DistributionSet set) {
        var order =
                Assignment.newBuilder()
                        .setControllerId(target.getControllerId())
                        .setDistributionSet(set.getName());
        var request = AssignDistributionSetsRequest.newBuilder().addAssignments(order).build();
        var first = Hub.call(hub.actions()::assignDistributionSets, request);
        var second = Hub.call(hub.actions()::assignDistributionSets, request);
        for (var done : List.of(first, second)) {
            System.out.printf(
                    "assigned: %d, already %d%n",
                    done.getAssignedActionsCount(), done.getAlreadyAssignedCount());
        }
        return "actions/" + first.getAssignedActions(0).getAction();
    }

    /** The device does what it is told to, while the operator watches. */
    private void install(Target target, String action) throws Exception {
        try (var watch = hub.watchAction(action)) {
            watch.next();
            var last =
                    CompletableFuture.supplyAsync(
                            () -> {
                                String state = "";
                                while (watch.hasNext()) {
                                    state = watch.next().getState().name();
                                }
                                return state.replace("ACTION_STATE_", "");
                            });
            String base =
                    System.getenv("OTAHUB_HTTP_ADDRESS")
                            + "/DEFAULT/controller/v1/"
                            + target.getControllerId();
            new Device(base, target.getSecurityToken()).install();
            System.out.println("watched: " + last.get());
        }
        var request =
                ListActionEntriesRequest.newBuilder().setParent(action).setOrderBy("id").build();
        String history =
                Hub.call(hub.actions()::listActionEntries, request).getEntriesList().stream()
                        .map(entry -> entry.getStatus().name().replace("ENTRY_STATUS_", ""))
                        .collect(joining(" "));
        System.out.println("history: " + history);
        var name = GetTargetRequest.newBuilder().setName(target.getName()).build();
        String status = Hub.call(hub.targets()::getTarget, name).getUpdateStatus().name();
        System.out.println("target: " + status.replace("UPDATE_STATUS_", ""));
        var cancel = CancelActionRequest.newBuilder().setName(action).build();
        refused("too late to cancel", () -> Hub.call(hub.actions()::cancelAction, cancel));
    }

    /** Prints why the hub refuses. */
    private static void refused(String what, Callable<?> call) throws Exception {
        try {
            call.call();
            System.out.println("not refused: " + what);
        } catch (HubException error) {
            String keys = error.metadata().keySet().stream().sorted().collect(joining(" "));
            String fields =
                    error.fields().stream()
                            .map(field -> ", " + field.subject() + ": " + field.description())
                            .collect(joining());
            System.out.printf(
                    "refused: %s: %s %s [%s]%s%n", what, error.code(), error.reason(), keys, fields);
        }
    }

    private static String sha256(byte[] data) throws IOException {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(data));
        } catch (NoSuchAlgorithmException impossible) {
            throw new IOException(impossible);
        }
    }
}
