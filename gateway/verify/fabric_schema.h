/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Schemas of the Fabric messages that are decoded with qiao_pb_check, and the
 * numbers of their fields where code reads them. Source: fabric-protos, the
 * .proto files named below.
 */
#ifndef GATEWAY_VERIFY_FABRIC_SCHEMA_H
#define GATEWAY_VERIFY_FABRIC_SCHEMA_H

#include "gateway/verify/fabric_pb.h"

/* common/common.proto */
extern const struct qiao_pb_message qiao_pb_metadata;
extern const struct qiao_pb_message qiao_pb_orderer_block_metadata;
extern const struct qiao_pb_message qiao_pb_envelope;
extern const struct qiao_pb_message qiao_pb_payload;
extern const struct qiao_pb_message qiao_pb_channel_header;
extern const struct qiao_pb_message qiao_pb_signature_header;
extern const struct qiao_pb_message qiao_pb_identifier_header;
/* common/configtx.proto, common/policies.proto, common/configuration.proto */
extern const struct qiao_pb_message qiao_pb_config_envelope;
extern const struct qiao_pb_message qiao_pb_config_update_envelope;
extern const struct qiao_pb_message qiao_pb_config_update;
extern const struct qiao_pb_message qiao_pb_signature_policy_envelope;
extern const struct qiao_pb_message qiao_pb_implicit_meta_policy;
extern const struct qiao_pb_message qiao_pb_capabilities;
extern const struct qiao_pb_message qiao_pb_hashing_algorithm;
extern const struct qiao_pb_message qiao_pb_hashing_structure;
extern const struct qiao_pb_message qiao_pb_consensus_type;
extern const struct qiao_pb_message qiao_pb_orderers;
/* msp: identities, msp_config, msp_principal */
extern const struct qiao_pb_message qiao_pb_serialized_identity;
extern const struct qiao_pb_message qiao_pb_msp_config;
extern const struct qiao_pb_message qiao_pb_fabric_msp_config;
extern const struct qiao_pb_message qiao_pb_msp_role;
extern const struct qiao_pb_message qiao_pb_organization_unit;
/* peer: transaction, proposal, proposal_response, chaincode */
extern const struct qiao_pb_message qiao_pb_transaction;
extern const struct qiao_pb_message qiao_pb_chaincode_action_payload;
extern const struct qiao_pb_message qiao_pb_proposal_response_payload;
extern const struct qiao_pb_message qiao_pb_chaincode_action;
extern const struct qiao_pb_message qiao_pb_chaincode_event;
extern const struct qiao_pb_message qiao_pb_chaincode_header_extension;
extern const struct qiao_pb_message qiao_pb_proposal;
extern const struct qiao_pb_message qiao_pb_chaincode_proposal_payload;
extern const struct qiao_pb_message qiao_pb_chaincode_invocation_spec;
extern const struct qiao_pb_message qiao_pb_proposal_response;
/* peer: policy, collection; lifecycle: db */
extern const struct qiao_pb_message qiao_pb_application_policy;
extern const struct qiao_pb_message qiao_pb_collection_package;
extern const struct qiao_pb_message qiao_pb_state_data;
extern const struct qiao_pb_message qiao_pb_state_metadata;
extern const struct qiao_pb_message qiao_pb_validation_info;
/* ledger/rwset: rwset, kvrwset */
extern const struct qiao_pb_message qiao_pb_tx_read_write_set;
extern const struct qiao_pb_message qiao_pb_kv_rwset;
extern const struct qiao_pb_message qiao_pb_hashed_rwset;

/* common.HeaderType */
#define QIAO_FABRIC_TYPE_CONFIG        1
#define QIAO_FABRIC_TYPE_CONFIG_UPDATE 2
#define QIAO_FABRIC_TYPE_TRANSACTION   3

#endif
