/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/verify/fabric_schema.h"

/*
 * A member stands here if its content can make decoding fail: strings, and
 * messages (an embedded message of numbers and bytes is `plain`). Members that
 * are numbers or bytes cannot, so they are left out.
 */
/* clang-format off */
#define S(number) { number, QIAO_PB_STRING, NULL }
#define M(number, message) { number, QIAO_PB_MESSAGE, &message }
#define SCHEMA(name, ...)                                                     \
	static const struct qiao_pb_member name##_members[] = {               \
		__VA_ARGS__, { 0, QIAO_PB_UINT, NULL }                        \
	};                                                                    \
	const struct qiao_pb_message name = { name##_members }
#define LOCAL(name, ...)                                                      \
	static const struct qiao_pb_member name##_members[] = {               \
		__VA_ARGS__, { 0, QIAO_PB_UINT, NULL }                        \
	};                                                                    \
	static const struct qiao_pb_message name = { name##_members }

static const struct qiao_pb_member plain_members[] = {
	{ 0, QIAO_PB_UINT, NULL }
};
static const struct qiao_pb_message plain = { plain_members };

/* common.proto */
const struct qiao_pb_message qiao_pb_envelope = { plain_members };
const struct qiao_pb_message qiao_pb_signature_header = { plain_members };
const struct qiao_pb_message qiao_pb_identifier_header = { plain_members };
SCHEMA(qiao_pb_metadata, M(2, plain));
SCHEMA(qiao_pb_orderer_block_metadata, M(1, plain));
SCHEMA(qiao_pb_payload, M(1, plain));
SCHEMA(qiao_pb_channel_header, M(3, plain), S(4), S(5));

/* msp_principal.proto, policies.proto */
SCHEMA(qiao_pb_msp_role, S(1));
SCHEMA(qiao_pb_organization_unit, S(1), S(2));
static const struct qiao_pb_message signature_policy;
LOCAL(n_out_of, M(2, signature_policy));
static const struct qiao_pb_member signature_policy_members[] = {
	M(2, n_out_of), { 0, QIAO_PB_UINT, NULL }
};
static const struct qiao_pb_message signature_policy = {
	signature_policy_members
};
SCHEMA(qiao_pb_signature_policy_envelope, M(2, signature_policy), M(3, plain));
SCHEMA(qiao_pb_implicit_meta_policy, S(1));

/* peer/policy.proto, collection.proto, lifecycle/db.proto */
SCHEMA(qiao_pb_application_policy, M(1, qiao_pb_signature_policy_envelope),
       S(2));
LOCAL(collection_policy, M(1, qiao_pb_signature_policy_envelope));
LOCAL(static_collection, S(1), M(2, collection_policy),
      M(8, qiao_pb_application_policy));
LOCAL(collection_config, M(1, static_collection));
SCHEMA(qiao_pb_collection_package, M(1, collection_config));
SCHEMA(qiao_pb_state_data, S(3));
SCHEMA(qiao_pb_state_metadata, S(1), S(2));
SCHEMA(qiao_pb_validation_info, S(1));

/* configtx.proto, configuration.proto */
LOCAL(config_value, S(3));
LOCAL(config_policy, M(2, plain), S(3));
LOCAL(value_entry, S(1), M(2, config_value));
LOCAL(policy_entry, S(1), M(2, config_policy));
static const struct qiao_pb_message config_group;
LOCAL(group_entry, S(1), M(2, config_group));
static const struct qiao_pb_member config_group_members[] = {
	M(2, group_entry), M(3, value_entry), M(4, policy_entry), S(5),
	{ 0, QIAO_PB_UINT, NULL }
};
static const struct qiao_pb_message config_group = { config_group_members };
LOCAL(config, M(2, config_group));
SCHEMA(qiao_pb_config_envelope, M(1, config), M(2, plain));
SCHEMA(qiao_pb_config_update_envelope, M(2, plain));
LOCAL(isolated_entry, S(1));
SCHEMA(qiao_pb_config_update, S(1), M(2, config_group), M(3, config_group),
       M(5, isolated_entry));
LOCAL(capability_entry, S(1), M(2, plain));
SCHEMA(qiao_pb_capabilities, M(1, capability_entry));
SCHEMA(qiao_pb_hashing_algorithm, S(1));
const struct qiao_pb_message qiao_pb_hashing_structure = { plain_members };
SCHEMA(qiao_pb_consensus_type, S(1));
LOCAL(consenter, S(2), S(4));
SCHEMA(qiao_pb_orderers, M(1, consenter));

/* identities.proto, msp_config.proto */
SCHEMA(qiao_pb_serialized_identity, S(1));
const struct qiao_pb_message qiao_pb_msp_config = { plain_members };
LOCAL(key_info, S(1));
LOCAL(signing_identity, M(2, key_info));
LOCAL(crypto_config, S(1), S(2));
LOCAL(ou_identifier, S(2));
LOCAL(node_ous, M(2, ou_identifier), M(3, ou_identifier), M(4, ou_identifier),
      M(5, ou_identifier));
SCHEMA(qiao_pb_fabric_msp_config, S(1), M(6, signing_identity),
       M(7, ou_identifier), M(8, crypto_config), M(11, node_ous));

/* transaction.proto, proposal.proto, proposal_response.proto, chaincode*.proto */
SCHEMA(qiao_pb_transaction, M(1, plain));
LOCAL(endorsed_action, M(2, plain));
SCHEMA(qiao_pb_chaincode_action_payload, M(2, endorsed_action));
const struct qiao_pb_message qiao_pb_proposal_response_payload = {
	plain_members
};
LOCAL(response, S(2));
LOCAL(chaincode_id, S(1), S(2), S(3));
SCHEMA(qiao_pb_chaincode_action, M(3, response), M(4, chaincode_id));
SCHEMA(qiao_pb_chaincode_event, S(1), S(2), S(3));
SCHEMA(qiao_pb_chaincode_header_extension, M(2, chaincode_id));
const struct qiao_pb_message qiao_pb_proposal = { plain_members };
LOCAL(named_bytes, S(1));
SCHEMA(qiao_pb_chaincode_proposal_payload, M(2, named_bytes));
LOCAL(chaincode_input, M(2, named_bytes));
LOCAL(chaincode_spec, M(2, chaincode_id), M(3, chaincode_input));
SCHEMA(qiao_pb_chaincode_invocation_spec, M(1, chaincode_spec));
SCHEMA(qiao_pb_proposal_response, M(2, plain), M(4, response), M(6, plain));

/* rwset.proto, kv_rwset.proto */
LOCAL(collection, S(1));
LOCAL(ns_rwset, S(1), M(3, collection));
SCHEMA(qiao_pb_tx_read_write_set, M(2, ns_rwset));
LOCAL(kv_read, S(1), M(2, plain));
LOCAL(query_reads, M(1, kv_read));
LOCAL(range_query, S(1), S(2), M(4, query_reads), M(5, plain));
LOCAL(kv_write, S(1));
LOCAL(metadata_entry, S(1));
LOCAL(metadata_write, S(1), M(2, metadata_entry));
SCHEMA(qiao_pb_kv_rwset, M(1, kv_read), M(2, range_query), M(3, kv_write),
       M(4, metadata_write));
LOCAL(read_hash, M(2, plain));
LOCAL(metadata_hash, M(2, metadata_entry));
SCHEMA(qiao_pb_hashed_rwset, M(1, read_hash), M(2, plain), M(3, metadata_hash));
/* clang-format on */
