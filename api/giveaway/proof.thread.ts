import type { ConnectionSettings } from '../../db/copy-rows.ts';
import { writeProof } from '../../db/giveaway/read-proof.ts';
import { serveStream } from '../../runtime/run-in-thread.ts';

export interface ProofTask {
  readonly connection: ConnectionSettings;
  readonly giveawayId: string;
}

const CHUNK_CHARACTERS = 1 << 17;

/** Writes the text of a proof in chunks. */
serveStream(async ({ connection, giveawayId }: ProofTask, write) => {
  const encoder = new TextEncoder();
  let text = '';
  const flush = (): Promise<void> | undefined => {
    const chunk = encoder.encode(text);
    text = '';
    return write(chunk);
  };
  await writeProof(connection, giveawayId, (line) => {
    text += `${line}\n`;
    return text.length < CHUNK_CHARACTERS ? undefined : flush();
  });
  await flush();
});
