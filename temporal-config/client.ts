import { Client, Connection } from '@temporalio/client';

export type Namespace = 'giveaway' | 'giftcard';

export interface TemporalClients {
  readonly giveaway: Client;
  readonly giftcard: Client;
  readonly connection: Connection;
}

/** One connection, a client for each namespace. Connects on first use: an API starts while Temporal is down. */
export function connectTemporal(address: string): TemporalClients {
  const connection = Connection.lazy({ address, connectTimeout: '2s' });
  return {
    connection,
    giveaway: new Client({ connection, namespace: 'giveaway' satisfies Namespace }),
    giftcard: new Client({ connection, namespace: 'giftcard' satisfies Namespace }),
  };
}

/** @throws when Temporal does not answer within a second. */
export async function checkTemporal({ connection }: TemporalClients): Promise<void> {
  await connection.withDeadline(Date.now() + 1_000, () => connection.workflowService.getSystemInfo({}));
}
