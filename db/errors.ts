import { DomainError, isErrorCode, type ErrorCode, type ErrorDetails } from '../domain/errors.ts';

/** What the database refuses by itself, and what that means to a caller. */
const CONSTRAINT_CODES: Readonly<Record<string, ErrorCode>> = {
  ledger_accounts_non_negative: 'ledger_insufficient_balance',
  giveaway_entries_once: 'entry_duplicate',
};

/** Raised by `refuse` (ledger/refuse.sql): the code as message, a sentence as hint, facts as JSON in the detail. */
const REFUSED = 'HS001';

interface DatabaseError {
  readonly code: string;
  readonly constraint?: string;
  readonly message: string;
  readonly hint?: string;
  readonly detail?: string;
}

const isDatabaseError = (error: unknown): error is DatabaseError =>
  error instanceof Error && typeof (error as { code?: unknown }).code === 'string';

/** A refusal of the database as the refusal it means; anything else comes back as it was. */
export function asDomainError(error: unknown): unknown {
  if (!isDatabaseError(error)) return error;
  if (error.code === REFUSED) {
    const code = /[a-z_]+$/.exec(error.message)?.[0];
    if (isErrorCode(code)) return new DomainError(code, error.hint ?? sentence(code), facts(error.detail));
  }
  const code = CONSTRAINT_CODES[error.constraint ?? ''];
  return code ? new DomainError(code, sentence(code)) : error;
}

function facts(detail: string | undefined): ErrorDetails | undefined {
  const parsed = detail ? (JSON.parse(detail) as ErrorDetails) : {};
  return Object.keys(parsed).length > 0 ? parsed : undefined;
}

const sentence = (code: ErrorCode): string => `${code.replaceAll('_', ' ').replace(/^./, (c) => c.toUpperCase())}.`;
