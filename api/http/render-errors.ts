import type { Next } from 'koa';
import { DomainError, ERROR_STATUS } from '../../domain/errors.ts';
import { reportError } from '../../runtime/report-error.ts';
import type { AppContext } from './app-state.ts';
import { asRefusal } from './errors.ts';
import { PROBLEM_TYPE, toProblem } from './problem.ts';
import { problemPage } from './problem-page.ts';

/** How soon a caller may come again when nothing better is known. */
const RETRY_AFTER_SECONDS = 1;
const COME_AGAIN = new Set([
  'rate_limited',
  'idempotency_in_flight',
  'service_unavailable',
  'payment_unknown',
  'instant_win_busy',
]);

/** Renders whatever is thrown, and whatever nobody answers, as a problem document. */
export async function renderErrors(context: AppContext, next: Next): Promise<void> {
  try {
    await next();
    refuseUnanswered(context);
  } catch (error) {
    const refusal = asRefusal(error);
    const { log, requestId, route } = context.state;
    if (ERROR_STATUS[refusal.code] >= 500) {
      const where = `${context.method} ${route ?? 'none'}`;
      reportError(log, refusal.cause ?? error, { where, requestId });
    }
    renderProblem(context, refusal);
  }
}

function renderProblem(context: AppContext, refusal: DomainError): void {
  const problem = toProblem(refusal, { path: context.path, requestId: context.state.requestId });
  if (COME_AGAIN.has(problem.code)) context.set('retry-after', retryAfter(refusal));
  if (problem.status === 401) context.set('www-authenticate', challenge(problem.code));
  context.status = problem.status;
  // Who opens an address in a browser asks for a page; whoever takes anything gets the document.
  const asksForPage = context.accepts('json', 'html') === 'html';
  context.vary('accept');
  context.body = asksForPage ? problemPage(problem) : problem;
  context.type = asksForPage ? 'text/html' : PROBLEM_TYPE;
}

function retryAfter({ details }: DomainError): string {
  const seconds = Math.ceil(Number(details?.['retryAfterMs'] ?? 0) / 1_000);
  return String(Math.max(seconds, RETRY_AFTER_SECONDS));
}

/** RFC 6750: what is wrong with a token that was sent; nothing where there was none. */
const challenge = (code: string): string =>
  code.startsWith('token_') ? `Bearer realm="handsel", error="invalid_token"` : 'Bearer realm="handsel"';

/** The router leaves 404, 405 and 501 (with `Allow`) where no route took the request. */
function refuseUnanswered({ status, body, method }: AppContext): void {
  if (body !== undefined && body !== null) return;
  if (status === 404) throw new DomainError('not_found', 'There is nothing here.');
  if (status === 405 || status === 501) throw new DomainError('method_not_allowed', `${method} is not allowed here.`);
}
