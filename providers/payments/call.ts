import { PaymentsMisuse, type PaymentOutcome } from './port.ts';

export interface ProviderConnection {
  readonly baseUrl: string;
  readonly apiKey: string;
  readonly timeoutMs: number;
  /** For how long the provider recognises a repeated idempotency key. */
  readonly keyWindowMs: number;
}

export interface ProviderCall {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export type Unknown = Extract<PaymentOutcome, { kind: 'unknown' }>;

/** An answer whose body is JSON, or nothing that can be relied on. */
export type ProviderAnswer =
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly body: unknown;
      /** When it answered, by its own clock. */
      readonly now: number;
    }
  | Unknown;

/** One call. A time-out, a broken connection, a 5xx, a 429 and what is not JSON say nothing of what has happened. */
export async function callProvider(connection: ProviderConnection, call: ProviderCall): Promise<ProviderAnswer> {
  try {
    const response = await request(connection, call);
    const { status } = response;
    if (status === 429 || status >= 500) {
      await response.body?.cancel();
      return { kind: 'unknown', cause: `http_${status}`, ...retryAfterOf(response) };
    }
    const now = Date.parse(response.headers.get('date') ?? '');
    return { kind: 'answer', status, body: await response.json(), now };
  } catch (error) {
    return { kind: 'unknown', cause: error instanceof Error ? error.name : 'request_failed' };
  }
}

export const request = (
  { baseUrl, apiKey, timeoutMs }: ProviderConnection,
  { method, path, headers, body }: ProviderCall,
): Promise<Response> =>
  // The path is appended: a provider's API need not lie at the root of its host.
  fetch(`${baseUrl.replace(/\/$/, '')}${path}`, {
    method,
    headers: { authorization: `Bearer ${apiKey}`, ...headers },
    ...(body === undefined ? {} : { body }),
    signal: AbortSignal.timeout(timeoutMs),
  });

const LONGEST_RETRY_AFTER_MS = 3_600_000;

/** Seconds or a date. */
function retryAfterOf(response: Response): { readonly retryAfterMs?: number } {
  const text = response.headers.get('retry-after');
  if (!text) return {};
  const waitMs = /^\d+$/.test(text) ? Number(text) * 1_000 : Date.parse(text) - Date.now();
  return waitMs > 0 ? { retryAfterMs: Math.min(waitMs, LONGEST_RETRY_AFTER_MS) } : {};
}

/** These say that we called wrongly: it is for us to mend, and no word on the payment. */
const MISUSED = new Set([401, 403, 404, 405]);

/** @throws PaymentsMisuse for a status that means a mistake of ours. */
export function requireProperUse(status: number, detail: string): void {
  if (MISUSED.has(status)) throw new PaymentsMisuse(`The provider answered ${status} ${detail}`);
}

export const malformed = (status: number): Unknown => ({ kind: 'unknown', cause: `malformed answer (${status})` });
