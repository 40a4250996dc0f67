import { joinBytes, fromHex, toHex, uint64, utf8 } from './bytes.ts';
import type { Hashing } from './hashing.ts';
import { requireDraw } from './invalid-draw.ts';
import { requireCount, requireHash } from './limits.ts';

/** Each round is signed by itself, on G1, hashed to the curve by RFC 9380: what drand calls this scheme. */
export const BEACON_SCHEME = 'bls-unchained-g1-rfc9380';

/** The parameters of a drand chain. Its hash names it; the key is a point of G2, compressed. */
export interface BeaconChain {
  readonly scheme: typeof BEACON_SCHEME;
  /** 96 bytes in hex. */
  readonly publicKey: string;
  readonly periodSeconds: number;
  /** When round 1 is due, in seconds since 1970. */
  readonly genesisTime: number;
  /** Hex of 32 bytes. */
  readonly groupHash: string;
  readonly beaconId: string;
}

/** What checking a round needs besides hashes. */
export interface BeaconCrypto extends Hashing {
  /**
   * BLS12-381 with the signature (48 bytes) on G1 and the key (96 bytes) on G2, the message hashed to the curve with
   * the tag `BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_NUL_`. False for whatever does not verify.
   */
  verifyBls(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean;
}

/** Public chains by hash: whose key no single party holds. Any other may be known beforehand by whoever runs it. */
export const PUBLIC_CHAINS: Readonly<Record<string, string>> = {
  '52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971': 'quicknet of the League of Entropy',
};

const MAX_PERIOD_SECONDS = 2 ** 32 - 1;
const DEFAULT_BEACON = 'default';

/** @throws InvalidDraw when the parameters cannot be those of a chain. */
export function requireChain(chain: BeaconChain): void {
  requireDraw(/^[0-9a-f]{192}$/.test(chain.publicKey), 'publicKey is not 192 lowercase hex digits');
  requireCount(chain.periodSeconds, 'periodSeconds', MAX_PERIOD_SECONDS);
  requireDraw(chain.periodSeconds > 0, 'periodSeconds begins at 1');
  requireCount(chain.genesisTime, 'genesisTime', MAX_PERIOD_SECONDS);
  requireHash(chain.groupHash, 'groupHash');
  requireDraw(/^[\x21-\x7e]{1,64}$/.test(chain.beaconId), 'beaconId is not a name');
}

/** The hash by which drand names a chain. @returns hex. */
export function hashChain(hashing: Hashing, chain: BeaconChain): string {
  const { publicKey, periodSeconds, genesisTime, groupHash, beaconId } = chain;
  // The first chain had no name, and has kept its hash.
  const name = beaconId === DEFAULT_BEACON ? '' : beaconId;
  const fields = [uint64(genesisTime), fromHex(publicKey), fromHex(groupHash), utf8(name)];
  return toHex(hashing.sha256(joinBytes(uint64(periodSeconds).subarray(4), ...fields)));
}

/** Whether this is the chain's signature of the round: its randomness, which nobody can choose or know beforehand. */
export function isRoundSigned(crypto: BeaconCrypto, chain: BeaconChain, round: number, signature: string): boolean {
  return crypto.verifyBls(fromHex(chain.publicKey), crypto.sha256(uint64(round)), fromHex(signature));
}

/** What a round is worth as randomness. @param signature hex. @returns hex of 32 bytes. */
export const roundRandomness = (hashing: Hashing, signature: string): string =>
  toHex(hashing.sha256(fromHex(signature)));
