import { describe, expect, it } from 'vitest';
import { participantCommitment } from '../../../domain/draw/entry.ts';
import { hashSecret } from '../../../domain/draw/randomness.ts';
import type { Proof } from '../../../domain/proof/proof.ts';
import type { ReceiptBody } from '../../../domain/proof/receipt.ts';
import { drawCrypto } from '../../../runtime/draw-crypto.ts';
import {
  GIVEAWAY,
  hashOf,
  KEY_ID,
  makeEntries,
  makeProof,
  publicKey,
  receiptInProof,
  signReceipt,
} from './build-draw.ts';
import { readVector } from './read-vector.ts';

const salt = hashOf('salt');
const participant = participantCommitment(drawCrypto, { giveawayId: GIVEAWAY, participantId: 'ada', salt });
const entries = makeEntries([3, 0, 4]).map((entry) => ({ ...entry, participant }));
const proof = makeProof(entries);

const bodyOf = (index: number): ReceiptBody => ({
  version: 'handsel-receipt-v1',
  giveawayId: GIVEAWAY,
  entryId: entries[index]!.entryId,
  participant,
  salt,
  weight: 3,
  secretHash: hashSecret(drawCrypto, { giveawayId: GIVEAWAY, drawNumber: 1, secret: hashOf('secret') }),
  receivedAt: entries[index]!.receivedAt,
  keyId: KEY_ID,
});

const verdictOn = (body: ReceiptBody) => receiptInProof({ document: signReceipt(body) }, proof);

describe('a receipt', () => {
  it.each(['included', 'altered', 'omitted'])('made by the other program is found %s', (kind) => {
    const verdict = receiptInProof({ document: readVector(`receipt-${kind}`) }, readVector<Proof>('proof'));
    expect(verdict?.kind).toBe(kind);
  });

  it('is kept when its entry is in the draw as it was received', () => {
    expect(verdictOn(bodyOf(0))).toMatchObject({ kind: 'included', membership: { at: { index: 0 } } });
  });

  it('is kept, whatever its weight, when the entry is there as one that is not eligible', () => {
    expect(verdictOn(bodyOf(1))).toMatchObject({
      kind: 'included',
      membership: { at: { entry: { reason: 'under_age' } } },
    });
  });

  it('proves the omission of an entry by its neighbours', () => {
    expect(verdictOn({ ...bodyOf(0), entryId: 'entry-0001-lost' })).toMatchObject({
      kind: 'omitted',
      membership: { before: { entry: { entryId: 'entry-0001' } }, after: { entry: { entryId: 'entry-0002' } } },
    });
  });

  it.each<[string, Partial<ReceiptBody>]>([
    ['weight', { weight: 4 }],
    ['secretHash', { secretHash: hashOf('another secret') }],
    ['receivedAt', { receivedAt: '2030-01-31T11:59:59.999Z' }],
    ['participant', { participant: hashOf('bob') }],
  ])('proves that the %s was altered', (name, change) => {
    const verdict = verdictOn({ ...bodyOf(0), ...change });
    expect(verdict).toMatchObject({
      kind: 'altered',
      differences: [expect.stringContaining(`${name}: the receipt says`)],
    });
  });

  it('need not name a weight or a secret', () => {
    const { weight: _weight, secretHash: _secretHash, ...body } = bodyOf(0);
    expect(verdictOn(body)?.kind).toBe('included');
  });

  it('tells whose it is', () => {
    const receipt = signReceipt(bodyOf(0));
    expect(receiptInProof({ document: receipt, participantId: 'ada' }, proof)?.kind).toBe('included');
    expect(receiptInProof({ document: receipt, participantId: 'bob' }, proof)?.kind).toBe('refused');
  });

  it('signed with an older key is checked against that key', () => {
    const receipt = signReceipt({ ...bodyOf(0), keyId: 'older-key' });
    expect(receiptInProof({ document: receipt }, proof)?.kind).toBe('refused');
    expect(receiptInProof({ document: receipt, receiptKey: publicKey }, proof)?.kind).toBe('included');
  });

  it.each<[string, unknown]>([
    ['The signature of the receipt is wrong', { ...signReceipt(bodyOf(0)), weight: 5 }],
    ['The receipt is of giveaway other', signReceipt({ ...bodyOf(0), giveawayId: 'other' })],
    ['receipt.salt is not a text', { ...signReceipt(bodyOf(0)), salt: undefined }],
    ['receipt.note is not known', { ...signReceipt(bodyOf(0)), note: '' }],
    ['receipt is not an object', 'receipt'],
  ])('proves nothing when %s', (reason, value) => {
    expect(receiptInProof({ document: value }, proof)).toEqual({ kind: 'refused', reason });
  });
});
