interface TopUpTruth {
  readonly reference: string;
  readonly phone: string;
  readonly amount: string;
  readonly status: string;
  readonly failure: string | null;
}

export interface AirtimeTruth {
  readonly topUps: readonly TopUpTruth[];
  /** What has really reached a phone, or was taken back. */
  readonly effects: readonly { readonly reference: string; readonly phone: string; readonly effect: string }[];
}

/** What somebody outside sees of an airtime provider, and does to it. */
export function airtimeProvider(url: string, adminToken: string) {
  const call = async (method: string, at: string, body?: object): Promise<Response> => {
    const headers = { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' };
    const response = await fetch(`${url}/admin/${at}`, {
      method,
      headers,
      ...(body && { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${at} answered ${response.status}: ${await response.text()}`);
    return response;
  };
  return {
    fault: (fault: object) => call('POST', 'faults', fault),
    mix: (mix: object) => call('PUT', 'mix', mix),
    clearFaults: () => call('DELETE', 'faults'),
    float: (currency: string, amount: string) => call('PUT', 'float', { currency, amount }),
    reverse: (reference: string) => call('POST', 'reversals', { reference }),
    truth: async () => (await (await call('GET', 'truth')).json()) as AirtimeTruth,
  };
}

export type AirtimeProvider = ReturnType<typeof airtimeProvider>;
