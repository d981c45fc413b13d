package otahub

import (
	"context"
	"iter"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// A Page is an answer to a List call.
type Page interface {
	GetNextPageToken() string
}

// A List is a call that answers page by page: hub.Targets.ListTargets.
type List[Request proto.Message, Answer Page] func(
	ctx context.Context, request Request, options ...grpc.CallOption,
) (Answer, error)

// Pages are the pages of a list, from where the request begins. An error is the last that comes.
func Pages[Request proto.Message, Answer Page](
	ctx context.Context, list List[Request, Answer], request Request,
) iter.Seq2[Answer, error] {
	return func(yield func(Answer, error) bool) {
		request := proto.CloneOf(request)
		field := request.ProtoReflect().Descriptor().Fields().ByName("page_token")
		for {
			page, err := list(ctx, request)
			if !yield(page, err) || err != nil || page.GetNextPageToken() == "" {
				return
			}
			request.ProtoReflect().Set(field, protoreflect.ValueOfString(page.GetNextPageToken()))
		}
	}
}

// Each are the items of a list, page by page:
//
//	Each(ctx, hub.Targets.ListTargets, &v1.ListTargetsRequest{}, (*v1.ListTargetsResponse).GetTargets)
func Each[Request proto.Message, Answer Page, Item any](
	ctx context.Context, list List[Request, Answer], request Request, items func(Answer) []Item,
) iter.Seq2[Item, error] {
	return func(yield func(Item, error) bool) {
		for page, err := range Pages(ctx, list, request) {
			if err != nil {
				var none Item
				yield(none, err)
				return
			}
			for _, item := range items(page) {
				if !yield(item, nil) {
					return
				}
			}
		}
	}
}
