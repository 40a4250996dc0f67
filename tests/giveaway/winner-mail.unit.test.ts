import { describe, expect, it } from 'vitest';
import { winnerMail, type WinnerMail } from '../../domain/mails.ts';

const MAIL: WinnerMail = {
  title: 'Spring',
  prize: 'airtime of 10.00 USD',
  claimUrl: 'https://handsel.example/claim#token',
  claimWindowMs: 3_600_000 * 24 * 7,
  mustClaim: false,
  isForPhone: true,
};

describe('the mail to a winner', () => {
  it('asks whoever has airtime already for a phone, and nobody else', () => {
    const { text } = winnerMail(MAIL);
    expect(text).toContain(`Say which phone is to be topped up`);
    expect(text).toContain(MAIL.claimUrl);
    expect(text).not.toContain('need not do anything');
    expect(winnerMail({ ...MAIL, isForPhone: false }).text).toContain('You need not do anything');
  });

  it('says until when a prize has to be claimed, also where it is for a phone', () => {
    const { subject, text } = winnerMail({ ...MAIL, mustClaim: true });
    expect(subject).toBe('You have won: Spring');
    expect(text).toContain('Claim it within 7 days');
    expect(text).not.toContain('It is yours');
  });
});
