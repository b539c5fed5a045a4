package qairon

import (
	"errors"
	"io"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	qaironv1 "qairon.dev/stubs/go/qairon/v1"
)

// Domain is the domain of every google.rpc.ErrorInfo of the service.
const Domain = "qairon.dev"

// Error is why a call failed. Calls of a [Client] return it, alone or wrapped: use errors.As or [AsError].
type Error struct {
	// Code is the code of gRPC. It does not change between versions; neither does Reason.
	Code codes.Code
	// Reason is the service's own; ERROR_REASON_UNSPECIFIED when the error came from elsewhere, such as the network.
	Reason qaironv1.ErrorReason
	// Field is the invalid field, the first of them; empty when there is no specific one.
	Field string
	// Resource is the resource and ResourceID the ID of the object that the error is about, where there is one.
	Resource, ResourceID string
	// Message is for people, and may change.
	Message string
	status  *status.Status
	cause   error
}

// Error is the message with its code, as gRPC has it.
func (e *Error) Error() string { return e.status.String() }

// GRPCStatus makes the error one of gRPC, for status.FromError and the details.
func (e *Error) GRPCStatus() *status.Status { return e.status }

// Unwrap is the error of gRPC.
func (e *Error) Unwrap() error { return e.cause }

// AsError is the Error in an error, or nil when there is none: the error is nil or not one of a call.
func AsError(err error) *Error {
	var known *Error
	if err == nil || errors.As(err, &known) {
		return known
	}
	told, ok := status.FromError(err)
	if !ok {
		return nil
	}
	found := &Error{Code: told.Code(), Message: told.Message(), status: told, cause: err}
	for _, detail := range told.Details() {
		switch detail := detail.(type) {
		case *errdetails.ErrorInfo:
			if detail.GetDomain() == Domain {
				// A reason of a newer service is unspecified here.
				found.Reason = qaironv1.ErrorReason(qaironv1.ErrorReason_value["ERROR_REASON_"+detail.GetReason()])
			}
		case *errdetails.BadRequest:
			if violations := detail.GetFieldViolations(); len(violations) > 0 {
				found.Field = violations[0].GetField()
			}
		case *errdetails.ResourceInfo:
			found.Resource, found.ResourceID = detail.GetResourceType(), detail.GetResourceName()
		}
	}
	return found
}

// wrap makes the error of a call an Error. The end of a stream stays io.EOF.
func (s *settings) wrap(err error) error {
	if err == nil || errors.Is(err, io.EOF) {
		return err
	}
	found := AsError(err)
	if found == nil {
		return err
	}
	// The service did not answer: the connection may be why.
	told := s.trouble.Load()
	if told != nil && found.Code == codes.Unavailable && found.Reason == qaironv1.ErrorReason_ERROR_REASON_UNSPECIFIED {
		found.Message = *told
		found.status = status.New(found.Code, *told)
	}
	return found
}
