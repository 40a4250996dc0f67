import { z } from 'zod';
import {
  enterGiveawayOnce,
  type AcceptedEntry,
  type EnteredOnce,
  type EntrantSignal,
  type EntryRequest,
  type KeptUnderKey,
  type NewEntry,
} from '../../db/giveaway/enter-giveaway.ts';
import { onceAnswered, type OnceAnswered, type Standing } from '../../db/idempotency/answer-once.ts';
import { findEntrant, type Entrant } from '../../db/identity/users.ts';
import type { Cause } from '../../domain/cause.ts';
import { toHex } from '../../domain/draw/bytes.ts';
import { participantCommitment } from '../../domain/draw/entry.ts';
import { normalAccount, normalEmail } from '../../domain/entry-signals.ts';
import { nameUuid } from '../../domain/ids.ts';
import type { Role } from '../../domain/roles.ts';
import { randomSecret, sha1 } from '../../runtime/crypto.ts';
import { drawCrypto } from '../../runtime/draw-crypto.ts';
import type { EntryHashes } from '../../runtime/entry-hashes.ts';
import { uuid } from '../http/amounts.ts';
import { defineRoute, type Route } from '../http/define-route.ts';
import type { GiveawayApi } from './dependencies.ts';
import { receiptFor } from './entry-receipt.ts';

const SALT_BYTES = 32;
const STAFF: readonly Role[] = ['finance', 'ops', 'admin'];

const entryBody = z.object({
  /** One of the giveaway's `entryMethods`. */
  method: z.string().max(40).default('direct'),
  /** At the social network. */
  account: z.string().trim().min(1).max(100).optional(),
  /** The secret code, or the answer to the question. */
  answer: z.string().max(200).optional(),
  /** What was sent to one's e-mail address. */
  token: z.string().max(100).optional(),
  /** Of whoever led here; counts with one's first entry. */
  referralCode: z.string().max(40).optional(),
  /** What the client knows the device by. */
  deviceId: z.string().min(1).max(200).optional(),
});

/** Where entries are kept. */
export interface EntryStore {
  /** What is known of whoever enters. */
  readonly findEntrant: (userId: string) => Promise<Entrant | undefined>;
  readonly enterOnce: (request: EntryRequest, entry: NewEntry, cause: Cause) => Promise<EnteredOnce | KeptUnderKey>;
}

/** One transaction; the signed receipt lets the participant prove that the entry is in the draw, or was left out. */
export const enterGiveawayRoute = ({
  db,
  signer,
  entryHashes,
}: Pick<GiveawayApi, 'db' | 'signer' | 'entryHashes'>): Route =>
  entryRoute({
    findEntrant: (userId) => findEntrant(db, userId),
    enterOnce: (request, entry, cause) => enterGiveawayOnce(db, request, entry, cause),
    signer,
    entryHashes,
  });

/** The same around another store. */
export const entryRoute = ({
  findEntrant: find,
  enterOnce,
  signer,
  entryHashes,
}: EntryStore & Pick<GiveawayApi, 'signer' | 'entryHashes'>): Route =>
  defineRoute({
    method: 'post',
    path: '/v1/giveaways/{giveawayId}/entries',
    summary: 'Enter, by one of the methods of the giveaway',
    auth: 'giveaway.enter',
    idempotent: 'command',
    present: (entry: AcceptedEntry) => ({ entryId: entry.id, receipt: receiptFor(entry, signer) }),
    secretMembers: ['token'],
    params: z.object({ giveawayId: uuid }),
    body: entryBody,
    responses: { 201: { description: 'Entered, with a signed receipt' } },
    handler: async ({ params, body, principal, clientAddress, resourceId, actor, requestId }) => {
      const entrant = await find(principal.userId);
      const asked = { giveawayId: params.giveawayId, participantId: principal.userId, address: clientAddress, entrant };
      const id = nameUuid(sha1, 'entry', resourceId);
      const entry = { id, ...toEntry(asked, body, entryHashes) };
      return {
        once: async (request) => answered(await enterOnce(request, entry, { actor, requestId })),
      };
    },
  });

const answered = (entered: EnteredOnce | KeptUnderKey): OnceAnswered =>
  'standing' in entered
    ? onceAnswered(entered.standing as Standing)
    : {
        kind: 'answered',
        answer: { status: 201, headers: {}, response: entered.answer, ofCommand: true },
        fresh: entered.fresh ?? false,
      };

interface Asked {
  readonly giveawayId: string;
  readonly participantId: string;
  readonly address: string;
  readonly entrant: Entrant | undefined;
}

function toEntry(asked: Asked, body: z.output<typeof entryBody>, hashes: EntryHashes): Omit<NewEntry, 'id'> {
  const { giveawayId, participantId, entrant } = asked;
  const { method, account, answer, token, referralCode } = body;
  const salt = toHex(randomSecret(SALT_BYTES));
  return {
    giveawayId,
    participantId,
    method,
    salt,
    commitment: participantCommitment(drawCrypto, { giveawayId, participantId, salt }),
    account,
    answerHashes: answer === undefined ? undefined : hashes.answers(giveawayId, method, answer),
    emailConfirmed:
      token !== undefined &&
      entrant !== undefined &&
      hashes.isEmailToken(token, giveawayId, method, participantId, entrant.email),
    referralCode,
    facts: {
      birthDate: entrant?.birthDate ?? undefined,
      country: entrant?.country ?? undefined,
      registeredAt: entrant?.registeredAt.toISOString(),
      staff: entrant?.roles.some((role) => STAFF.includes(role)),
    },
    signals: signalsOf(asked, body, hashes),
  };
}

function signalsOf(
  { giveawayId, address, entrant }: Asked,
  { account, deviceId }: z.output<typeof entryBody>,
  hashes: EntryHashes,
): EntrantSignal[] {
  const values = [
    ['address', address],
    ['device', deviceId],
    ['email', entrant && normalEmail(entrant.email)],
    ['social_account', account && normalAccount(account)],
  ] as const;
  return values.flatMap(([kind, value]) =>
    value === undefined ? [] : [{ kind, hash: hashes.signal(giveawayId, kind, value) }],
  );
}
