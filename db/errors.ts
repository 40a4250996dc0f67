import { DomainError, isErrorCode, type ErrorCode } from '../domain/errors.ts';

/** What the database refuses by itself, and what that means to a caller. */
const CONSTRAINT_CODES: Readonly<Record<string, ErrorCode>> = {
  ledger_accounts_non_negative: 'ledger_insufficient_balance',
  giveaway_entries_once: 'entry_duplicate',
};

/** Raised by our own SQL with the error code as the message. */
const REFUSED = 'HS001';

interface DatabaseError {
  readonly code: string;
  readonly constraint?: string;
  readonly message: string;
  readonly detail?: string;
}

const isDatabaseError = (error: unknown): error is DatabaseError =>
  error instanceof Error && typeof (error as { code?: unknown }).code === 'string';

/** A refusal of the database as the refusal it means; anything else comes back as it was. */
export function asDomainError(error: unknown): unknown {
  if (!isDatabaseError(error)) return error;
  if (error.code === REFUSED) {
    const code = /[a-z_]+$/.exec(error.message)?.[0];
    if (isErrorCode(code))
      return new DomainError(code, sentence(code), error.detail ? { on: error.detail } : undefined);
  }
  const code = CONSTRAINT_CODES[error.constraint ?? ''];
  return code ? new DomainError(code, sentence(code)) : error;
}

const sentence = (code: ErrorCode): string => `${code.replaceAll('_', ' ').replace(/^./, (c) => c.toUpperCase())}.`;
