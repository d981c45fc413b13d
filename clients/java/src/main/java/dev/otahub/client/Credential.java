package dev.otahub.client;

import java.nio.charset.StandardCharsets;
import java.util.Base64;

/** Who calls. */
public final class Credential {
    private final String authorization;

    private Credential(String authorization) {
        this.authorization = authorization;
    }

    /** A user with a password. */
    public static Credential user(String user, String password) {
        byte[] pair = (user + ":" + password).getBytes(StandardCharsets.UTF_8);
        return new Credential("Basic " + Base64.getEncoder().encodeToString(pair));
    }

    /** An API token or an OIDC token. */
    public static Credential token(String token) {
        return new Credential("Bearer " + token);
    }

    /** Nobody. */
    public static Credential none() {
        return new Credential(null);
    }

    String authorization() {
        return authorization;
    }
}
