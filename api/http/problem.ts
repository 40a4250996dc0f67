import { z } from 'zod';
import { ERROR_STATUS, type DomainError, type ErrorCode, type ErrorDetails } from '../../domain/errors.ts';
import { InvalidRequest } from './invalid-request.ts';

export const PROBLEM_TYPE = 'application/problem+json';

/** RFC 9457, with a stable code, the id of the request, and what is wrong with each field. */
export const problemSchema = z.object({
  type: z.string().meta({ description: 'Where the code is listed.', examples: ['/docs#wallet_insufficient_funds'] }),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  code: z.enum(Object.keys(ERROR_STATUS) as [ErrorCode, ...ErrorCode[]]),
  instance: z.string().meta({ description: 'The path that was asked for.' }),
  requestId: z.string(),
  issues: z.array(z.object({ path: z.string(), message: z.string(), code: z.string() })).optional(),
  details: z.record(z.string(), z.unknown()).optional(),
});

export type Problem = z.output<typeof problemSchema>;

export interface Occurrence {
  /** The path of the request. */
  readonly path: string;
  readonly requestId: string;
}

/** What the caller may know of a refusal: of our own trouble, nothing but that it is there. */
export function toProblem(refusal: DomainError, { path, requestId }: Occurrence): Problem {
  const code = ERROR_STATUS[refusal.code] === 500 ? 'internal_error' : refusal.code;
  const ours = OUR_TROUBLE[code];
  return {
    type: `/docs#${code}`,
    title: code.replaceAll('_', ' '),
    status: ERROR_STATUS[code],
    detail: ours ?? refusal.message,
    code,
    instance: path,
    requestId,
    ...(refusal instanceof InvalidRequest ? { issues: [...refusal.issues] } : {}),
    ...(refusal.details && !ours ? { details: presentable(refusal.details) } : {}),
  };
}

const OUR_TROUBLE: Readonly<Partial<Record<ErrorCode, string>>> = {
  internal_error: 'Something went wrong on our side. It has been reported under the id of this request.',
  service_unavailable: 'The service cannot answer right now. Send the same request again.',
};

const presentable = (details: ErrorDetails): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(details).map(([name, value]) => [name, typeof value === 'bigint' ? value.toString() : value]),
  );
