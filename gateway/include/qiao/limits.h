/* SPDX-License-Identifier: Apache-2.0 */
/* Every maximum for a length or count that comes from outside, with its why. */
#ifndef QIAO_LIMITS_H
#define QIAO_LIMITS_H

#include <stdint.h>

#define QIAO_KIB(n) (1024 * (size_t)(n))
#define QIAO_MIB(n) (1024 * QIAO_KIB(n))

/*
 * Numbers that travel, docs/wire.md 1: each quantity has one range, in every
 * parser. What audit entries hold stays below 2^53, which every reader of JSON
 * holds exactly. A number beyond its range is refused, never clamped.
 */
#define QIAO_HEIGHT_MAX     ((UINT64_C(1) << 53) - 1) /* of a block */
#define QIAO_VERSION_MAX    ((UINT64_C(1) << 53) - 1) /* record, its type */
#define QIAO_AUDIT_SIZE_MAX ((UINT64_C(1) << 53) - 1) /* entries of a log */
#define QIAO_INDEX_MAX      UINT32_MAX /* item in a block; attempt */
#define QIAO_FORMAT_MAX     UINT8_MAX  /* leading number of an array */
/* ms; all of the years 1 to 9999, UTC */
#define QIAO_TIME_MS_MIN (-INT64_C(62135596800000))
#define QIAO_TIME_MS_MAX INT64_C(253402300799999)

/* names and identifiers */
#define QIAO_NAME_MAX      64  /* chain nickname, gateway id, field name */
#define QIAO_ORG_MAX       96  /* organisation, MSP id */
#define QIAO_TYPE_MAX      64  /* record type */
#define QIAO_RECORD_ID_MAX 128 /* certificate numbers reach 80 characters */
#define QIAO_PURPOSE_MAX   64
#define QIAO_TXID_MAX      64 /* fabric: 32 bytes, others may print theirs */
#define QIAO_PATH_LEN      512

/* records: 64 KiB of canonical bytes and 256 fields */
#define QIAO_RECORD_MAX        QIAO_KIB(64)
#define QIAO_FIELDS_MAX        256
#define QIAO_FIELD_VALUE_MAX   QIAO_KIB(48)
#define QIAO_SALT_LEN          16
#define QIAO_HEAD_MAX          QIAO_KIB(4)
#define QIAO_REGISTRY_TAGS_MAX 8
/*
 * What a destination chain is given, from an adapter's submission to the item
 * of an envelope to the leaf of a ledger: head, disclosure (at most 36 bytes
 * around each of 256 fields), position.
 */
#define QIAO_PAYLOAD_MAX (QIAO_RECORD_MAX + QIAO_HEAD_MAX + QIAO_KIB(16))
/*
 * An audit entry. The largest is a decision: 256 fields, named three times with
 * 64 characters each, 64 rules, 16 findings; about 90 KiB.
 */
#define QIAO_AUDIT_ENTRY_MAX QIAO_KIB(128)
/* the `queued` entry of a sender that goes with its transfer; below 1 KiB now
 */
#define QIAO_QUEUED_ENTRY_MAX QIAO_KIB(4)

/* messages */
#define QIAO_PEER_MSG_MAX QIAO_MIB(8) /* between gateways */
/* what proves a commit to a peer: a message with it and 128 receipts fits */
#define QIAO_RECEIPT_PROOF_MAX (QIAO_PEER_MSG_MAX - QIAO_KIB(64))
#define QIAO_ADAPTER_MSG_MAX   QIAO_MIB(4) /* between host and adapter */
#define QIAO_SUBMISSIONS_MAX   128         /* of one call of an adapter */
#define QIAO_CONTROL_MSG_MAX   QIAO_MIB(1)
#define QIAO_ITEMS_MAX         512 /* items of one envelope */
/* messages of one peer that are worked on at once; a gateway sends one at a
 * time
 */
#define QIAO_PEER_WORKERS_MAX      3
#define QIAO_ENVELOPE_MAX          QIAO_KIB(1) /* without its items */
#define QIAO_ENVELOPE_LIFE_MS_MAX  600000      /* from sent to expires */
#define QIAO_SENT_AHEAD_MS         300000 /* how far a clock may be ahead */
#define QIAO_INBOX_OPEN_MAX        8192 /* of one peer; 700 MiB without proofs */
#define QIAO_MP_DEPTH_MAX          8    /* nested arrays of one message */
#define QIAO_MERKLE_DEPTH_MAX      64   /* 2^64 leaves is every tree */
#define QIAO_HEADERS_PER_BATCH_MAX 512
#define QIAO_EVIDENCE_MAX          QIAO_MIB(32) /* two sides of a chain */

/* chains */
#define QIAO_BLOCK_MAX      QIAO_MIB(128) /* fabric: rarely over 99 MB */
#define QIAO_BLOCK_TXS_MAX  65536
#define QIAO_VALIDATORS_MAX 256
#define QIAO_SIGNATURES_MAX 512   /* in one header; more is a flood */
#define QIAO_LEAVES_MAX     65536 /* records of one quorum block */
#define QIAO_LEAF_MAX       (QIAO_PAYLOAD_MAX + 512)
/* nine elements, the chain's name the only long one */
#define QIAO_QUORUM_HEADER_MAX ((size_t)256)
#define QIAO_QUORUM_SET_MAX    QIAO_KIB(16) /* 256 validators of 42 bytes */
/* header, 256 signatures of 70 bytes, next set */
#define QIAO_QUORUM_CLAIM_MAX QIAO_KIB(40)

/* fabric: what a channel's configuration may hold */
#define QIAO_FABRIC_CONFIG_DEPTH_MAX 8 /* groups in groups; real ones: 3 */
#define QIAO_FABRIC_CONFIG_ITEMS_MAX 65536
#define QIAO_FABRIC_MSPS_MAX         1024
#define QIAO_FABRIC_CAS_MAX          256 /* roots and intermediates of one MSP */
#define QIAO_FABRIC_CRLS_MAX         256
#define QIAO_FABRIC_CONSENTERS_MAX   512 /* each signs a block once */
#define QIAO_FABRIC_POLICY_DEPTH_MAX 24  /* gates in gates */
#define QIAO_FABRIC_POLICY_NODES_MAX 4096
#define QIAO_FABRIC_POLICY_TEXT_MAX  QIAO_KIB(16)
#define QIAO_FABRIC_IDENTITIES_MAX   1024 /* certificates kept in memory */

/* configuration and policy files */
#define QIAO_CONF_FILE_MAX    QIAO_MIB(10)
#define QIAO_CONF_DEPTH_MAX   16
#define QIAO_CONF_MEMBERS_MAX 256     /* settings of one group */
#define QIAO_CONF_NODES_MAX   2000000 /* 20,000 rules of 100 settings */
#define QIAO_RULES_MAX        20000
#define QIAO_POLICY_FILES_MAX 4096
#define QIAO_POLICY_BYTES_MAX QIAO_MIB(10) /* all files of a folder */
#define QIAO_JSON_MAX         QIAO_MIB(1)

/* peers, chains, routes of one gateway */
#define QIAO_PEERS_MAX  256
#define QIAO_CHAINS_MAX 64
#define QIAO_ROUTES_MAX 256

#endif
