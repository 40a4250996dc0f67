import type { BeaconChain } from '../../domain/draw/beacon.ts';

/** A randomness beacon as the product sees it. Nothing that it answers is believed before it is checked. */
export interface BeaconPort {
  /** The parameters of the chain with this hash. @throws BeaconUnavailable */
  chain(chainHash: string): Promise<BeaconChain>;
  /** The signature of a round, in hex, verified. @throws BeaconUnavailable also when the round is not out yet. */
  signatureOf(chain: BeaconChain, chainHash: string, round: number): Promise<string>;
}

/** Nobody has given a true answer so far; ask again. */
export class BeaconUnavailable extends Error {
  override readonly name = 'BeaconUnavailable';
}
