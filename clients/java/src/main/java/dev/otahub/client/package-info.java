/** Client of otahub, a hub for over-the-air updates; see {@link dev.otahub.client.Hub}. */
package dev.otahub.client;
