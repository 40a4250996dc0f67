import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { fromHex } from '../../domain/draw/bytes.ts';
import type { Proof } from '../../domain/proof/proof.ts';
import { proofLines } from '../../domain/proof/proof-text.ts';
import { verifyProof } from '../../domain/proof/verify-proof.ts';
import { readTimestamp } from '../../domain/witness/timestamp-token.ts';
import { drawCrypto } from '../../runtime/draw-crypto.ts';
import { instantWinLines } from '../../domain/proof/instant-win-text.ts';
import { buildPages } from '../../web/build.ts';
import { checkProof } from '../../web/check-proof.ts';
import { pageCrypto } from '../../web/proof-crypto.ts';
import { signCommitment } from '../giveaway/draw/build-draw.ts';
import { readVector } from '../giveaway/draw/read-vector.ts';

const authorities = [fromHex(readVector<{ certificate: string }>('authority').certificate)];

describe('the cryptography of the page', () => {
  it.each(['proof', 'proof-empty', 'proof-drand', 'proof-drand-late', 'proof-witnessed', 'proof-witnessed-late'])(
    'comes to the same verdict as the command: %s',
    (name) => {
      const value = readVector(name);
      const verdict = verifyProof(value, pageCrypto, { authorities });
      expect(verdict).toEqual(verifyProof(value, drawCrypto, { authorities }));
      expect(verdict.ok).toBe(name !== 'proof-witnessed-late');
    },
  );

  it('refuses what is not signed', () => {
    const proof = readVector<{ signature: { signature: string } }>('proof');
    const signature = { ...proof.signature, signature: `00${proof.signature.signature.slice(2)}` };
    expect(verifyProof({ ...proof, signature }, pageCrypto)).toMatchObject({ ok: false, step: 'signature' });
  });

  const stamps = readVector<{ name: string; digest: string; token: string; root: string }[]>('timestamps');
  it.each(stamps.slice(0, 4))(
    'reads the time-stamps of OpenSSL, and no changed one: $name',
    ({ digest, token, root }) => {
      const read = (hex: string) => readTimestamp(pageCrypto, fromHex(hex), fromHex(digest), [fromHex(root)]);
      expect(read(token).trusted).toBe(true);
      expect(() => read(`${token.slice(0, -2)}${token.endsWith('00') ? '01' : '00'}`)).toThrow(
        'signature of the time-stamp is wrong',
      );
    },
  );
});

describe('the page', () => {
  const vectors = path.join(import.meta.dirname, '../giveaway/draw/vectors');
  const read = (name: string) => fs.readFileSync(path.join(vectors, `${name}.json`));
  /** As it comes over a network: in parts that know nothing of lines or characters. */
  async function* inParts(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < bytes.length; at += 777) yield bytes.subarray(at, at + 777);
  }
  const check = (bytes: Uint8Array, receipt?: unknown) =>
    checkProof(inParts(bytes), pageCrypto, { authorities, receipt });

  it.each([
    ['proof', 'Valid (commit-reveal, operator-asserted)'],
    ['proof-leaderboard', 'Valid (commit-reveal, operator-asserted)'],
    ['proof-drand', 'Valid (drand, operator-asserted)'],
    ['proof-witnessed', 'Valid (drand, witnessed)'],
  ])('checks a proof as it is downloaded, line by line: %s', async (name, verdict) => {
    expect(await check(read(name))).toMatchObject({ ok: true, verdict });
  });

  it('looks for the entry of a receipt', async () => {
    const says = (name: string) => check(read('proof'), readVector(name));
    expect(await says('receipt-included')).toMatchObject({ ok: true, receipt: [expect.stringMatching(/is leaf 8/)] });
    expect(await says('receipt-omitted')).toMatchObject({ ok: false, receipt: [expect.stringMatching(/left out/)] });
    const altered = await says('receipt-altered');
    expect(altered.ok).toBe(false);
    expect(altered.receipt?.[0]).toMatch(/^The entry was altered\. receivedAt: /);
  });

  it('says what is wrong, and what had been shown before', async () => {
    const late = await check(read('proof-witnessed-late'));
    expect(late).toMatchObject({ ok: false, verdict: expect.stringMatching(/^Not valid: .*too late for round 1000$/) });
    expect(late.shown.length).toBeGreaterThan(5);
    const rewritten = Buffer.from(JSON.stringify(JSON.parse(read('proof').toString())));
    expect((await check(rewritten)).verdict).toMatch(/not a proof as it was downloaded/);
    expect((await check(Buffer.from([0xff]))).verdict).toBe('Not valid: it is not a text');
    expect((await check(Buffer.from('nothing'))).ok).toBe(false);
  });

  it('refuses a proof that is forged, truncated, reordered or signed again, with the reason', async () => {
    const lines = read('proof').toString().trimEnd().split('\n');
    const known = readVector<Proof>('proof');
    const says = async (changed: readonly string[], trustedKey?: string) =>
      (
        await checkProof(inParts(Buffer.from(`${changed.join('\n')}\n`)), pageCrypto, {
          ...(trustedKey && { trustedKey }),
        })
      ).verdict;
    const [winner = '', other = ''] = known.ranking;
    expect(
      await says(lines.map((line) => (line.startsWith('{"unitId"') ? line.replace(winner, other) : line))),
    ).toMatch(/^Not valid: Prize unit/);
    expect(await says(lines.slice(0, 20))).toBe('Not valid: The proof ends after line 20');
    expect(await says(lines.toSpliced(1, 2, lines[2] ?? '', lines[1] ?? ''))).toMatch(/^Not valid: /);
    const commitment = { ...known.commitment, prizeUnits: [] };
    const resigned = { ...known, commitment, signature: signCommitment(commitment) };
    expect(await says([...proofLines(resigned)])).toMatch(/^Not valid: The seed is/);
    const mine = { ...known, signature: signCommitment(known.commitment) };
    expect(await says([...proofLines(mine)], known.signature.publicKey)).toMatch(/^Not valid: The proof is signed by/);
  });

  it('decides the attempts of an instant win again', async () => {
    const { proof } = readVector<{ proof: { secret: string } }>('instant-win-time-slots');
    const text = (value: object) => Buffer.from([...instantWinLines(value)].join('\n'));
    expect(await check(text(proof))).toMatchObject({ ok: true, verdict: 'Valid (instant win, witnessed)' });
    const other = { ...proof, secret: `00${proof.secret.slice(2)}` };
    expect((await check(text(other))).verdict).toMatch(/^Not valid: The secret/);
    expect((await check(Buffer.from(JSON.stringify(proof)))).verdict).toMatch(/not a proof as it was downloaded/);
  });
});

it('the scripts of the pages are bundled', async () => {
  expect(Object.keys(await buildPages()).toSorted()).toEqual(['claim.js', 'live.js', 'proof.js']);
});
