import { DomainError } from '../../domain/errors.ts';
import { isUnavailable } from './unavailable.ts';

/** Everything that can be thrown, as the refusal that its caller is told; what was thrown is its cause. */
export function asRefusal(error: unknown): DomainError {
  if (error instanceof DomainError) return error;
  return fromKoa(error) ?? because(error, isUnavailable(error) ? 'service_unavailable' : 'internal_error');
}

const because = (cause: unknown, code: 'service_unavailable' | 'internal_error'): DomainError =>
  Object.assign(new DomainError(code, code), { cause });

/** The errors of the body parser and of Koa carry a status: these are the caller's doing. */
function fromKoa(error: unknown): DomainError | undefined {
  switch (error instanceof Error && 'status' in error ? error.status : undefined) {
    case 400:
      return new DomainError('malformed_body', 'The body is not valid JSON.');
    case 413:
      return new DomainError('payload_too_large', 'The body is larger than 100 kB.');
    case 415:
      return new DomainError('unsupported_media_type', 'Send the body as application/json.');
    default:
      return undefined;
  }
}
