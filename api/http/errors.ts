import { z } from 'zod';
import { DomainError, ERROR_STATUS, isErrorCode, type ErrorCode } from '../../domain/errors.ts';

/** RFC 9457, with our stable code. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: ErrorCode;
  readonly requestId: string;
  readonly details?: unknown;
  readonly issues?: readonly { readonly path: string; readonly message: string }[];
}

export const PROBLEM_TYPE = 'application/problem+json';

/** Errors of the database, Redis and the network: the caller is told to come again, and nothing of the cause. */
const INFRASTRUCTURE = /^(ECONN|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|57P0|53|08|57014|40001|40P01)/;

const codeOf = (error: Error): string => ('code' in error && typeof error.code === 'string' ? error.code : '');

const isInfrastructure = (error: unknown): boolean =>
  error instanceof Error &&
  (INFRASTRUCTURE.test(codeOf(error)) ||
    error.name === 'KnexTimeoutError' ||
    /Connection terminated|timeout exceeded when trying to connect/.test(error.message));

/** Any error as the refusal that the caller sees. */
export function asRefusal(error: unknown): DomainError {
  if (error instanceof DomainError) return error;
  if (error instanceof z.ZodError) return asValidationRefusal(error);
  if (isInfrastructure(error))
    return new DomainError('service_unavailable', 'The service cannot answer right now. Send the same request again.');
  const status = (error as { status?: unknown }).status;
  if (status === 413) return new DomainError('payload_too_large', 'The body is too large.');
  if (status === 400) return new DomainError('malformed_body', 'The body is not valid JSON.');
  if (status === 415) return new DomainError('unsupported_media_type', 'The body must be JSON.');
  return new DomainError('internal_error', 'Something went wrong on our side. It has been reported.');
}

/** A field may say its own code; the first one that does decides. */
function asValidationRefusal(error: z.ZodError): DomainError {
  const issues = error.issues.map((issue) => ({ path: issue.path.join('.'), message: issue.message }));
  const own = error.issues
    .map((issue) => (issue.code === 'custom' ? issue.params?.['code'] : undefined))
    .find(isErrorCode);
  return new DomainError(own ?? 'validation_failed', issues[0]?.message ?? 'The request is not valid.', { issues });
}

export function toProblem(refusal: DomainError, requestId: string): Problem {
  const { issues, ...details } = { issues: undefined, ...refusal.details };
  return {
    type: `https://handsel.example/problems/${refusal.code}`,
    title: refusal.code.replaceAll('_', ' '),
    status: ERROR_STATUS[refusal.code],
    detail: refusal.message,
    code: refusal.code,
    requestId,
    ...(Object.keys(details).length > 0 ? { details } : {}),
    ...(issues === undefined ? {} : { issues }),
  };
}
