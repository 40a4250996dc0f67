import { createHash, randomBytes } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import { bls12_381 } from '@noble/curves/bls12-381.js';

const { shortSignatures } = bls12_381;
const TAG = 'BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_NUL_';
const BEACON_ID = 'handsel-simulator';

const sha256 = (data: Uint8Array): Buffer => createHash('sha256').update(data).digest();

export interface Chain {
  readonly hash: string;
  readonly secretKey: Uint8Array;
  readonly publicKey: string;
  readonly periodSeconds: number;
  readonly genesisTime: number;
  readonly groupHash: string;
}

/** The chain of this data file: made with a key of its own when there is none, kept for ever. */
export function openChain(db: DatabaseSync, periodSeconds: number): Chain {
  db.prepare(
    'insert into chain (id, secret_key, period_seconds, genesis_time, group_hash) values (1, ?, ?, ?, ?) on conflict do nothing',
  ).run(
    shortSignatures.keygen().secretKey,
    periodSeconds,
    Math.floor(Date.now() / 1_000),
    randomBytes(32).toString('hex'),
  );
  const row = db.prepare('select * from chain where id = 1').get();
  if (!row) throw new Error('There is no chain');
  const secretKey = row['secret_key'] as Uint8Array;
  const chain = {
    secretKey,
    publicKey: shortSignatures.getPublicKey(secretKey).toHex(),
    periodSeconds: Number(row['period_seconds']),
    genesisTime: Number(row['genesis_time']),
    groupHash: String(row['group_hash']),
  };
  return { ...chain, hash: hashOf(chain) };
}

function hashOf(chain: Omit<Chain, 'hash'>): string {
  const head = Buffer.alloc(12);
  head.writeUInt32BE(chain.periodSeconds, 0);
  head.writeBigUInt64BE(BigInt(chain.genesisTime), 4);
  const key = Buffer.from(chain.publicKey, 'hex');
  return sha256(Buffer.concat([head, key, Buffer.from(chain.groupHash, 'hex'), Buffer.from(BEACON_ID)])).toString(
    'hex',
  );
}

/** What `/info` says. */
export const chainInfo = (chain: Chain) => ({
  public_key: chain.publicKey,
  period: chain.periodSeconds,
  genesis_time: chain.genesisTime,
  hash: chain.hash,
  groupHash: chain.groupHash,
  schemeID: 'bls-unchained-g1-rfc9380',
  metadata: { beaconID: BEACON_ID },
});

/** The newest round that is out; 0 before the first. */
export function latestRound(chain: Chain, lateMs: number): number {
  const sinceMs = Date.now() - lateMs - chain.genesisTime * 1_000;
  return sinceMs < 0 ? 0 : 1 + Math.floor(sinceMs / (chain.periodSeconds * 1_000));
}

export function signRound(chain: Chain, round: number, signedAs: number) {
  const number = Buffer.alloc(8);
  number.writeBigUInt64BE(BigInt(signedAs));
  const message = shortSignatures.hash(sha256(number), TAG);
  const signature = Buffer.from(shortSignatures.sign(message, chain.secretKey).toHex(), 'hex');
  return { round, randomness: sha256(signature).toString('hex'), signature: signature.toString('hex') };
}
