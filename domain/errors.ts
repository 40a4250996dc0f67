/**
 * The one table of refusals: stable code → HTTP status. A code is part of the API and is never renamed.
 * Whoever adds a refusal adds its row here; everything else (problem documents, workflow failures, docs) reads it.
 */
export const ERROR_STATUS = {
  // requests
  validation_failed: 400,
  malformed_body: 400,
  amount_invalid: 422,
  amount_not_positive: 422,
  amount_too_large: 422,
  currency_mismatch: 422,
  currency_unsupported: 422,
  not_found: 404,
  method_not_allowed: 405,
  payload_too_large: 413,
  unsupported_media_type: 415,
  rate_limited: 429,
  request_expired: 409,
  idempotency_key_missing: 400,
  idempotency_key_invalid: 400,
  idempotency_key_reused: 422,
  idempotency_in_flight: 409,
  // identity
  unauthenticated: 401,
  token_expired: 401,
  token_invalid: 401,
  credentials_invalid: 401,
  refresh_token_reused: 401,
  forbidden: 403,
  email_taken: 409,
  birth_date_fixed: 409,
  role_not_self_assignable: 403,
  api_key_invalid: 401,
  api_key_not_found: 404,
  // ledger
  ledger_transfer_conflict: 409,
  ledger_account_unknown: 500,
  ledger_insufficient_balance: 422,
  ledger_transfer_voided: 409,
  ledger_transfer_already_resolved: 409,
  ledger_transfer_already_reversed: 409,
  ledger_transfer_unknown: 404,
  ledger_transfer_not_posted: 409,
  ledger_transfer_not_reversible: 409,
  ledger_account_not_found: 404,
  // wallet
  wallet_insufficient_funds: 422,
  wallet_funds_not_yet_spendable: 409,
  wallet_not_found: 404,
  wallet_frozen: 409,
  wallet_dispute_open: 409,
  payout_account_missing: 409,
  withdrawal_too_small: 422,
  withdrawal_not_found: 404,
  dispute_not_found: 404,
  funding_not_credited: 409,
  funding_declined: 422,
  funding_not_found: 404,
  // giveaway
  giveaway_not_found: 404,
  giveaway_not_draft: 409,
  giveaway_not_open: 409,
  giveaway_closed: 409,
  giveaway_not_cancellable: 409,
  giveaway_deadline_past: 422,
  giveaway_deadline_too_far: 422,
  publish_cancelled: 409,
  giveaway_prizes_missing: 422,
  entry_duplicate: 409,
  entry_host_excluded: 403,
  entry_not_found: 404,
  entry_methods_invalid: 422,
  entry_method_not_found: 404,
  entry_staff_excluded: 403,
  entry_excluded: 403,
  entry_profile_incomplete: 403,
  entry_too_young: 403,
  entry_country_excluded: 403,
  entry_account_too_new: 403,
  entry_proof_missing: 422,
  entry_answer_wrong: 422,
  entry_attempts_exhausted: 409,
  entry_cap_reached: 409,
  entry_referral_unknown: 404,
  entry_not_verifiable: 409,
  review_not_found: 404,
  review_decided: 409,
  disqualification_not_possible: 409,
  award_not_found: 404,
  award_not_yours: 403,
  award_not_claimable: 409,
  award_claim_expired: 409,
  draw_not_found: 404,
  // gift cards
  merchant_not_found: 404,
  merchant_exists: 409,
  rate_effective_in_past: 422,
  catalogue_item_not_found: 404,
  catalogue_item_expired: 409,
  catalogue_amount_not_offered: 422,
  catalogue_currency_mismatch: 422,
  settlement_leaves_nothing: 422,
  card_order_not_found: 404,
  card_order_not_issued: 409,
  order_cancelled: 409,
  card_not_found: 404,
  card_not_yours: 403,
  card_wrong_merchant: 403,
  card_expired: 409,
  card_already_redeemed: 409,
  card_not_redeemable: 409,
  card_not_assignable: 409,
  card_already_assigned: 409,
  card_frozen: 409,
  authorisation_not_found: 404,
  authorisation_confirmed: 409,
  authorisation_voided: 409,
  authorisation_expired: 409,
  card_over_redemption: 422,
  card_code_invalid: 404,
  escrow_reservation_voided: 409,
  escrow_reservation_conflict: 409,
  escrow_not_found: 404,
  redemption_not_found: 404,
  refund_not_found: 404,
  refund_exceeds_redemption: 422,
  refund_pull_back_open: 409,
  second_person_missing: 409,
  settlement_not_found: 404,
  // finance
  case_changed: 409,
  case_not_open: 409,
  settlement_not_parked: 409,
  settlement_intent_open: 409,
  bulk_retry_not_found: 404,
  bulk_retry_done: 409,
  adjustment_not_found: 404,
  adjustment_decided: 409,
  audit_run_not_found: 404,
  halt_not_found: 404,
  halt_still_broken: 409,
  finding_not_found: 404,
  // providers
  webhook_signature_invalid: 401,
  webhook_timestamp_skewed: 401,
  payment_refused: 422,
  payment_unknown: 503,
  // infrastructure
  service_unavailable: 503,
  internal_error: 500,
} as const;

export type ErrorCode = keyof typeof ERROR_STATUS;

export type ErrorDetails = Readonly<Record<string, unknown>>;

/** A refusal by a rule of the business: expected, final for these inputs, safe to show to the caller. */
export class DomainError extends Error {
  readonly code: ErrorCode;
  readonly details: ErrorDetails | undefined;

  constructor(code: ErrorCode, message: string, details?: ErrorDetails) {
    super(message);
    this.name = 'DomainError';
    this.code = code;
    this.details = details;
  }
}

export const isErrorCode = (value: unknown): value is ErrorCode => typeof value === 'string' && value in ERROR_STATUS;
