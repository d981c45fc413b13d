package dev.otahub.examples;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** A device that asks over DDI what there is to do, downloads it, checks it, and reports. */
final class Device {
    private final HttpClient http = HttpClient.newHttpClient();
    private final String base;
    private final String token;

    /** {@code base} is the device's address, {@code token} its own. */
    Device(String base, String token) {
        this.base = base;
        this.token = token;
    }

    void install() throws IOException, InterruptedException, NoSuchAlgorithmException {
        JsonObject links = json(base).getAsJsonObject("_links");
        JsonObject order = json(href(links, "deploymentBase"));
        for (JsonElement chunk : order.getAsJsonObject("deployment").getAsJsonArray("chunks")) {
            for (JsonElement one : chunk.getAsJsonObject().getAsJsonArray("artifacts")) {
                JsonObject artifact = one.getAsJsonObject();
                byte[] data = call(href(artifact.getAsJsonObject("_links"), "download-http"), null);
                byte[] hash = MessageDigest.getInstance("SHA-256").digest(data);
                String announced = artifact.getAsJsonObject("hashes").get("sha256").getAsString();
                System.out.printf(
                        "device: %s, %d bytes, sha256 %s%n",
                        artifact.get("filename").getAsString(),
                        data.length,
                        HexFormat.of().formatHex(hash).equals(announced) ? "agrees" : "differs");
            }
        }
        String action = order.get("id").getAsString();
        report(action, "proceeding", "none");
        report(action, "closed", "success");
    }

    private void report(String action, String execution, String finished)
            throws IOException, InterruptedException {
        String body =
                """
                {"id": "%s", "status": {"execution": "%s", "result": {"finished": "%s"}, "details": []}}
                """;
        String url = base + "/deploymentBase/" + action + "/feedback";
        call(url, body.formatted(action, execution, finished));
        System.out.printf("device: %s, %s%n", execution, finished);
    }

    private static String href(JsonObject links, String name) {
        return links.getAsJsonObject(name).get("href").getAsString();
    }

    private JsonObject json(String url) throws IOException, InterruptedException {
        String text = new String(call(url, null), StandardCharsets.UTF_8);
        return JsonParser.parseString(text).getAsJsonObject();
    }

    private byte[] call(String url, String body) throws IOException, InterruptedException {
        HttpRequest.Builder request =
                HttpRequest.newBuilder(URI.create(url))
                        .header("Authorization", "TargetToken " + token)
                        .header("Content-Type", "application/json");
        if (body != null) {
            request.POST(BodyPublishers.ofString(body));
        }
        var answer = http.send(request.build(), BodyHandlers.ofByteArray());
        if (answer.statusCode() != 200) {
            throw new IOException(url + ": " + answer.statusCode());
        }
        return answer.body();
    }
}
