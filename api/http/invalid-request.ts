import type { z } from 'zod';
import { DomainError, isErrorCode } from '../../domain/errors.ts';

export interface Issue {
  /** Where in the request: `body.amountMinor`, `query.limit`, `params.id`. */
  readonly path: string;
  readonly message: string;
  /** A code of ours, or the kind of the mismatch. */
  readonly code: string;
}

/** A request that does not fit its schema: every field that is wrong; the first code of ours among them decides. */
export class InvalidRequest extends DomainError {
  readonly issues: readonly Issue[];

  constructor(issues: readonly Issue[]) {
    const decisive = issues.find(({ code }) => isErrorCode(code)) ?? issues[0];
    const code = isErrorCode(decisive?.code) ? decisive.code : 'validation_failed';
    super(code, decisive ? `${decisive.path}: ${decisive.message}` : 'The request is not valid.');
    this.issues = issues;
  }
}

export type Parts = Readonly<Record<'params' | 'query' | 'body', unknown>>;
export type PartSchemas = { readonly [K in keyof Parts]: z.ZodType | undefined };

/** @throws InvalidRequest naming every field of every part that is wrong. */
export function parseParts(schemas: PartSchemas, values: Parts): Parts {
  const results = (['params', 'query', 'body'] as const).map((part) => {
    const result = schemas[part]?.safeParse(values[part]);
    return { part, data: result?.data, issues: result?.error?.issues.map((issue) => toIssue(part, issue)) ?? [] };
  });
  const issues = results.flatMap((result) => result.issues);
  if (issues.length > 0) throw new InvalidRequest(issues);
  return Object.fromEntries(results.map(({ part, data }) => [part, data])) as Record<keyof Parts, unknown>;
}

function toIssue(part: keyof Parts, issue: z.core.$ZodIssue): Issue {
  const own = issue.code === 'custom' ? issue.params?.['code'] : undefined;
  return {
    path: [part, ...issue.path.map(String)].join('.'),
    message: issue.message,
    code: isErrorCode(own) ? own : issue.code,
  };
}
