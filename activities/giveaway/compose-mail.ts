import type { DueNotification } from '../../db/giveaway/notify-winners.ts';
import { oneLine, prizeShippedMail, rulesChangedMail, winnerMail, type MailText } from '../../domain/mails.ts';
import { readableAmount } from '../../domain/money.ts';
import type { ClaimLinks } from '../../runtime/claim-links.ts';

/** A link outlives the window, whose end nobody knows yet: by the window the database decides. */
const LINK_OUTLIVES_WINDOW_MS = 4 * 24 * 3_600_000;

export interface Composing {
  readonly links: ClaimLinks;
  readonly publicUrl: string;
}

/** The text of a notification. The link's token stands behind `#`: browsers keep it to themselves. */
export function composeMail({ links, publicUrl }: Composing, one: DueNotification): MailText {
  const { awardId, title, giveawayId, claimWindowMs, userId } = one;
  if (one.kind === 'rules_changed')
    return rulesChangedMail({ title, rulesUrl: `${publicUrl}/v1/giveaways/${giveawayId}/rules` });
  if (awardId === null) throw new Error(`Notification ${one.id} names no award`);
  const expiresAt = new Date(Date.now() + claimWindowMs + LINK_OUTLIVES_WINDOW_MS);
  const url = `${publicUrl}/claim#${links.make({ awardId, participantId: userId, expiresAt })}`;
  if (one.kind === 'prize_shipped') return prizeShippedMail({ title, awardUrl: url });
  const prize = prizeOf(one);
  const [mustClaim, isForPhone] = [one.claims === 'required', one.prizeKind === 'airtime'];
  return winnerMail({ title, prize, claimUrl: url, claimWindowMs, mustClaim, isForPhone });
}

function prizeOf({ prize, currency, prizeKind, prizeName }: DueNotification): string | null {
  if (prizeKind === 'physical' && prizeName !== null) return `“${oneLine(prizeName)}”`;
  if (prize === null || currency === null) return null;
  const amount = readableAmount(BigInt(prize), currency);
  return prizeKind === 'airtime' ? `airtime of ${amount}` : `a gift card of ${amount}`;
}
