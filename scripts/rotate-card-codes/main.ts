import { connect } from '../../db/connect.ts';
import { rotateCardCodes } from '../../db/giftcard/replace-card-code.ts';
import { createCardCodes } from '../../runtime/card-codes.ts';
import { ConfigError, loadConfig } from '../../runtime/config.ts';

const USAGE = `Usage: npx handsel rotate-card-codes

Seals every card code with the first key of CARD_CODE_KEYS, and files it under the first key of CARD_CODE_LOOKUP_KEY.
Put a new key in front of the ring, restart the processes, run this, then take the old key out. It reads
DATABASE_URL_GIFTCARD and both rings from the environment, may run while cards are used, and may be run again.`;

/** Cards in one transaction: it holds their locks. */
const BATCH = 200;

/** As with `handsel verify`: nothing could be done. */
const NOT_DONE = 2;

if (process.argv.length > 2) console.log(USAGE);
else {
  await rotate().catch((error: unknown) => {
    if (!(error instanceof ConfigError)) throw error;
    console.error(error.message);
    process.exitCode = NOT_DONE;
  });
}

async function rotate(): Promise<void> {
  const config = loadConfig(['giftcardDatabase', 'cardCodes']);
  const codes = createCardCodes(config.CARD_CODE_KEYS, config.CARD_CODE_LOOKUP_KEY);
  const db = connect({ url: config.DATABASE_URL_GIFTCARD, poolMax: 1, applicationName: 'handsel-rotate-card-codes' });
  try {
    let [seen, resealed] = [0, 0];
    for (let after: string | null = null; ;) {
      const batch = await rotateCardCodes(db, { after, limit: BATCH }, (id, code) => codes.reseal(id, code));
      seen += batch.seen;
      resealed += batch.resealed;
      ({ after } = batch);
      if (after === null) break;
      console.log(`${seen} cards seen, ${resealed} sealed anew`);
    }
    console.log(`${seen} cards seen, ${resealed} sealed anew: done`);
  } finally {
    await db.destroy();
  }
}
