import { exactTime } from './durations.ts';
import { DomainError } from './errors.ts';

/** How one may enter a giveaway, as its host defines it. */

export const SOCIAL_KINDS = ['social_follow', 'social_share', 'social_comment', 'social_membership'] as const;
export type SocialKind = (typeof SOCIAL_KINDS)[number];
export const ENTRY_KINDS = [
  'direct',
  ...SOCIAL_KINDS,
  'email_confirmation',
  'referral',
  'secret_code',
  'question',
] as const;
export type EntryKind = (typeof ENTRY_KINDS)[number];
export const ENTRY_PERIODS = ['once', 'daily', 'per_referral'] as const;
export type EntryPeriod = (typeof ENTRY_PERIODS)[number];

export interface EntryMethod {
  /** Unique in its giveaway; entrants name it. */
  readonly name: string;
  readonly kind: EntryKind;
  /** Of each entry by it. */
  readonly weight: number;
  /** Who has not entered by it takes no part in the draw. */
  readonly required: boolean;
  readonly period: EntryPeriod;
  /** How many entries one participant may have by it. */
  readonly cap: number | null;
  /** What is to be followed, shared, commented or joined. */
  readonly target: string | null;
  /** The question, or where the code is found. */
  readonly prompt: string | null;
}

/** Of a giveaway whose host names none. */
export const DIRECT_METHOD: EntryMethod = {
  name: 'direct',
  kind: 'direct',
  weight: 1,
  required: true,
  period: 'once',
  cap: null,
  target: null,
  prompt: null,
};

export const isSocial = (kind: EntryKind): kind is SocialKind => (SOCIAL_KINDS as readonly string[]).includes(kind);

/** Whether entrants of this kind prove that they know something. */
export const asksForAnswer = (kind: EntryKind): boolean => kind === 'secret_code' || kind === 'question';

/**
 * Whether these methods make sense together.
 * @throws DomainError entry_methods_invalid, naming the first method that is wrong and why.
 */
export function requireEntryMethods(methods: readonly EntryMethod[], answered: ReadonlySet<string>): void {
  const wrong = (method: EntryMethod | undefined, problem: string): never => {
    throw new DomainError('entry_methods_invalid', problem, method ? { method: method.name } : {});
  };
  const names = new Set<string>();
  for (const method of methods) {
    if (names.has(method.name)) wrong(method, 'Two methods have the same name.');
    names.add(method.name);
    const problem = problemOf(method, answered.has(method.name));
    if (problem) wrong(method, problem);
  }
  if (methods.filter(({ kind }) => kind === 'referral').length > 1)
    wrong(undefined, 'There is at most one method of referral.');
  if (methods.every(({ kind }) => kind === 'referral'))
    wrong(undefined, 'Nobody could enter: a referral counts for somebody who takes part.');
}

function problemOf(method: EntryMethod, answered: boolean): string | undefined {
  const { kind, period, required, target, prompt } = method;
  if ((kind === 'referral') !== (period === 'per_referral'))
    return 'A referral counts per referral, and nothing else does.';
  if (kind === 'referral' && required) return 'A referral cannot be required: it depends on somebody else.';
  if (isSocial(kind) !== (target !== null)) return 'A social method has a target, and no other has one.';
  if (asksForAnswer(kind) !== answered) return 'A code and a question have an answer, and nothing else has one.';
  if (kind === 'question' && prompt === null) return 'A question has a prompt.';
  if (period === 'daily' && (asksForAnswer(kind) || kind === 'email_confirmation'))
    return 'What is proven once does not count daily.';
  return undefined;
}

export interface EligibilityRules {
  readonly minAgeYears?: number | undefined;
  /** ISO 3166-1, two letters. */
  readonly countries?: readonly string[] | undefined;
  /** How long an account must have existed at the entry. */
  readonly minAccountAgeMs?: number | undefined;
}

const KIND_TEXT: Readonly<Record<EntryKind, string>> = {
  direct: 'by entering',
  social_follow: 'by following',
  social_share: 'by sharing',
  social_comment: 'by commenting on',
  social_membership: 'as a member of',
  email_confirmation: 'by confirming an e-mail address',
  referral: 'for each new eligible participant who comes by one’s link',
  secret_code: 'with a secret code',
  question: 'by answering a question',
};
const PERIOD_TEXT: Readonly<Record<EntryPeriod, string>> = {
  once: 'once',
  daily: 'once a day (UTC)',
  per_referral: '',
};

/** The methods and conditions as lines of the official rules. */
export function entryRules(methods: readonly EntryMethod[], eligibility: EligibilityRules): string[] {
  const lines = methods.map((method) => {
    const parts = [
      `  ${method.name}: ${KIND_TEXT[method.kind]}`,
      method.target ?? '',
      PERIOD_TEXT[method.period],
      method.cap === null ? '' : `at most ${method.cap} times`,
    ];
    const what = parts.filter((part) => part !== '').join(' ');
    return `${what}; each entry weighs ${method.weight}${method.required ? '; required' : ''}.`;
  });
  return ['Ways to enter:', ...lines, ...conditions(eligibility)];
}

function conditions({ minAgeYears, countries, minAccountAgeMs }: EligibilityRules): string[] {
  return [
    ...(minAgeYears === undefined ? [] : [`Entrants are at least ${minAgeYears} years old.`]),
    ...(countries === undefined ? [] : [`Entrants live in: ${countries.join(', ')}.`]),
    ...(minAccountAgeMs === undefined
      ? []
      : [`An account is at least ${exactTime(minAccountAgeMs)} old when it enters.`]),
  ];
}
