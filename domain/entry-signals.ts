/** What two entrants may have in common. Each is a hint, never a proof: several together ask for a person's decision. */

export type SignalKind = 'address' | 'device' | 'email' | 'social_account';

/** Mail providers that deliver `first.last` and `firstlast` to the same person. */
const DOTLESS = new Set(['gmail.com', 'googlemail.com']);

/** One spelling for all addresses that reach one mailbox: lower case, without a `+tag`, without dots where they do not count. */
export function normalEmail(email: string): string {
  const at = email.lastIndexOf('@');
  const domain = email.slice(at + 1).toLowerCase();
  const [mailbox = ''] = email.slice(0, at).toLowerCase().split('+');
  if (!DOTLESS.has(domain)) return `${mailbox}@${domain}`;
  return `${mailbox.replaceAll('.', '')}@gmail.com`;
}

/** An account at a social network as it is compared: without the `@`, in lower case. */
export const normalAccount = (account: string): string => account.trim().replace(/^@/, '').toLowerCase();

/** An answer as it is compared: case and spaces do not decide. */
export const normalAnswer = (answer: string): string =>
  answer.normalize('NFKC').trim().toLowerCase().replaceAll(/\s+/g, ' ');
