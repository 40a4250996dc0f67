import type { ConnectionSettings } from '../../db/copy-rows.ts';
import { writeProof } from '../../db/giveaway/read-proof.ts';
import { writeInstantWinProof } from '../../db/giveaway/reveal-instant-win.ts';
import type { InstantWinHead } from '../../domain/proof/instant-win-proof.ts';
import { serveStream } from '../../runtime/run-in-thread.ts';

export interface ProofTask {
  readonly connection: ConnectionSettings;
  readonly giveawayId: string;
  /** The head of an instant win's proof; absent: it is that of a draw. */
  readonly instantWin?: InstantWinHead | undefined;
}

const CHUNK_CHARACTERS = 1 << 17;

/** Writes the text of a proof in chunks. */
serveStream(async ({ connection, giveawayId, instantWin }: ProofTask, write) => {
  const encoder = new TextEncoder();
  let text = '';
  const flush = (): Promise<void> | undefined => {
    const chunk = encoder.encode(text);
    text = '';
    return write(chunk);
  };
  const writeLine = (line: string): Promise<void> | undefined => {
    text += `${line}\n`;
    return text.length < CHUNK_CHARACTERS ? undefined : flush();
  };
  await (instantWin
    ? writeInstantWinProof(connection, instantWin, writeLine)
    : writeProof(connection, giveawayId, writeLine));
  await flush();
});
