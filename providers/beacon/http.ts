import { z } from 'zod';
import {
  type BeaconChain,
  type BeaconCrypto,
  BEACON_SCHEME,
  hashChain,
  isRoundSigned,
  requireChain,
} from '../../domain/draw/beacon.ts';
import { type BeaconPort, BeaconUnavailable } from './port.ts';

export interface HttpBeaconOptions {
  /** Relays of drand's HTTP API; whoever is the first with a true answer. */
  readonly baseUrls: readonly string[];
  readonly timeoutMs: number;
  readonly crypto: BeaconCrypto;
}

const hex = (bytes: number) => z.string().regex(new RegExp(`^[0-9a-f]{${bytes * 2}}$`));
const info = z.object({
  public_key: hex(96),
  period: z.int(),
  genesis_time: z.int(),
  groupHash: hex(32),
  schemeID: z.literal(BEACON_SCHEME),
  metadata: z.object({ beaconID: z.string() }),
});
const round = z.object({ round: z.int(), signature: hex(48) });

/** drand's HTTP API. The hash says which chain it is, so the relays need not be trusted for anything. */
export const httpBeacon = ({ baseUrls, timeoutMs, crypto }: HttpBeaconOptions): BeaconPort => {
  // All at once: relays that hang, however many, keep nobody from the one that answers.
  const ask = async <T>(path: string, read: (body: unknown) => T): Promise<T> => {
    const failures: string[] = [];
    const askOne = async (baseUrl: string, index: number): Promise<T> => {
      try {
        const response = await fetch(new URL(path, baseUrl), { signal: AbortSignal.timeout(timeoutMs) });
        if (!response.ok) throw new Error(`HTTP ${response.status}`);
        return read(await response.json());
      } catch (error) {
        failures[index] = `${new URL(baseUrl).host}: ${error instanceof Error ? error.message : String(error)}`;
        throw error;
      }
    };
    return Promise.any(baseUrls.map(askOne)).catch(() => {
      throw new BeaconUnavailable(`No relay has ${path}: ${failures.join('; ')}`);
    });
  };
  return {
    chain: (chainHash) => ask(`/${chainHash}/info`, (body) => requireNamed(crypto, readChain(body), chainHash)),
    signatureOf: (chain, chainHash, wanted) =>
      ask(`/${chainHash}/public/${wanted}`, (body) => {
        const { round: given, signature } = round.parse(body);
        if (given !== wanted) throw new Error(`round ${given} in place of ${wanted}`);
        if (!isRoundSigned(crypto, chain, wanted, signature)) throw new Error('the signature is wrong');
        return signature;
      }),
  };
};

function readChain(body: unknown): BeaconChain {
  const given = info.parse(body);
  return {
    scheme: given.schemeID,
    publicKey: given.public_key,
    periodSeconds: given.period,
    genesisTime: given.genesis_time,
    groupHash: given.groupHash,
    beaconId: given.metadata.beaconID,
  };
}

function requireNamed(crypto: BeaconCrypto, chain: BeaconChain, chainHash: string): BeaconChain {
  requireChain(chain);
  if (hashChain(crypto, chain) !== chainHash) throw new Error('the chain is another one');
  return chain;
}
