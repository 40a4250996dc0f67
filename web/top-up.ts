import { element } from './page.ts';

/** The part of the claim page that asks for the phone that won airtime goes to. The number goes to giftcard-api and nowhere else. */

/** With what the page may say it, and where. */
export interface TopUpGrant {
  readonly url: string;
  readonly grant: string;
}

interface TopUp {
  readonly state: string;
  readonly phoneEnding: string | null;
}

/** What the page shows of it. */
export interface TopUpView {
  readonly text: string;
  readonly good: boolean;
  /** Whether a number is asked for. */
  readonly asks: boolean;
  /** Whether it changes by itself, soon. */
  readonly passing: boolean;
}

export type Said<T> = { readonly said: T } | { readonly problem: string; readonly again: boolean };

/** Refusals that are about what was typed. */
const OF_THE_NUMBER = new Set([
  'phone_invalid',
  'airtime_operator_unknown',
  'airtime_operator_not_served',
  'validation_failed',
]);
const UNREACHABLE = 'We could not be reached. Try again in a moment.';
/** Digits with what people write between them; the country is said by the plus. */
const LIKE_A_NUMBER = /^\+[\d\s().\-/]{6,30}$/;
const NOT_A_NUMBER = 'Phone number: begin with + and the country, as in +1 202 555 0123.';
const ASKED = { text: 'It is yours. Say which phone is to be topped up.', good: true, asks: true, passing: false };
const UNDER_WAY = { text: 'Your phone is being topped up.', good: true, asks: false, passing: true };
const VIEWS: Readonly<Record<string, TopUpView>> = {
  DELIVERED: { text: 'Your phone has been topped up.', good: true, asks: false, passing: false },
  FAILED_DEFINITE: {
    ...ASKED,
    good: false,
    text: 'That phone could not be topped up. Nothing is lost: try another number.',
  },
  REVERSED: {
    ...ASKED,
    good: false,
    text: 'The operator took the airtime back. Say once more which phone is to be topped up.',
  },
  NEEDS_ATTENTION: {
    ...UNDER_WAY,
    text: 'Your phone is being topped up. It takes longer than usual: we look into it.',
    passing: false,
  },
};

/** One wish for each number, however often it is sent. */
const keys = new Map<string, string>();
const field = (): HTMLInputElement => element<HTMLInputElement>('phone-number');

export const topUpForm = (): HTMLFormElement => element<HTMLFormElement>('phone');

/** What was typed, where it is like a number; else says what is wrong, at the field. */
export function typedNumber(): string | undefined {
  const text = field().value.trim();
  if (LIKE_A_NUMBER.test(text)) return text;
  markNumber(NOT_A_NUMBER);
  return undefined;
}

/** @param problem with the number; undefined where there is none. */
export function markNumber(problem?: string): void {
  field().setAttribute('aria-invalid', String(problem !== undefined));
  element('problem').textContent = problem ?? '';
  if (problem !== undefined) field().focus();
}

/** How far it has come. */
export async function readTopUp(grant: TopUpGrant): Promise<Said<TopUpView>> {
  const answer = await ask<{ topUp: TopUp | null }>('/read', grant, {});
  return 'said' in answer ? { said: viewOf(answer.said.topUp) } : answer;
}

/** Whether the number can be topped up. @returns why not, marked at the field; undefined where it can be. */
export const checkNumber = async (grant: TopUpGrant, phone: string): Promise<Said<unknown>> =>
  ask('/check', grant, { phone });

export async function sendTopUp(grant: TopUpGrant, phone: string): Promise<Said<unknown>> {
  const key = keys.get(phone) ?? crypto.randomUUID();
  keys.set(phone, key);
  const answer = await ask('', grant, { phone }, key);
  // Refused, or sent: another attempt with the same number is another wish.
  if ('said' in answer || !answer.again) keys.delete(phone);
  return answer;
}

function viewOf(topUp: TopUp | null): TopUpView {
  if (topUp === null) return ASKED;
  const view = VIEWS[topUp.state] ?? UNDER_WAY;
  if (view.asks || topUp.phoneEnding === null) return view;
  return { ...view, text: `${view.text} Its number ends in ${topUp.phoneEnding}.` };
}

interface Problem {
  readonly code?: string;
  readonly detail?: string;
}

async function ask<T>(at: string, { url, grant }: TopUpGrant, body: object, key?: string): Promise<Said<T>> {
  try {
    const response = await fetch(`${url}${at}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(key === undefined ? {} : { 'idempotency-key': key }) },
      body: JSON.stringify({ grant, ...body }),
    });
    const answer = (await response.json()) as T & Problem;
    if (response.ok) return { said: answer };
    const problem = answer.detail ?? UNREACHABLE;
    if (!OF_THE_NUMBER.has(answer.code ?? '')) return { problem, again: response.status >= 500 };
    markNumber(`Phone number: ${problem}`);
    return { problem: '', again: false };
  } catch {
    return { problem: UNREACHABLE, again: true };
  }
}
