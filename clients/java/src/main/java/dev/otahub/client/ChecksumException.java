package dev.otahub.client;

/** The bytes that came are not those that the hub announced. */
public final class ChecksumException extends RuntimeException {
    ChecksumException(String filename, String found, String announced) {
        super(filename + " is " + found + ", not " + announced);
    }
}
