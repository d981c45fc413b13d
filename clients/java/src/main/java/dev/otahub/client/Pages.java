package dev.otahub.client;

import com.google.protobuf.Message;
import com.google.protobuf.MessageOrBuilder;
import java.util.Collection;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.function.Function;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/** The pages of a list. */
final class Pages<Q extends Message, A extends MessageOrBuilder> implements Iterator<A> {
    private final Function<Q, A> list;
    private Q request;

    private Pages(Function<Q, A> list, Q request) {
        this.list = list;
        this.request = request;
    }

    static <Q extends Message, A extends MessageOrBuilder> Stream<A> of(
            Function<Q, A> list, Q request) {
        Iterable<A> pages = () -> new Pages<>(list, request);
        return StreamSupport.stream(pages.spliterator(), false);
    }

    static <Q extends Message, A extends MessageOrBuilder, T> Stream<T> each(
            Function<Q, A> list, Q request, Function<A, ? extends Collection<T>> items) {
        return of(list, request).flatMap(page -> items.apply(page).stream());
    }

    @Override
    public boolean hasNext() {
        return request != null;
    }

    @Override
    public A next() {
        if (request == null) {
            throw new NoSuchElementException();
        }
        A page = Hub.call(list, request);
        Object token = page.getField(page.getDescriptorForType().findFieldByName("next_page_token"));
        request = token.equals("") ? null : at(token);
        return page;
    }

    @SuppressWarnings("unchecked")
    private Q at(Object token) {
        var field = request.getDescriptorForType().findFieldByName("page_token");
        return (Q) request.toBuilder().setField(field, token).build();
    }
}
