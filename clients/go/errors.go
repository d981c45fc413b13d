package otahub

import (
	"errors"
	"fmt"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// A Code is an error that every [*Error] with this gRPC code is: errors.Is(err, otahub.NotFound).
type Code codes.Code

// The codes that a hub answers with.
const (
	InvalidArgument    = Code(codes.InvalidArgument)
	Unauthenticated    = Code(codes.Unauthenticated)
	PermissionDenied   = Code(codes.PermissionDenied)
	NotFound           = Code(codes.NotFound)
	AlreadyExists      = Code(codes.AlreadyExists)
	FailedPrecondition = Code(codes.FailedPrecondition)
	Aborted            = Code(codes.Aborted)
	ResourceExhausted  = Code(codes.ResourceExhausted)
	Unavailable        = Code(codes.Unavailable)
	DeadlineExceeded   = Code(codes.DeadlineExceeded)
	Unimplemented      = Code(codes.Unimplemented)
)

func (c Code) Error() string {
	return codes.Code(c).String()
}

// A Violation is a broken rule: of a field (InvalidArgument), or a quota (ResourceExhausted).
type Violation struct {
	Subject     string
	Description string
}

// Error is why a call failed.
type Error struct {
	// Code is gRPC's: what to go by when the reason is unknown.
	Code Code
	// Reason is from v1.Reason without its prefix: ACTION_CLOSED. Empty if nobody said.
	Reason string
	// Message is for people.
	Message string
	// Metadata is what the message mentions; errors.proto names the keys of each reason.
	Metadata map[string]string
	// Fields of the request that break a rule.
	Fields []Violation
	// Quotas that are full.
	Quotas []Violation
	// RetryAfter is after what time the same call may succeed; 0 if nobody said.
	RetryAfter time.Duration

	status *status.Status
}

func (e *Error) Error() string {
	if e.Reason == "" {
		return fmt.Sprintf("%s (%v)", e.Message, e.Code)
	}
	return fmt.Sprintf("%s (%s)", e.Message, e.Reason)
}

// Is says whether target is the error's [Code].
func (e *Error) Is(target error) bool {
	return target == e.Code
}

// GRPCStatus is for status.Code and its like.
func (e *Error) GRPCStatus() *status.Status {
	return e.status
}

// IsTransient says whether the connection failed, or the hub asks to try again.
func (e *Error) IsTransient() bool {
	broken := codes.Code(e.Code) == codes.Internal || codes.Code(e.Code) == codes.Unknown
	return e.Code == Unavailable || (e.Reason == "" && broken)
}

// typed is gRPC's error as ours.
func typed(err error) error {
	var already *Error
	if err == nil || errors.As(err, &already) {
		return err
	}
	status := status.Convert(err)
	typed := &Error{Code: Code(status.Code()), Message: status.Message(), status: status}
	for _, detail := range status.Details() {
		switch detail := detail.(type) {
		case *errdetails.ErrorInfo:
			typed.Reason, typed.Metadata = detail.GetReason(), detail.GetMetadata()
		case *errdetails.BadRequest:
			for _, violation := range detail.GetFieldViolations() {
				typed.Fields = append(typed.Fields, Violation{violation.GetField(), violation.GetDescription()})
			}
		case *errdetails.QuotaFailure:
			for _, violation := range detail.GetViolations() {
				typed.Quotas = append(typed.Quotas, Violation{violation.GetSubject(), violation.GetDescription()})
			}
		case *errdetails.RetryInfo:
			typed.RetryAfter = detail.GetRetryDelay().AsDuration()
		}
	}
	return typed
}
