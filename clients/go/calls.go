package otahub

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"io"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	v1 "github.com/otahub/otahub/clients/go/v1"
)

const requestID = protoreflect.Name("request_id")

// serviceConfig has gRPC's own retries for the calls that may be made twice.
func serviceConfig() string {
	type method struct {
		Service string `json:"service"`
		Method  string `json:"method"`
	}
	var repeatable []method
	contract := v1.File_otahub_v1_types_proto.Package()
	protoregistry.GlobalFiles.RangeFilesByPackage(contract, func(file protoreflect.FileDescriptor) bool {
		for i := range file.Services().Len() {
			service := file.Services().Get(i)
			for j := range service.Methods().Len() {
				if m := service.Methods().Get(j); isRepeatable(m) {
					repeatable = append(repeatable, method{string(service.FullName()), string(m.Name())})
				}
			}
		}
		return true
	})
	config, err := json.Marshal(map[string]any{"methodConfig": []any{map[string]any{
		"name": repeatable,
		"retryPolicy": map[string]any{
			"maxAttempts":          5,
			"initialBackoff":       "0.25s",
			"maxBackoff":           "4s",
			"backoffMultiplier":    2,
			"retryableStatusCodes": []string{"UNAVAILABLE"},
		},
	}}})
	if err != nil {
		panic(err) // strings and numbers only
	}
	return string(config)
}

// isRepeatable says whether a call only reads, or tells by a request id that it is a repetition.
func isRepeatable(method protoreflect.MethodDescriptor) bool {
	name := string(method.Name())
	hasID := method.Input().Fields().ByName(requestID) != nil
	return strings.HasPrefix(name, "Get") || strings.HasPrefix(name, "List") || hasID
}

func unary(
	ctx context.Context, method string, request, answer any, connection *grpc.ClientConn,
	invoke grpc.UnaryInvoker, options ...grpc.CallOption,
) error {
	if message, ok := request.(proto.Message); ok {
		request = identified(message)
	}
	return typed(invoke(ctx, method, request, answer, connection, options...))
}

// identified is the request with an id, if it may have one.
func identified(request proto.Message) proto.Message {
	field := request.ProtoReflect().Descriptor().Fields().ByName(requestID)
	if field == nil || request.ProtoReflect().Has(field) {
		return request
	}
	request = proto.Clone(request)
	request.ProtoReflect().Set(field, protoreflect.ValueOfString(rand.Text()))
	return request
}

func stream(
	ctx context.Context, description *grpc.StreamDesc, connection *grpc.ClientConn, method string,
	open grpc.Streamer, options ...grpc.CallOption,
) (grpc.ClientStream, error) {
	opened, err := open(ctx, description, connection, method, options...)
	if err != nil {
		return nil, typed(err)
	}
	return typedStream{opened}, nil
}

// typedStream is a stream whose errors are ours.
type typedStream struct{ grpc.ClientStream }

func (s typedStream) RecvMsg(message any) error {
	if err := s.ClientStream.RecvMsg(message); err != nil && err != io.EOF {
		return typed(err)
	} else {
		return err
	}
}
