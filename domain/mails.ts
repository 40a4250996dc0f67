/** What people are told by mail, as plain text. */

export interface WinnerMail {
  readonly title: string;
  /** As people write it; null when the prize is described in the giveaway. */
  readonly prize: string | null;
  readonly claimUrl: string;
  readonly claimWindowMs: number;
  /** Otherwise it is theirs already. */
  readonly mustClaim: boolean;
  /** Of airtime, which waits for a number. */
  readonly isForPhone: boolean;
}

export interface MailText {
  readonly subject: string;
  readonly text: string;
}

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;

/** The unit in which a time is easiest to read, rounded down: nobody is promised more than there is. */
export function readableTime(ms: number): string {
  const [count, unit] =
    ms >= 48 * HOUR_MS
      ? [Math.floor(ms / (24 * HOUR_MS)), 'day']
      : ms >= 2 * HOUR_MS
        ? [Math.floor(ms / HOUR_MS), 'hour']
        : ms >= 2 * MINUTE_MS
          ? [Math.floor(ms / MINUTE_MS), 'minute']
          : [Math.floor(ms / 1_000), 'second'];
  return `${count} ${unit}${count === 1 ? '' : 's'}`;
}

/** What a host has written, as one line: in a subject, and wherever it must not look like more. */
export const oneLine = (text: string): string => text.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').trim();

export function winnerMail({ title, prize, claimUrl, claimWindowMs, mustClaim, isForPhone }: WinnerMail): MailText {
  const name = oneLine(title);
  const what = prize === null ? 'a prize' : prize;
  return {
    subject: `You have won: ${name}`,
    text: [
      `You have won ${what} in the giveaway “${name}”.`,
      '',
      ...(mustClaim
        ? [
            `Claim it within ${readableTime(claimWindowMs)}, or say that you do not want it:`,
            claimUrl,
            '',
            'After that time it goes to the next in the ranking. The link is yours alone: whoever has it can claim or decline in your name.',
          ]
        : [
            isForPhone
              ? 'It is yours. Say which phone is to be topped up; whoever has this link can say so in your name:'
              : 'You need not do anything: you find it in your account.',
            claimUrl,
          ]),
      '',
      'Nobody will ever ask you to pay for a prize.',
      '',
    ].join('\n'),
  };
}

export const rulesChangedMail = ({ title, rulesUrl }: { title: string; rulesUrl: string }): MailText => ({
  subject: `The rules have changed: ${oneLine(title)}`,
  text: [
    `The host has changed the rules of the giveaway “${oneLine(title)}”, in which you take part.`,
    'Nothing that was promised to you is taken away. What has changed, and every earlier version:',
    rulesUrl,
    '',
  ].join('\n'),
});

export const prizeShippedMail = ({ title, awardUrl }: { title: string; awardUrl: string }): MailText => ({
  subject: `Your prize is on its way: ${oneLine(title)}`,
  text: [
    `Your prize of the giveaway “${oneLine(title)}” has been sent.`,
    'Where it is, you see here:',
    awardUrl,
    '',
  ].join('\n'),
});
