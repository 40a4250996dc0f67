/** What came of a workflow that somebody waits for; undefined until then. Also a workflow that has ended tells it. */
export const ANSWER = 'answer';

export type Answered =
  | { readonly value: unknown }
  | { readonly refusal: { readonly code: string; readonly message: string; readonly details: unknown } };
