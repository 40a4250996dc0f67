/** Who did something, and the request that it came from: goes into every event, memo and log line. */
export interface Cause {
  /** `user:<id>`, `api-key:<id>`, `workflow:<id>`, `system`. */
  readonly actor: string;
  readonly requestId: string;
}
