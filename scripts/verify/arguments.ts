import { parseArgs } from 'node:util';

export const USAGE = `Usage: npx handsel verify PROOF.json [options]

Repeats a draw from its proof, without a network, and says what is shown and what is not.

  --key HEX           the platform's public key (64 hex digits), as the platform publishes it
  --commitment HEX    the hash of the commitment (64 hex digits), as it was published before the draw
  --chain HEX         the hash of the drand chain that you trust; public ones are known without
  --tsa-cert FILE     the certificate (PEM) of the authority whose time-stamps you trust, or of who vouches for it
  --receipt FILE      also look for the entry of this receipt in the draw
  --participant ID    check that the receipt is about this participant
  --receipt-key HEX   the key that signed the receipt, if it is not the proof's
  --json              print the result as JSON
  -h, --help          print this

Exit code: 0 valid, 1 not valid, 2 nothing could be checked.`;

/** The command was not understood. The message says why, and how it is used. */
export class UsageError extends Error {
  constructor(message: string) {
    super(`${message}\n\n${USAGE}`);
    this.name = 'UsageError';
  }
}

export interface VerifyArguments {
  readonly proofFile: string;
  readonly receiptFile: string | undefined;
  readonly trustedKey: string | undefined;
  readonly publishedHash: string | undefined;
  readonly trustedChain: string | undefined;
  readonly authoritiesFile: string | undefined;
  readonly participantId: string | undefined;
  readonly receiptKey: string | undefined;
  readonly json: boolean;
  readonly help: boolean;
}

const OPTIONS = {
  key: { type: 'string' },
  commitment: { type: 'string' },
  chain: { type: 'string' },
  'tsa-cert': { type: 'string' },
  receipt: { type: 'string' },
  participant: { type: 'string' },
  'receipt-key': { type: 'string' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

/** @throws UsageError */
export function parseVerifyArguments(argv: readonly string[]): VerifyArguments {
  const { values, positionals } = parse(argv);
  const [proofFile, ...others] = positionals;
  if (!values.help && (proofFile === undefined || others.length > 0)) throw new UsageError('Name one proof file.');
  const needsReceipt = values.participant !== undefined || values['receipt-key'] !== undefined;
  if (needsReceipt && values.receipt === undefined)
    throw new UsageError('--participant and --receipt-key go with --receipt.');
  return {
    proofFile: proofFile ?? '',
    receiptFile: values.receipt,
    trustedKey: hash('--key', values.key),
    publishedHash: hash('--commitment', values.commitment),
    trustedChain: hash('--chain', values.chain),
    authoritiesFile: values['tsa-cert'],
    participantId: values.participant,
    receiptKey: hash('--receipt-key', values['receipt-key']),
    json: values.json,
    help: values.help,
  };
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options: OPTIONS, allowPositionals: true });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function hash(name: string, value: string | undefined): string | undefined {
  const hex = value?.toLowerCase();
  if (hex !== undefined && !/^[0-9a-f]{64}$/.test(hex)) throw new UsageError(`${name} takes 64 hex digits.`);
  return hex;
}
