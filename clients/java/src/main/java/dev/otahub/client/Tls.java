package dev.otahub.client;

import io.grpc.ChannelCredentials;
import io.grpc.TlsChannelCredentials;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;

/** Whom a connection over TLS trusts, and which certificate it shows. */
public final class Tls {
    private final Path ca;
    private final Path certificate;
    private final Path key;

    private Tls(Path ca, Path certificate, Path key) {
        this.ca = ca;
        this.certificate = certificate;
        this.key = key;
    }

    /** Trusts the usual issuers and shows nothing. */
    public static Tls usual() {
        return new Tls(null, null, null);
    }

    /** Trusts the issuers in a PEM file instead of the usual ones. */
    public Tls trusting(Path ca) {
        return new Tls(ca, certificate, key);
    }

    /** Shows a certificate and proves it with its key, both PEM files: mutual TLS. */
    public Tls identifiedBy(Path certificate, Path key) {
        return new Tls(ca, certificate, key);
    }

    ChannelCredentials credentials() {
        TlsChannelCredentials.Builder builder = TlsChannelCredentials.newBuilder();
        try {
            if (ca != null) {
                builder.trustManager(ca.toFile());
            }
            if (certificate != null) {
                builder.keyManager(certificate.toFile(), key.toFile());
            }
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
        return builder.build();
    }
}
