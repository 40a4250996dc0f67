import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitFor } from '../../scripts/demo/watch.ts';
import { root } from '../../scripts/stack/run.ts';
import { runGiveawayId } from '../../workflows/giveaway/contract.ts';
import { replayHistories } from '../support/replay.ts';
import { endEntry, setScene, type Scene } from '../support/scene.ts';
import { startTestStack, type TestStack } from '../support/test-stack.ts';

const viewOf = async ({ giveaways, giveawayId }: Scene) =>
  (await giveaways('GET', `/v1/giveaways/${giveawayId}`)).body as {
    state: string;
    secretHash: string | null;
    randomness: string;
    commitment: {
      hash: string;
      witness: string;
      randomness: { kind: string; round: number; chainHash: string };
    } | null;
    waitsFor: { reason: string; round: number; chainHash: string; dueAt: string } | null;
    serverTime: string;
  };

describe('a draw at a beacon that is late', () => {
  let test: TestStack;
  let connection: Connection;
  let scene: Scene;
  let client: Client;

  beforeAll(async () => {
    test = await startTestStack();
    connection = await Connection.connect({ address: test.stack.environment['TEMPORAL_ADDRESS'] ?? '' });
    client = new Client({ connection, namespace: 'giveaway' });
    await beacon({ lateMs: 3_600_000 });
    scene = await setScene(test.stack, { participants: 5 });
    await endEntry(scene);
  });
  afterAll(async () => {
    await connection.close();
    await test.stop();
  });

  async function beacon(conditions: object): Promise<void> {
    const response = await fetch(`${test.stack.applicationUrl('beacon-simulator')}/admin/conditions`, {
      method: 'PUT',
      headers: {
        authorization: `Bearer ${test.stack.environment['BEACON_SIMULATOR_ADMIN_TOKEN']}`,
        'content-type': 'application/json',
      },
      body: JSON.stringify(conditions),
    });
    expect(response.status).toBe(204);
  }

  it('publishes the commitment, witnessed, with the round that it waits for', async () => {
    await waitFor('the commitment', async () => (await viewOf(scene)).state === 'DRAWING');
    const { commitment, randomness, secretHash } = await viewOf(scene);
    expect({ randomness, secretHash }).toEqual({ randomness: 'drand', secretHash: null });
    expect(commitment).toMatchObject({
      hash: expect.stringMatching(/^[0-9a-f]{64}$/),
      witness: 'rfc3161',
      randomness: { kind: 'drand', chainHash: test.stack.environment['BEACON_CHAIN_HASH'] },
    });
  });

  it('waits for that round, says so, and survives its worker; nobody can cancel any more', async () => {
    await test.stack.kill('worker');
    await test.stack.startApplication('worker');
    // Until it is late by several rounds.
    await waitFor('the round to be late', async () => {
      const { waitsFor, serverTime } = await viewOf(scene);
      return Date.parse(serverTime) - Date.parse(waitsFor?.dueAt ?? '') > 2_000;
    });
    const { state, commitment, waitsFor } = await viewOf(scene);
    expect(state).toBe('DRAWING');
    const { round, chainHash } = commitment?.randomness ?? {};
    expect(waitsFor).toMatchObject({ reason: 'beacon_round', round, chainHash });
    const handle = client.workflow.getHandle(runGiveawayId(scene.giveawayId));
    // The worker may have died between the commitment and its answer: that step is done again once its time is over.
    await waitFor('the workflow to say so', async () => {
      const metadata = await handle.query<{ currentDetails?: string }>('__temporal_workflow_metadata');
      return metadata.currentDetails?.includes(`waits for round ${round} of drand chain`) ?? false;
    });
    const cancelled = await scene.giveaways('POST', `/v1/giveaways/${scene.giveawayId}/cancel`, {
      token: scene.host.token,
      body: { reason: 'too late' },
    });
    expect(cancelled.body.code).toBe('giveaway_not_cancellable');
  });

  it('draws when the round comes out; whoever noted the commitment can check it offline', async () => {
    const { commitment } = await viewOf(scene);
    await beacon({});
    await waitFor('the draw', async () => (await viewOf(scene)).state === 'FULFILLING');
    expect((await viewOf(scene)).waitsFor).toBeNull();
    const proofUrl = `${test.stack.applicationUrl('giveaway-api')}/v1/giveaways/${scene.giveawayId}/proof`;
    const proof = await (await fetch(proofUrl)).text();
    const [file, pem] = ['proof.json', 'authority.pem'].map((name) => path.join(test.stack.runDir, name)) as [
      string,
      string,
    ];
    fs.writeFileSync(file, proof);
    fs.writeFileSync(pem, test.stack.environment['TIMESTAMP_CERTIFICATES'] ?? '');
    const trust = ['--chain', commitment?.randomness.chainHash ?? '', '--commitment', commitment?.hash ?? ''];
    const { status, stdout } = spawnSync(
      process.execPath,
      [path.join(root, 'scripts/handsel.mjs'), 'verify', file, '--tsa-cert', pem, ...trust],
      { encoding: 'utf8' },
    );
    expect(stdout).toMatch(/VALID \(drand, witnessed\)\n$/);
    expect(status).toBe(0);
  });

  it('replays from its history', async () => {
    const { types, failures } = await replayHistories(client);
    expect(failures).toEqual([]);
    expect(types).toContain('runGiveaway');
  });

  it('is not promised where no beacon is configured, and commit-reveal may be asked for', async () => {
    const body = {
      title: 'By a secret',
      currency: 'USD',
      closesAt: new Date(Date.now() + 60_000).toISOString(),
      prizes: [
        {
          merchantId: scene.merchant.merchantId,
          catalogueItemId: scene.merchant.itemId,
          amountMinor: '10000',
        },
      ],
    };
    const { token } = scene.host;
    const created = await scene.giveaways('POST', '/v1/giveaways', {
      token,
      body: { ...body, randomness: 'commit_reveal' },
    });
    expect(created).toMatchObject({ status: 201, body: { randomness: 'commit_reveal' } });
    expect(
      (await scene.giveaways('POST', '/v1/giveaways', { token, body: { ...body, randomness: 'dice' } })).status,
    ).toBe(400);
    await test.stack.kill('giveaway-api');
    const urls = test.stack.environment['BEACON_URLS'] ?? '';
    test.stack.environment['BEACON_URLS'] = '';
    await test.stack.startApplication('giveaway-api');
    const refused = await scene.giveaways('POST', '/v1/giveaways', { token, body: { ...body, randomness: 'drand' } });
    expect(refused).toMatchObject({ status: 422, body: { code: 'randomness_not_available' } });
    test.stack.environment['BEACON_URLS'] = urls;
  });
});
