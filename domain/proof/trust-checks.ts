import { hashCommitment } from '../draw/commitment.ts';
import { requireDraw } from '../draw/invalid-draw.ts';
import type { ProofHead, ProofCrypto } from './proof.ts';

/** What somebody who checks a proof knows from elsewhere. Without it a proof vouches for itself there, and says so. */
export interface KnownElsewhere {
  /** The platform's public key in hex, known from elsewhere. Without it a proof vouches for its own key. */
  readonly trustedKey?: string;
  /** The hash of the drand chain, in hex; without it only public chains that we know are taken for nobody's. */
  readonly trustedChain?: string;
  /** Certificates in DER of authorities, or of those who vouch for them, whose time-stamps are believed. */
  readonly authorities?: readonly Uint8Array[];
  /** The commitment's hash in hex, as somebody noted it when it was published. */
  readonly publishedHash?: string;
}

function checkKey({ signature }: ProofHead, { trustedKey }: KnownElsewhere): string | undefined {
  if (trustedKey === undefined) return undefined;
  requireDraw(
    signature.publicKey === trustedKey,
    `The proof is signed by ${signature.publicKey}, not by the trusted key`,
  );
  return 'The key of the proof is the trusted one.';
}

function checkChain({ commitment: { randomness } }: ProofHead, { trustedChain }: KnownElsewhere): string | undefined {
  if (trustedChain === undefined) return undefined;
  requireDraw(randomness.kind === 'drand', 'The draw rests on no drand chain');
  requireDraw(randomness.chainHash === trustedChain, `The chain is ${randomness.chainHash}, not the trusted one`);
  return 'The drand chain is the trusted one.';
}

function checkPublished(
  { commitment }: ProofHead,
  { publishedHash }: KnownElsewhere,
  crypto: ProofCrypto,
): string | undefined {
  if (publishedHash === undefined) return undefined;
  const hash = hashCommitment(crypto, commitment);
  requireDraw(hash === publishedHash, `The hash of the commitment is ${hash}, which is not what was published`);
  return 'The commitment is the one that was published.';
}

/** Each compares something with what the caller knows, and shows nothing where the caller knows nothing. */
export const TRUST = { key: checkKey, chain: checkChain, published: checkPublished } as const;
