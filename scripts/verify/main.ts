import { UsageError, type VerifyArguments, parseVerifyArguments, USAGE } from './arguments.ts';
import { isInstantWinFile, reportInstantWin } from './instant-win.ts';
import { readAuthorities, readJson, UnreadableFile } from './read-json.ts';
import { describeReport, summarizeReport, type VerifyReport } from './report.ts';
import { verifyFile } from './verify-file.ts';

/** Exit codes: what scripts that call the verifier may count on. */
const VALID = 0;
const NOT_VALID = 1;
const NOT_CHECKED = 2;

/**
 * `handsel verify PROOF.json`: checks a proof, and a receipt against it, without a network.
 * @param argv what follows the verb.
 * @returns the exit code: 0 valid, 1 not valid, 2 when nothing could be checked.
 */
export async function main(argv: readonly string[]): Promise<number> {
  try {
    const options = parseVerifyArguments(argv);
    if (options.help) {
      console.log(USAGE);
      return VALID;
    }
    if (isInstantWinFile(options.proofFile)) return await reportInstantWin(options);
    const report = await verifyFiles(options);
    console.log(options.json ? JSON.stringify(summarizeReport(report), null, 2) : describeReport(report));
    return report.ok ? VALID : NOT_VALID;
  } catch (error) {
    if (!(error instanceof UsageError || error instanceof UnreadableFile)) throw error;
    console.error(error.message);
    return NOT_CHECKED;
  }
}

async function verifyFiles(options: VerifyArguments): Promise<VerifyReport> {
  const { proofFile, receiptFile, trustedKey, participantId, receiptKey } = options;
  const { publishedHash, trustedChain, authoritiesFile } = options;
  const asked =
    receiptFile === undefined ? undefined : { document: await readJson(receiptFile), participantId, receiptKey };
  const authorities = authoritiesFile === undefined ? undefined : await readAuthorities(authoritiesFile);
  const proof = await verifyFile(proofFile, {
    ...(trustedKey !== undefined && { trustedKey }),
    ...(publishedHash !== undefined && { publishedHash }),
    ...(trustedChain !== undefined && { trustedChain }),
    ...(authorities !== undefined && { authorities }),
    ...(asked && { receipt: asked }),
  });
  return { ok: proof.ok && (proof.receipt === undefined || proof.receipt.kind === 'included'), proof };
}

if (import.meta.main) process.exitCode = await main(process.argv.slice(2));
