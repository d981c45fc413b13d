/** The messages of the contract, with their schemas. */

export * from "./gen/otahub/v1/action_service_pb.js";
export * from "./gen/otahub/v1/distribution_set_service_pb.js";
export * from "./gen/otahub/v1/errors_pb.js";
export * from "./gen/otahub/v1/event_service_pb.js";
export * from "./gen/otahub/v1/filter_service_pb.js";
export * from "./gen/otahub/v1/rollout_service_pb.js";
export * from "./gen/otahub/v1/software_service_pb.js";
export * from "./gen/otahub/v1/target_service_pb.js";
export * from "./gen/otahub/v1/target_tag_service_pb.js";
export * from "./gen/otahub/v1/target_type_service_pb.js";
export * from "./gen/otahub/v1/tenant_service_pb.js";
export * from "./gen/otahub/v1/types_pb.js";
export * from "./gen/otahub/v1/webhook_service_pb.js";
