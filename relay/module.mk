# SPDX-License-Identifier: Apache-2.0
LIB_SRC += $(addprefix relay/,capture.c dialer.c envelope.c inbox.c items.c \
           items_check.c keep.c link.c listener.c outbox.c peer.c receipt.c retry.c \
           transfer_state.c)
UNIT_SRC += $(addprefix tests/unit/relay/,envelope_test.c exchange_test.c \
            items_test.c outbox_test.c \
            transfer_state_test.c transport_test.c)
FUZZ_SRC += $(addprefix tests/fuzz/,envelope.c item_headers.c \
           item_headers_reply.c item_proof.c item_receipt.c \
           item_receipt_reply.c item_refusal.c item_status.c item_transfer.c \
           item_transfer_reply.c)
