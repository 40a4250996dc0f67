import { type ConnectionSettings, withConnection } from '../../db/copy-rows.ts';
import { checkInstantWinProof, readAttempts } from '../../db/giveaway/reveal-instant-win.ts';
import { AttemptsRoot, type InstantWinHead } from '../../domain/proof/instant-win-proof.ts';
import { drawCrypto } from '../../runtime/draw-crypto.ts';
import { serveThread } from '../../runtime/run-in-thread.ts';

/** The two long steps of an instant win that has ended, which read every attempt: in a thread, on a connection of its own. */
export type RevealTask =
  | { readonly kind: 'summarize'; readonly connection: ConnectionSettings; readonly giveawayId: string }
  | { readonly kind: 'check'; readonly connection: ConnectionSettings; readonly head: InstantWinHead };

export interface AttemptsSummary {
  readonly root: string;
  readonly attemptCount: number;
}

serveThread((task: RevealTask): Promise<AttemptsSummary | void> =>
  task.kind === 'summarize' ? summarize(task) : checkInstantWinProof(task.connection, task.head),
);

async function summarize({
  connection,
  giveawayId,
}: Extract<RevealTask, { kind: 'summarize' }>): Promise<AttemptsSummary> {
  const root = new AttemptsRoot(drawCrypto);
  await withConnection(connection, (client) => readAttempts(client, giveawayId, (attempt) => root.add(attempt)));
  return { root: root.hex(), attemptCount: root.count };
}
