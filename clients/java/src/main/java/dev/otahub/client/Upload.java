package dev.otahub.client;

import dev.otahub.v1.UploadArtifactStart;

/**
 * A file for a module.
 *
 * @param module {@code softwareModules/{id}}
 * @param filename the name that it is to have
 * @param sha256 what the bytes must hash to; if null, what was read
 */
public record Upload(String module, String filename, String sha256) {
    /** A file whose hash is not known yet. */
    public Upload(String module, String filename) {
        this(module, filename, null);
    }

    UploadArtifactStart start() {
        return UploadArtifactStart.newBuilder().setParent(module).setFilename(filename).build();
    }
}
